//! organization-operator: an organization (tenant) as a Kubernetes resource, MongoDB in agreement.

fn main() {}
