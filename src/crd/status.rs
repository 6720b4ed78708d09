//! What is: status says what was seen, never what is wished. The doc comments are what
//! `kubectl explain` shows.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, MicroTime, Time};
use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// Characters. Whatever a person wrote must fit, or no status could ever be written again: an object
/// has at most 256 KiB of annotations.
const MAX_ANNOTATION: usize = 256 * 1024;

/// What the organization is, and why: as it was last seen, not as it is wished. Written by the
/// operator alone.
#[derive(KubeSchema, Serialize, Deserialize, Debug, Clone, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationStatus {
    /// The metadata.generation that this status is about; -1 until the operator has looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Who the organization is, whatever it is called: _id of its document in collection
    /// organizations, 24 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 24))]
    pub organization_id: Option<String>,
    /// The name that it has, which is not the wished one while a change is under way or refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub organization_name: Option<String>,
    /// The MongoDB database that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub database: Option<String>,
    /// The MongoDB collection that holds its data, for example `org_Acme`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub collection_name: Option<String>,
    /// Who the admin is: _id of the document in collection admins, 24 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 24))]
    pub admin_id: Option<String>,
    /// The e-mail address that the admin logs in with, in its normal form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 254))]
    pub admin_email: Option<String>,
    /// When the organization was made, to the millisecond; this object may be younger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<MicroTime>,
    /// Tokens of an older version are dead: a change of password or e-mail address and access
    /// Disabled count it up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_version: Option<i64>,
    /// What is under way, while something is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationStatus>,
    /// Which version of which Secret the stored password hash came from; opaque.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub credential_version: Option<String>,
    /// The value of annotation organization-operator.dev/reconcile-at that was last answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_ANNOTATION))]
    pub last_handled_reconcile_at: Option<String>,
    /// The value of annotation organization-operator.dev/recreate-collection-at that was last
    /// answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_ANNOTATION))]
    pub last_handled_recreate_at: Option<String>,
    /// The answer to a change that the HTTP service asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_change: Option<ChangeStatus>,
    /// Ready: the organization is as the spec says. Reconciling: the operator is at work, or tries
    /// again by itself. Stalled: a person must act; the message says what to do. CollectionReady
    /// and AdminReady: the data and the login are served. InSync: MongoDB holds what the spec says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    #[schemars(length(max = 16))]
    pub conditions: Vec<Condition>,
}

/// What is under way.
#[derive(schemars::JsonSchema, Serialize, Deserialize, Debug, Clone, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct OperationStatus {
    /// Provision, Rename or Delete.
    #[serde(rename = "type")]
    #[schemars(length(max = 32))]
    pub type_: String,
    /// The name until now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub from: Option<String>,
    /// The name to come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub to: Option<String>,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
}

/// The answer to a change that the HTTP service asked for.
#[derive(schemars::JsonSchema, Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct ChangeStatus {
    /// Which change.
    #[schemars(length(max = 64))]
    pub id: String,
    /// Done, Refused or Withdrawn.
    #[schemars(length(max = 32))]
    pub outcome: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub reason: Option<String>,
}
