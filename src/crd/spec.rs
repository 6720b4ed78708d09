//! What a person asks for. The doc comments are what `kubectl explain` shows: they say units,
//! defaults and examples. Rules that need explaining are in CEL, with a message of their own;
//! lengths and enums explain themselves.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::status::OrganizationStatus;

/// What the organization shall be.
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
    doc = "An organization (a tenant): a collection for its data and an admin who logs in, both kept in MongoDB by the operator.",
    selectable = ".spec.organizationName",
    // Not ratcheted, so only about what can never change: see the tests.
    validation = Rule::new("self.metadata.name.size() <= 57").message("metadata.name has more than 57 characters; choose a shorter one (spec.organizationName may be longer)"),
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
#[x_kube(
    validation = Rule::new("!has(oldSelf.organizationName) || has(self.organizationName)")
        .message("organizationName can't be unset once it was set; set it to the name that the organization shall have")
        .field_path(".organizationName").reason(Reason::FieldValueRequired),
    validation = Rule::new("has(self.restoreFrom) == has(oldSelf.restoreFrom) && (!has(self.restoreFrom) || self.restoreFrom == oldSelf.restoreFrom)")
        .message("restoreFrom can't be added, changed or removed later; create another Organization with it")
        .field_path(".restoreFrom").reason(Reason::FieldValueForbidden),
)]
pub struct OrganizationSpec {
    /// The organization's name, for example Acme: 2 to 64 letters (A-Z, a-z), digits, underscores
    /// or hyphens. Case is kept and significant. No two organizations have the same name, in
    /// whatever namespace they are. Default: metadata.name. Changing it renames the organization
    /// with all its data; once set it can't be unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 64))]
    #[x_kube(
        validation = Rule::new("self.matches('^[A-Za-z0-9_-]*$')")
            .message("organizationName may only have letters (A-Z, a-z), digits, _ and -; remove all other characters")
            .reason(Reason::FieldValueInvalid)
    )]
    pub organization_name: Option<String>,

    /// Free text for people, for example Acme Inc.; at most 256 characters. The operator doesn't
    /// use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub display_name: Option<String>,

    /// The organization's admin.
    pub admin: AdminSpec,

    /// Enabled (default): the admin can log in. Disabled: logins and tokens are refused; the data
    /// is untouched.
    #[serde(default)]
    pub access: Access,

    /// Default: false. True: the operator leaves the organization as it is, and says so. An
    /// organization that is deleted while it is suspended is treated as with deletionPolicy Retain.
    #[serde(default)]
    pub suspend: bool,

    /// What happens in MongoDB when this object is deleted. Retain (default): all data stays, and an
    /// Organization of the same name in the same namespace takes it back. Delete: all data is
    /// dropped, for good. Archive: logins end at once, name and e-mail address are free for others, and
    /// the data is kept for archiveRetention; spec.restoreFrom of another Organization brings it back.
    #[serde(default)]
    pub deletion_policy: DeletionPolicy,

    /// How long an archive is kept, in hours, minutes and seconds, for example 168h or 1h30m; more
    /// than zero. Default: the operator's --archive-retention. Only for deletionPolicy Archive; what
    /// this says when the object is deleted counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 21))]
    #[x_kube(
        validation = Rule::new("self.matches('^([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?$')")
            .message("archiveRetention must be hours, minutes and seconds, in this order and without spaces, such as 168h or 1h30m")
            .reason(Reason::FieldValueInvalid),
        validation = Rule::new("!self.matches('^0[0hms]*$')")
            .message("archiveRetention must be more than zero; to keep no archive, use deletionPolicy Delete")
            .reason(Reason::FieldValueInvalid),
    )]
    pub archive_retention: Option<String>,

    /// Default: false. True: deletion waits until this is false; the organization is served until
    /// then.
    #[serde(default)]
    pub deletion_protection: bool,

    /// Whether an organization of this name that MongoDB already holds, and that no Organization
    /// owns, may be taken over with its admin and its data. Never (default): no. `IfUnowned`: yes, from
    /// the namespaces that the operator's --adoption-namespaces allows.
    #[serde(default)]
    pub adoption_policy: AdoptionPolicy,

    /// Only at creation, and never changed: come back from an archive, with all data, under the name
    /// that this object wishes for. In the namespace that it was archived from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore_from: Option<RestoreFrom>,
}

