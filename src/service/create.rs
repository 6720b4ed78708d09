//! An organization that a stranger asks for.

use std::time::Duration;

use kube::{Resource, ResourceExt};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use super::{
    Refusal, Service,
    change::{Asking, Patience, fresh_id, text_of},
    objects::HASH_KEY,
    slug::object_name,
    tenant::ServedTenant,
};
use crate::{
    controller::cluster::ClusterError,
    crd::{
        Access, AdminSpec, AdoptionPolicy, Organization, OrganizationSpec, SecretKeyReference,
        change::{Asked, CHANGE_ANNOTATION, MANAGED_BY_API, MANAGED_BY_LABEL},
    },
    domain::{
        credential::SecretName, email::Email, hash::BcryptHash, names::OrgName,
        password::check_strength, record::StoredTenant,
    },
    http::client_address::ClientAddress,
    store::port::TenantQuery,
};

/// How many names of objects are tried: so many renamed organizations may sit in the way.
const ATTEMPTS: u32 = 16;

/// When to ask again where there are as many organizations as there may be: a person has to act.
const FULL: Duration = Duration::from_hours(1);

/// What a stranger asks for.
#[derive(Debug)]
pub struct NewOrganization {
    /// Its name.
    pub name: OrgName,
    /// Its admin's address.
    pub email: Email,
    /// His password.
    pub password: SecretString,
}

impl Service {
    /// Makes an organization, whole, or nothing.
    ///
    /// # Errors
    /// In this order: [`Refusal::SelfServiceOff`], [`Refusal::Throttled`], [`Refusal::NameTaken`],
    /// [`Refusal::EmailTaken`], [`Refusal::Password`]; [`Refusal::Timeout`].
    pub async fn create(
        &self,
        wished: NewOrganization,
        client: ClientAddress,
    ) -> Result<ServedTenant, Refusal> {
        let patience = Patience::begin();
        if !self.settings.self_service {
            return Err(Refusal::SelfServiceOff);
        }
        self.admit_create(client)?;
        self.free(None, Some(&wished.name), Some(&wished.email))
            .await?;
        let hash = self.hash(&wished.password).await?;
        let id = fresh_id();
        let secret = login_secret(&object_name(&wished.name, 1), &id);
        let spec = OrganizationSpec {
            admin: AdminSpec {
                email: wished.email.to_string(),
                password_secret_ref: None,
                password_hash_secret_ref: Some(SecretKeyReference {
                    name: secret.0.clone(),
                    key: HASH_KEY.to_owned(),
                }),
            },
            ..self.bare_spec(&wished.name)
        };
        let made = self
            .make(&wished.name, spec, &id, Asked::Create, patience)
            .await?;
        // With the object there already, whatever is left behind goes with it.
        let asking = Asking::of(&made, &id);
        let confirmed = self.objects.create_secret(&made, &secret, &hash).await;
        self.outcome(&asking, confirmed, patience).await
    }

    fn admit_create(&self, client: ClientAddress) -> Result<(), Refusal> {
        let admitted = self.limiter.admit_create(client, Instant::now().into_std());
        admitted.map_err(|throttled| Refusal::Throttled(throttled.retry_after))?;
        if self.directory.managed() >= self.settings.max_organizations {
            return Err(Refusal::Throttled(FULL));
        }
        Ok(())
    }

    /// Whether name and address are nobody's, or `own`: asked before anything is made, so that the
    /// answer is the first that applies. The controller decides.
    pub(super) async fn free(
        &self,
        own: Option<&ServedTenant>,
        name: Option<&OrgName>,
        email: Option<&Email>,
    ) -> Result<(), Refusal> {
        let view = self
            .tenants
            .find_tenants(&TenantQuery {
                owner_uid: String::new(),
                name: name.cloned(),
                email: email.cloned(),
                archive: None,
            })
            .await?;
        let is_own = |claimant: &StoredTenant| own.map(|own| own.id) == Some(claimant.id());
        if !view.claimants.iter().all(is_own) {
            return Err(Refusal::NameTaken);
        }
        match view.email_holder {
            Some(holder) if own.map(|own| own.admin) != Some(holder.admin) => {
                Err(Refusal::EmailTaken)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The hash of a password that may be set.
    pub(super) async fn hash(&self, password: &SecretString) -> Result<BcryptHash, Refusal> {
        check_strength(password.expose_secret()).map_err(Refusal::Password)?;
        let hash = self.pool.hash(password.clone(), self.settings.bcrypt_cost);
        Ok(hash.await?)
    }

    /// A spec that wishes for the name alone.
    pub(super) fn bare_spec(&self, name: &OrgName) -> OrganizationSpec {
        OrganizationSpec {
            organization_name: Some(name.to_string()),
            display_name: None,
            admin: AdminSpec {
                email: String::new(),
                password_secret_ref: None,
                password_hash_secret_ref: None,
            },
            access: Access::Enabled,
            suspend: false,
            deletion_policy: self.settings.deletion_policy,
            archive_retention: None,
            deletion_protection: false,
            adoption_policy: AdoptionPolicy::Never,
            restore_from: None,
        }
    }

    /// Makes the object, under the first name that no other organization's object has.
    pub(super) async fn make(
        &self,
        name: &OrgName,
        spec: OrganizationSpec,
        id: &str,
        asked: Asked,
        patience: Patience,
    ) -> Result<Organization, Refusal> {
        let note = text_of(&self.note(id, asked, None, patience))?;
        for attempt in 1..=ATTEMPTS {
            let mut object = Organization::new(&object_name(name, attempt), spec.clone());
            object.meta_mut().namespace = Some(self.settings.namespace.clone());
            let labels = object.labels_mut();
            labels.insert(MANAGED_BY_LABEL.to_owned(), MANAGED_BY_API.to_owned());
            let annotations = object.annotations_mut();
            annotations.insert(CHANGE_ANNOTATION.to_owned(), note.clone());
            match self.objects.create(&object).await {
                Ok(made) => return Ok(made),
                Err(ClusterError::Conflict) => self.sits_elsewhere(name, &object).await?,
                Err(error) => return Err(error.into()),
            }
        }
        Err(Refusal::NameTaken)
    }

    /// Whether the object that has the name is of an organization that is, and wishes to be, called
    /// otherwise.
    async fn sits_elsewhere(&self, name: &OrgName, wished: &Organization) -> Result<(), Refusal> {
        let there = self
            .objects
            .get(&self.settings.namespace, &wished.name_any())
            .await?;
        let Some(there) = there else {
            return Err(Refusal::NameTaken);
        };
        let status = there.status.as_ref();
        let is_called = status.and_then(|status| status.organization_name.as_deref());
        let names = [there.spec.organization_name.as_deref(), is_called];
        if names.contains(&Some(name.as_str())) {
            return Err(Refusal::NameTaken);
        }
        Ok(())
    }
}

/// The Secret for the hash of one change.
pub(super) fn login_secret(object: &str, change: &str) -> SecretName {
    let unique = change.get(..8).unwrap_or(change);
    SecretName(format!("{object}-login-{unique}"))
}
