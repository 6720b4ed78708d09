//! A tenant as reads and tokens see it, whether its object is watched or only its record is known.

use jiff::Timestamp;
use kube::ResourceExt;

use super::Refusal;
use crate::{
    auth::token::LiveIdentity,
    crd::{Access, Organization, change::is_managed_by_api},
    domain::{
        ids::{AdminId, OrganizationId},
        record::{Owner, State, StoredTenant},
    },
};

/// Who looks after a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keeper {
    /// The HTTP service, by the object of that namespace and name.
    Service {
        /// metadata.namespace.
        namespace: String,
        /// metadata.name.
        name: String,
    },
    /// A person, or Git, by an object.
    Person,
    /// Somebody by that object, of which the watch has told nothing, or nothing yet.
    Unseen(Owner),
    /// Nobody ever did: the older service made it.
    Nobody,
}

/// A tenant that is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedTenant {
    /// Who it is.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// Its collection.
    pub collection: String,
    /// Who its admin is.
    pub admin: AdminId,
    /// The address that he logs in with.
    pub admin_email: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Tokens of another version are dead.
    pub token_version: i64,
    /// Logins and tokens are refused.
    pub disabled: bool,
    /// Who looks after it.
    pub keeper: Keeper,
}

impl Keeper {
    /// By the object.
    #[must_use]
    pub fn of_object(object: &Organization) -> Self {
        if is_managed_by_api(object) {
            Self::Service {
                namespace: object.namespace().unwrap_or_default(),
                name: object.name_any(),
            }
        } else {
            Self::Person
        }
    }
}

impl ServedTenant {
    /// Whom it answers to.
    #[must_use]
    pub fn live(&self) -> LiveIdentity {
        LiveIdentity {
            admin: self.admin,
            organization: self.id,
            token_version: self.token_version,
            disabled: self.disabled,
        }
    }

    /// Whether the token that was checked by this is still good, now that the change of somebody
    /// else, which was waited for, is made. Versions only count up.
    ///
    /// # Errors
    /// [`Refusal::InvalidToken`].
    pub fn is_still_of(&self, object: &Organization) -> Result<(), Refusal> {
        let status = object.status.as_ref();
        let version = status.and_then(|status| status.token_version);
        if version > Some(self.token_version) {
            return Err(Refusal::InvalidToken);
        }
        Ok(())
    }

    /// By its object's status. `None` where it has no tenant that is served, or is on its way out:
    /// then the record alone can tell.
    #[must_use]
    pub fn of_object(object: &Organization) -> Option<Self> {
        let status = object.status.as_ref()?;
        let is_lost = status
            .conditions
            .iter()
            .any(|told| told.type_ == "CollectionReady" && told.status == "False");
        // A protected one is asked to go, but stays.
        let is_going =
            object.metadata.deletion_timestamp.is_some() && !object.spec.deletion_protection;
        if is_lost || is_going {
            return None;
        }
        Some(Self {
            id: OrganizationId::parse(status.organization_id.as_deref()?).ok()?,
            name: status.organization_name.clone()?,
            collection: status.collection_name.clone()?,
            admin: AdminId::parse(status.admin_id.as_deref()?).ok()?,
            admin_email: status.admin_email.clone()?,
            created_at: status.created_at.as_ref()?.0,
            token_version: status.token_version?,
            disabled: object.spec.access == Access::Disabled,
            keeper: Keeper::of_object(object),
        })
    }

    /// By its record. `None` where it isn't served, or is damaged.
    #[must_use]
    pub fn of_record(stored: &StoredTenant) -> Option<Self> {
        let StoredTenant::Readable(tenant) = stored else {
            return None;
        };
        let (record, admin) = (&tenant.record, tenant.admin.as_ref()?);
        match record.state {
            State::Active | State::Renaming(_) => {}
            State::Provisioning
            | State::Deleting { .. }
            | State::Archiving { .. }
            | State::Archived(_)
            | State::Restoring(_)
            | State::Purging(_) => return None,
        }
        Some(Self {
            id: record.id,
            name: record.organization_name.to_string(),
            collection: record.home().to_string(),
            admin: admin.id,
            admin_email: admin.email.to_string(),
            created_at: record.created_at,
            token_version: admin.token_version,
            disabled: record.disabled,
            keeper: recorded_keeper(record.owner.as_ref(), record.released.as_ref()),
        })
    }
}

/// Who never had an object is nobody's.
fn recorded_keeper(owner: Option<&Owner>, released: Option<&Owner>) -> Keeper {
    match (owner, released) {
        (Some(owner), _) => Keeper::Unseen(owner.clone()),
        (None, Some(_)) => Keeper::Person,
        (None, None) => Keeper::Nobody,
    }
}
