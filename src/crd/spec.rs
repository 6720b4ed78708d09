//! What a person asks for.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::status::OrganizationStatus;

/// An organization (a tenant): its collection and its admin in `MongoDB`.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
#[kube(
    group = "organization-operator.dev",
    version = "v1alpha1",
    kind = "Organization",
    plural = "organizations",
    shortname = "org",
    category = "tenancy",
    namespaced,
    status = "OrganizationStatus",
    doc = "An organization (a tenant): its collection and its admin in MongoDB.",
    selectable = ".spec.organizationName",
    validation = Rule::new("self.metadata.name.size() <= 57").message("metadata.name has more than 57 characters; choose a shorter one"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason"),
    printcolumn(name = "Organization", type_ = "string", json_path = ".status.organizationName"),
    printcolumn(name = "Collection", type_ = "string", json_path = ".status.collectionName"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Admin", type_ = "string", json_path = ".status.adminEmail", priority = 1),
    printcolumn(name = "Policy", type_ = "string", json_path = ".spec.deletionPolicy", priority = 1),
    printcolumn(name = "Message", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].message", priority = 1)
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!has(oldSelf.organizationName) || has(self.organizationName)").message("once set, organizationName can't be unset; set it to the name that the organization shall have").field_path(".organizationName").reason(Reason::FieldValueInvalid))]
#[x_kube(validation = Rule::new("has(oldSelf.restoreFrom) == has(self.restoreFrom) && (!has(self.restoreFrom) || self.restoreFrom == oldSelf.restoreFrom)").message("restoreFrom is for creation only and can't be changed; create another Organization").field_path(".restoreFrom").reason(Reason::FieldValueForbidden))]
pub struct OrganizationSpec {
    /// The organization's name: 2 to 64 letters, digits, `_` or `-`; case is significant. Where it
    /// is left out, metadata.name. Changing it renames the organization with all its data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 64), pattern("^[A-Za-z0-9_-]{2,64}$"))]
    pub organization_name: Option<String>,

    /// Free text for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub display_name: Option<String>,

    /// The organization's admin.
    pub admin: AdminSpec,

    /// Disabled: logins and tokens are refused, the data is untouched.
    #[serde(default)]
    pub access: Access,

    /// True: the operator leaves the organization alone, and says so.
    #[serde(default)]
    pub suspend: bool,

    /// What happens to the data when this object is deleted.
    #[serde(default)]
    pub deletion_policy: DeletionPolicy,

    /// How long an archive is kept, as hours, minutes and seconds: `168h`, `90m`. With
    /// deletionPolicy Archive only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 2, max = 16),
        pattern("^([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?$")
    )]
    pub archive_retention: Option<String>,

    /// True: deletion waits until this is false.
    #[serde(default)]
    pub deletion_protection: bool,

    /// Whether a record without an owner that `MongoDB` already holds may be taken over.
    #[serde(default)]
    pub adoption_policy: AdoptionPolicy,

    /// At creation only: come back from an archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore_from: Option<RestoreFrom>,
}

/// An organization's admin. The password comes from passwordSecretRef or passwordHashSecretRef;
/// with neither, the operator generates one into Secret `<metadata.name>-admin`.
#[derive(KubeSchema, Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!(has(self.passwordSecretRef) && has(self.passwordHashSecretRef))").message("passwordSecretRef and passwordHashSecretRef exclude each other; keep one").reason(Reason::FieldValueInvalid))]
#[x_kube(validation = Rule::new("self.email.contains('@') && !self.email.startsWith('@') && !self.email.endsWith('@')").message("email must have an @-sign with something before and after it").field_path(".email").reason(Reason::FieldValueInvalid))]
#[x_kube(validation = Rule::new("!self.email.matches('[\\\\x00-\\\\x1f\\\\x7f]')").message("email must not hold line breaks or other control characters").field_path(".email").reason(Reason::FieldValueInvalid))]
#[x_kube(validation = Rule::new("bytes(self.email).size() <= 254").message("email has more than 254 bytes").field_path(".email").reason(Reason::FieldValueInvalid))]
pub struct AdminSpec {
    /// The address the admin logs in with; unique over all organizations.
    #[schemars(length(min = 3, max = 254))]
    pub email: String,

    /// A Secret of this namespace, and the key in it that holds the password: 6 characters or more
    /// with a letter and a digit, at most 72 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_secret_ref: Option<SecretKeyReference>,

    /// A Secret of this namespace, and the key in it that holds a bcrypt hash ($2a$, $2b$, $2x$ or
    /// $2y$, cost 10 to 16).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_hash_secret_ref: Option<SecretKeyReference>,
}

/// A key of a Secret of this namespace.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct SecretKeyReference {
    /// metadata.name of the Secret.
    #[schemars(
        length(min = 1, max = 253),
        pattern("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")
    )]
    pub name: String,
    /// The key in its data.
    #[schemars(length(min = 1, max = 253), pattern("^[-._a-zA-Z0-9]+$"))]
    pub key: String,
}

/// Whether logins and tokens are accepted.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Access {
    /// Accepted.
    #[default]
    Enabled,
    /// Refused.
    Disabled,
}

/// What happens to the data when the object is deleted.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DeletionPolicy {
    /// All of it stays, logins too, and an Organization of the same name in the same namespace
    /// takes it back.
    #[default]
    Retain,
    /// It is kept for archiveRetention.
    Archive,
    /// It is dropped.
    Delete,
}

/// Whether a record without an owner may be taken over.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AdoptionPolicy {
    /// No.
    #[default]
    Never,
    /// Yes, from the namespaces that the operator allows.
    IfUnowned,
}

/// Which archive to come back from.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct RestoreFrom {
    /// status.organizationId of the organization that was archived.
    #[schemars(length(min = 24, max = 24), pattern("^[0-9a-f]{24}$"))]
    pub organization_id: String,
}
