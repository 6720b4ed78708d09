//! The `Organization` custom resource: its shape, its rules, its generated definition.

pub mod change;
pub mod definition;
mod spec;
mod status;

pub use spec::{
    Access, AdminSpec, AdoptionPolicy, DeletionPolicy, Organization, OrganizationSpec, RestoreFrom,
    SecretKeyReference,
};
pub use status::{ChangeStatus, OperationStatus, OrganizationStatus};

/// The finalizer that keeps an object until its tenant is released or gone.
pub const FINALIZER: &str = "organization-operator.dev/tenant";

/// Who the controller is to the API server.
pub const FIELD_MANAGER: &str = "organization-operator";

/// Who `organization-operator adopt --apply` is to the API server.
pub const ADOPT_FIELD_MANAGER: &str = "organization-operator-adopt";

/// Any new value: look again now.
pub const RECONCILE_ANNOTATION: &str = "organization-operator.dev/reconcile-at";

/// Any new value: make a lost collection anew, empty.
pub const RECREATE_ANNOTATION: &str = "organization-operator.dev/recreate-collection-at";

/// The name that the spec says: it is a wish although the spec is older than the present name.
pub const CONFIRM_NAME_ANNOTATION: &str = "organization-operator.dev/confirm-name";
