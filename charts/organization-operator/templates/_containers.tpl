{{/* What every container of ours has. Takes a dict: root, port (of its health), resources. */}}
{{- define "organization-operator.container" -}}
image: {{ include "organization-operator.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
livenessProbe:
  httpGet: {path: /livez, port: {{ .port }}}
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: {{ .port }}}
  periodSeconds: 5
resources:
  {{- toYaml .resources | nindent 2 }}
{{ include "organization-operator.restricted" . }}
volumeMounts:
  - name: mongodb
    mountPath: /etc/organization-operator/mongodb
    readOnly: true
{{- end -}}

{{/* No right but to run. */}}
{{- define "organization-operator.restricted" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end -}}

{{/* Settings that all processes have. Takes a dict: root, port (of its health). */}}
{{- define "organization-operator.env" -}}
{{- $values := .root.Values -}}
{{- $source := printf "Secret %s/%s, key %s" .root.Release.Namespace $values.mongodb.existingSecret $values.mongodb.urlKey -}}
- name: POD_NAMESPACE
  valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
{{- include "organization-operator.settings" (list
  (list "HEALTH_ADDRESS" (printf "0.0.0.0:%v" .port))
  (list "MONGO_URL_FILE" (printf "/etc/organization-operator/mongodb/%s" $values.mongodb.urlKey))
  (list "MONGO_URL_SOURCE" $source)
  (list "MASTER_DB_NAME" $values.mongodb.database)
  (list "MONGO_READ_TIMEOUT" $values.mongodb.readTimeout)
  (list "MONGO_WRITE_TIMEOUT" $values.mongodb.writeTimeout)
  (list "WATCH_NAMESPACES" (join "," $values.watchNamespaces))
  (list "BCRYPT_COST" $values.bcryptCost)
  (list "LOG_LEVEL" $values.logging.level)
  (list "LOG_FORMAT" $values.logging.format)) }}
{{- end -}}

{{/* Environment variables from pairs; what is empty is left to the program's default. */}}
{{- define "organization-operator.settings" -}}
{{- range . }}
{{- $value := index . 1 }}
{{- /* A number from values.yaml is a float, and would be written with an exponent. */}}
{{- if kindIs "float64" $value }}{{ $value = int64 $value }}{{ end }}
{{- if ne (toString $value) "" }}
- name: {{ index . 0 }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "organization-operator.controllerContainer" -}}
{{- $values := .Values.controller -}}
name: controller
args: [controller]
ports:
  - {name: health, containerPort: 8081}
env:
  - name: POD_NAME
    valueFrom: {fieldRef: {fieldPath: metadata.name}}
  {{- include "organization-operator.env" (dict "root" . "port" 8081) | nindent 2 }}
  {{- include "organization-operator.settings" (list
    (list "CLUSTER_ID" .Values.clusterId)
    (list "ADOPTION_NAMESPACES" (join "," $values.adoptionNamespaces))
    (list "NAME_QUARANTINE" $values.nameQuarantine)
    (list "ARCHIVE_RETENTION" $values.archiveRetention)
    (list "LEASE_NAMESPACE" (include "organization-operator.leaseNamespace" .))
    (list "LEASE_DURATION" .Values.leaderElection.duration)
    (list "INSTALLATION" (printf "%s/%s" .Release.Namespace .Release.Name))
    (list "SECRETS_WATCH" (include "organization-operator.secretsWatch" .))
    (list "CONCURRENCY" $values.concurrency)
    (list "SWEEP_INTERVAL" $values.sweepInterval)) | trim | nindent 2 }}
{{ include "organization-operator.container" (dict "root" . "port" 8081 "resources" $values.resources) }}
{{- end -}}

{{- define "organization-operator.apiContainer" -}}
{{- $values := .Values.api -}}
name: api
args: [api]
ports:
  - {name: http, containerPort: 8000}
  - {name: api-health, containerPort: 8082}
env:
  {{- include "organization-operator.env" (dict "root" . "port" 8082) | nindent 2 }}
  {{- include "organization-operator.settings" (list
    (list "API_NAMESPACE" (include "organization-operator.apiNamespace" .))
    (list "SELF_SERVICE" $values.selfService)
    (list "MAX_ORGANIZATIONS" $values.maxOrganizations)
    (list "API_DELETION_POLICY" $values.deletionPolicy)
    (list "ALLOW_ANONYMOUS_READ" $values.allowAnonymousRead)
    (list "JWT_SECRET_NAME" (include "organization-operator.jwtSecret" .))
    (list "ACCESS_TOKEN_LIFETIME" $values.accessTokenLifetime)
    (list "REFRESH_TOKEN_LIFETIME" $values.refreshTokenLifetime)
    (list "TRUSTED_PROXIES" (join "," $values.trustedProxies))
    (list "LOGIN_FAILURES" $values.loginFailures)
    (list "CLIENT_LOGIN_FAILURES" $values.clientLoginFailures)
    (list "CREATES" $values.creates)
    (list "API_CONNECTIONS" $values.connections)) | trim | nindent 2 }}
{{ include "organization-operator.container" (dict "root" . "port" 8082 "resources" $values.resources) }}
{{- end -}}
