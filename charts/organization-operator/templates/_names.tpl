{{/* What the objects are called. */}}
{{- define "organization-operator.fullname" -}}
{{- $own := .Release.Name -}}
{{- if not (contains .Chart.Name $own) -}}
{{- $own = printf "%s-%s" $own .Chart.Name -}}
{{- end -}}
{{- .Values.fullnameOverride | default $own | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "organization-operator.apiName" -}}
{{ include "organization-operator.fullname" . }}-api
{{- end -}}

{{/* Objects of the cluster have the namespace in their names: two releases of one name can be. */}}
{{- define "organization-operator.clusterName" -}}
{{ .Release.Namespace }}-{{ include "organization-operator.fullname" . }}
{{- end -}}

{{/* The label that pods are selected by. Takes a list: the root, the component. */}}
{{- define "organization-operator.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ $root.Chart.Name }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* The labels of an object. Takes a list: the root, the component. */}}
{{- define "organization-operator.labels" -}}
{{- $root := index . 0 -}}
{{ include "organization-operator.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The component whose pods serve the API. */}}
{{- define "organization-operator.apiComponent" -}}
{{ ternary "api" "controller" .Values.api.separate }}
{{- end -}}

{{- define "organization-operator.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (include "organization-operator.fullname" .) }}
{{- end -}}

{{- define "organization-operator.apiServiceAccount" -}}
{{ include "organization-operator.serviceAccount" . }}{{ if .Values.api.separate }}-api{{ end }}
{{- end -}}

{{/* Where the API makes organizations: in a namespace that is watched. */}}
{{- define "organization-operator.apiNamespace" -}}
{{- $watched := .Values.watchNamespaces | default (list .Release.Namespace) -}}
{{- $namespace := .Values.api.namespace | default (has .Release.Namespace $watched | ternary .Release.Namespace (first $watched)) -}}
{{- if and .Values.watchNamespaces (not (has $namespace $watched)) -}}
{{- fail (printf "api.namespace: %s is none of watchNamespaces" $namespace) -}}
{{- end -}}
{{ $namespace }}
{{- end -}}

{{- define "organization-operator.jwtSecret" -}}
{{ .Values.api.jwtSecretName | default (printf "%s-jwt" (include "organization-operator.fullname" .)) }}
{{- end -}}

{{- define "organization-operator.leaseNamespace" -}}
{{ .Values.leaderElection.namespace | default (ternary .Release.Namespace "kube-system" (not (empty .Values.watchNamespaces))) }}
{{- end -}}

{{/* What --secrets-watch is told. */}}
{{- define "organization-operator.secretsWatch" -}}
{{- $scope := ternary "cluster" "namespaces" (empty .Values.watchNamespaces) -}}
{{ eq .Values.secrets.watch "auto" | ternary $scope .Values.secrets.watch }}
{{- end -}}

{{- define "organization-operator.image" -}}
{{ .Values.image.repository }}
{{- if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end -}}
