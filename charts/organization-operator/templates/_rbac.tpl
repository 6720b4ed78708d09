{{/* Rules for an account, in the whole cluster or in namespaces. Takes a dict: root, name, component, account, namespaces (none: the cluster), rules. */}}
{{- define "organization-operator.grant" -}}
{{- $root := .root -}}
{{- $granted := . -}}
{{- range .namespaces | default (list "") }}
{{- $kind := ternary "ClusterRole" "Role" (empty .) }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}
metadata:
  name: {{ $granted.name }}
  {{- with . }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "organization-operator.labels" (list $root $granted.component) | nindent 4 }}
rules:
  {{- $granted.rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}Binding
metadata:
  name: {{ $granted.name }}
  {{- with . }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "organization-operator.labels" (list $root $granted.component) | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ $kind }}
  name: {{ $granted.name }}
subjects:
  - {kind: ServiceAccount, name: {{ $granted.account }}, namespace: {{ $root.Release.Namespace }}}
{{- end }}
{{- end -}}

{{- define "organization-operator.account" -}}
{{- $root := .root -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ .name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "organization-operator.labels" (list $root .component) | nindent 4 }}
  {{- with $root.Values.serviceAccount.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
