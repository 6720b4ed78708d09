//! A change of name, address or password: all of it, or nothing.

use kube::ResourceExt;
use secrecy::SecretString;

use super::{
    Refusal, Service,
    change::Patience,
    create::login_secret,
    objects::HASH_KEY,
    tenant::{Keeper, ServedTenant},
};
use crate::{
    crd::{AdminSpec, Organization, OrganizationSpec, SecretKeyReference},
    domain::{credential::SecretName, email::Email, names::OrgName},
};

/// What its admin wishes for an organization.
#[derive(Debug)]
pub struct OrganizationUpdate {
    /// What it is called now.
    pub name: OrgName,
    /// What it shall be called.
    pub new_name: Option<OrgName>,
    /// The admin's new address.
    pub email: Option<Email>,
    /// His new password.
    pub password: Option<SecretString>,
}

impl Service {
    /// Changes an organization, whole, or not at all.
    ///
    /// # Errors
    /// In this order: [`Refusal::InvalidToken`], [`Refusal::Unknown`], [`Refusal::NotOwn`],
    /// [`Refusal::Declarative`], [`Refusal::NameTaken`], [`Refusal::EmailTaken`],
    /// [`Refusal::Password`]; [`Refusal::Timeout`].
    pub async fn update(
        &self,
        wished: OrganizationUpdate,
        token: &str,
    ) -> Result<ServedTenant, Refusal> {
        let patience = Patience::begin();
        let tenant = self.written_by(wished.name.as_str(), token).await?;
        let email = wished
            .email
            .filter(|email| email.as_str() != tenant.admin_email);
        if let (None, None, None) = (&wished.new_name, &email, &wished.password) {
            return Ok(tenant);
        }
        self.free(Some(&tenant), wished.new_name.as_ref(), email.as_ref())
            .await?;
        let hash = match &wished.password {
            Some(password) => Some(self.hash(password).await?),
            None => None,
        };
        let kept = self.kept(&tenant, patience).await?;
        let edit = |object: &Organization, id: &str| {
            tenant.is_still_of(object)?;
            let secret = hash.as_ref().map(|_| login_secret(&object.name_any(), id));
            let (name, email) = (wished.new_name.as_ref(), email.as_ref());
            Ok(edited(&object.spec, name, email, secret))
        };
        let (asking, object, mut confirmed) = self
            .ask_update(&kept.namespace, &kept.name, patience, &edit)
            .await?;
        if let (Ok(()), Some(hash)) = (&confirmed, &hash) {
            let secret = login_secret(&asking.name, &asking.id);
            confirmed = self.objects.create_secret(&object, &secret, hash).await;
        }
        self.outcome(&asking, confirmed, patience).await
    }

    /// The organization that a write is about, once it is known that the one who asks may.
    pub(super) async fn written_by(
        &self,
        name: &str,
        token: &str,
    ) -> Result<ServedTenant, Refusal> {
        let claims = self.check(token)?;
        let tenant = self.tenant_called(name).await?;
        let mut own = self.live_identity(&claims).await?;
        if own.id != tenant.id {
            return Err(Refusal::NotOwn);
        }
        if let Keeper::Unseen(owner) = &own.keeper {
            own.keeper = self.live_keeper(owner).await?;
        }
        self.may_change(&own)?;
        Ok(own)
    }
}

fn edited(
    former: &OrganizationSpec,
    name: Option<&OrgName>,
    email: Option<&Email>,
    secret: Option<SecretName>,
) -> OrganizationSpec {
    let mut admin: AdminSpec = former.admin.clone();
    if let Some(email) = email {
        admin.email = email.to_string();
    }
    if let Some(secret) = secret {
        admin.password_secret_ref = None;
        admin.password_hash_secret_ref = Some(SecretKeyReference {
            name: secret.0,
            key: HASH_KEY.to_owned(),
        });
    }
    let mut wished = former.clone();
    wished.admin = admin;
    if let Some(name) = name {
        wished.organization_name = Some(name.to_string());
    }
    wished
}
