{{/* What the controller may do to organizations and their Secrets. Takes whether Secrets are watched. */}}
{{- define "organization-operator.controllerRules" -}}
- apiGroups: [organization-operator.dev]
  resources: [organizations]
  # delete: an object that a create through HTTP left behind, after its refusal.
  verbs: [get, list, watch, patch, delete]
- apiGroups: [organization-operator.dev]
  resources: [organizations/status]
  verbs: [patch]
- apiGroups: [""]
  resources: [secrets]
  # By name; create and delete are for the passwords that the operator makes.
  verbs: [get, create, delete{{ if . }}, list, watch{{ end }}]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end -}}

{{- define "organization-operator.leaseRules" -}}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [organization-operator]
  verbs: [get, update]
{{- end -}}

{{/* The uid of that namespace is this cluster's name in the records. */}}
{{- define "organization-operator.clusterIdRules" -}}
- apiGroups: [""]
  resources: [namespaces]
  resourceNames: [kube-system]
  verbs: [get]
{{- end -}}
