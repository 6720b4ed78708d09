{{- define "organization-operator.readRules" -}}
- apiGroups: [organization-operator.dev]
  resources: [organizations]
  verbs: [get, list, watch]
{{- end -}}

{{/* Where organizations are made through HTTP; their Secrets hold the hashes of passwords. */}}
{{- define "organization-operator.writeRules" -}}
- apiGroups: [organization-operator.dev]
  resources: [organizations]
  verbs: [create, patch, delete]
- apiGroups: [""]
  resources: [secrets]
  verbs: [create]
{{- end -}}

{{/* The key of the tokens, made where there is none. */}}
{{- define "organization-operator.keyRules" -}}
- apiGroups: [""]
  resources: [secrets]
  verbs: [create]
- apiGroups: [""]
  resources: [secrets]
  resourceNames: [{{ include "organization-operator.jwtSecret" . }}]
  verbs: [get]
{{- end -}}
