//! Whose object a write goes to: a tenant of the older service gets one on its first write, so that
//! its clients see no seam.

use super::{
    Refusal, Service,
    change::{Asking, Patience, fresh_id},
    tenant::{Keeper, ServedTenant},
};
use crate::{
    crd::{Access, AdoptionPolicy, OrganizationSpec, change::Asked},
    domain::{names::OrgName, record::Owner},
};

/// Where the object is that is to be changed.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub namespace: String,
    pub name: String,
}

impl Service {
    /// Whether the service changes the tenant at all, whatever the change.
    pub(super) fn may_change(&self, tenant: &ServedTenant) -> Result<(), Refusal> {
        match tenant.keeper {
            Keeper::Service { .. } => Ok(()),
            Keeper::Nobody if self.settings.self_service => Ok(()),
            Keeper::Nobody | Keeper::Person | Keeper::Unseen(_) => Err(Refusal::Declarative),
        }
    }

    /// Who looks after a tenant of whose object the watch has told nothing: another replica may have
    /// made it a moment ago. Ours are in our namespace; only there is looked.
    pub(super) async fn live_keeper(&self, owner: &Owner) -> Result<Keeper, Refusal> {
        if owner.namespace != self.settings.namespace {
            return Ok(Keeper::Person);
        }
        let live = self.objects.get(&owner.namespace, &owner.name).await?;
        let live = live.filter(|live| live.metadata.uid.as_ref() == Some(&owner.uid));
        Ok(live.map_or(Keeper::Person, |live| Keeper::of_object(&live)))
    }

    /// The object of a tenant that [may be changed](Self::may_change).
    pub(super) async fn kept(
        &self,
        tenant: &ServedTenant,
        patience: Patience,
    ) -> Result<Kept, Refusal> {
        match &tenant.keeper {
            Keeper::Service { namespace, name } => Ok(Kept {
                namespace: namespace.clone(),
                name: name.clone(),
            }),
            Keeper::Nobody => self.adopted(tenant, patience).await,
            Keeper::Person | Keeper::Unseen(_) => Err(Refusal::Declarative),
        }
    }

    /// Makes the object of a tenant that has none: as the tenant is, hash and data untouched.
    async fn adopted(&self, tenant: &ServedTenant, patience: Patience) -> Result<Kept, Refusal> {
        let name = OrgName::parse(&tenant.name).map_err(|_| Refusal::Unknown)?;
        let bare = self.bare_spec(&name);
        let mut admin = bare.admin.clone();
        admin.email.clone_from(&tenant.admin_email);
        let spec = OrganizationSpec {
            admin,
            access: if tenant.disabled {
                Access::Disabled
            } else {
                Access::Enabled
            },
            adoption_policy: AdoptionPolicy::IfUnowned,
            ..bare
        };
        let id = fresh_id();
        let made = self.make(&name, spec, &id, Asked::Adopt, patience).await?;
        let asking = Asking::of(&made, &id);
        match self.outcome(&asking, Ok(()), patience).await {
            Ok(_) => Ok(Kept {
                namespace: asking.namespace,
                name: asking.name,
            }),
            // It may not be taken over from here: somebody else looks after it.
            Err(Refusal::NameTaken | Refusal::EmailTaken) => Err(Refusal::Declarative),
            Err(error) => Err(error),
        }
    }
}