/// The organization's admin.
#[derive(KubeSchema, Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("!has(self.passwordSecretRef) || !has(self.passwordHashSecretRef)")
        .message("passwordSecretRef and passwordHashSecretRef exclude each other; keep one of them, or none to have a password generated")
        .reason(Reason::FieldValueInvalid),
)]
pub struct AdminSpec {
    /// The e-mail address that the admin logs in with, for example admin@acme.example; at most 254
    /// bytes. No two admins have the same. It is kept in a normal form, which status.adminEmail
    /// shows: no name around it, the domain in lower case.
    // What only Email::parse can judge is left to it, and nothing it takes is refused here: the
    // length counts without a name in front, which may be long, and gives up before separators
    // (U+001C to U+001F), which Python strips and CEL doesn't.
    #[schemars(length(max = 2048))]
    #[x_kube(
        validation = Rule::new("self.contains('@') && !self.startsWith('@') && !self.endsWith('@')")
            .message("email must be an address with something before and after its @-sign, such as admin@acme.example")
            .reason(Reason::FieldValueInvalid),
        validation = Rule::new(r"!self.matches('[\\r\\n]')")
            .message("email must not have line breaks; remove them")
            .reason(Reason::FieldValueInvalid),
        validation = Rule::new(r"self.matches('[<\\x1c-\\x1f]') || bytes(self.trim()).size() <= 254")
            .message("email has more than 254 bytes; use a shorter address")
            .reason(Reason::FieldValueInvalid),
    )]
    pub email: String,

    /// Where the admin's password is: at least 6 characters with a letter and a digit, at most 72
    /// bytes. A change of the Secret is a change of the password. Without this and without
    /// passwordHashSecretRef the operator generates a password and keeps it in key password of a
    /// Secret of its own, acme-admin for an object called acme.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_secret_ref: Option<SecretKeyReference>,

    /// Where a bcrypt hash of the admin's password is, made elsewhere: prefix $2a$, $2b$, $2x$ or
    /// $2y$, cost 10 to 16. Excludes passwordSecretRef.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_hash_secret_ref: Option<SecretKeyReference>,
}

/// A key of a Secret in this object's namespace.
#[derive(KubeSchema, Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct SecretKeyReference {
    /// The Secret's metadata.name, for example acme-login. It is looked for in this object's
    /// namespace.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(
        validation = Rule::new("self == '' || self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')")
            .message("no Secret can have this name; use only lower-case letters, digits, - and ., with a letter or digit at both ends and beside each dot")
            .reason(Reason::FieldValueInvalid)
    )]
    pub name: String,
    /// The key in the Secret's data, for example password.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(
        validation = Rule::new("self.matches('^[-._a-zA-Z0-9]*$') && self != '.' && !self.startsWith('..')")
            .message("no Secret can have this key; use only letters, digits, -, _ and ., and don't begin with two dots")
            .reason(Reason::FieldValueInvalid)
    )]
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
#[derive(KubeSchema, Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct RestoreFrom {
    /// status.organizationId of the organization that was archived: 24 hexadecimal digits, for
    /// example 65f0c0ffee0123456789abcd.
    #[schemars(length(min = 24, max = 24))]
    #[x_kube(
        validation = Rule::new("self.matches('^[0-9a-f]*$')")
            .message("organizationId may only have the digits 0-9 and a-f; copy it from status.organizationId of the organization that was archived")
            .reason(Reason::FieldValueInvalid)
    )]
    pub organization_id: String,
}
