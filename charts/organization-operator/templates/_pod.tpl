{{/* A Deployment of pods of ours. Takes a dict: root, name, component, replicas, account, containers (templates' names). */}}
{{- define "organization-operator.deployment" -}}
{{- $root := .root -}}
{{- $values := $root.Values -}}
{{- $selector := include "organization-operator.selector" (list $root .component) -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "organization-operator.labels" (list $root .component) | nindent 4 }}
spec:
  replicas: {{ .replicas }}
  selector:
    matchLabels:
      {{- $selector | nindent 6 }}
  template:
    metadata:
      # Without versions: a new chart alone is no reason for new pods.
      labels:
        {{- $selector | nindent 8 }}
        {{- with merge (dict) $values.podLabels $values.commonLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        kubectl.kubernetes.io/default-container: {{ .component }}
        {{- with $values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ .account }}
      # No variables for each Service of the namespace: they could be taken for settings.
      enableServiceLinks: false
      {{- with $values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      # Requests and passes under way are given 20 s to end.
      terminationGracePeriodSeconds: 30
      securityContext:
        runAsNonRoot: true
        runAsUser: 65532
        runAsGroup: 65532
        fsGroup: 65532
        seccompProfile: {type: RuntimeDefault}
      containers:
        {{- range .containers }}
        - {{- include (printf "organization-operator.%sContainer" .) $root | nindent 10 }}
        {{- end }}
      volumes:
        # Optional: a pod without it says which Secret and key it waits for. 288 is 0440.
        - name: mongodb
          secret: {secretName: {{ $values.mongodb.existingSecret }}, optional: true, defaultMode: 288}
      topologySpreadConstraints:
        {{- with $values.topologySpreadConstraints }}
        {{- toYaml . | nindent 8 }}
        {{- else }}
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- $selector | nindent 14 }}
        {{- end }}
      {{- with $values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end -}}

{{/* Keeps all pods of a component but one. Takes a dict: root, name, component, replicas. */}}
{{- define "organization-operator.podDisruptionBudget" -}}
{{- if and .root.Values.podDisruptionBudget.enabled (gt (int .replicas) 1) -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "organization-operator.labels" (list .root .component) | nindent 4 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      {{- include "organization-operator.selector" (list .root .component) | nindent 6 }}
{{- end -}}
{{- end -}}
