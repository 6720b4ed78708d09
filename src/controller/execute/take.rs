//! One step, taken: which call it is, and what its answer teaches.

use std::collections::BTreeMap;

use kube::ResourceExt;
use rand::rng;
use secrecy::SecretString;

use super::StepError;
use crate::{
    controller::{
        cluster::{ClusterError, ObjectKey},
        context::Context,
        credential::{Credential, EMAIL_KEY, Material, PASSWORD_KEY, judge},
        validate::validate,
    },
    domain::{
        credential::ObservedCredential,
        desired::Wish,
        hash::BcryptHash,
        observed::Observed,
        password::generate_password,
        step::{Learned, Look, Step},
    },
    store::port::TenantQuery,
};

/// What the live object wishes; `None` where it is gone, or another one by now.
pub(super) async fn live_wish(
    key: &ObjectKey,
    context: &Context,
) -> Result<Option<Wish>, ClusterError> {
    let live = context
        .cluster
        .get_organization(&key.namespace, &key.name)
        .await?;
    let live = live.filter(|live| live.uid().as_ref() == Some(&key.uid));
    Ok(live.map(|live| validate(&live, &context.settings.allowances)))
}

/// The taking of one step.
pub(in crate::controller) struct Taking<'a> {
    pub(in crate::controller) key: &'a ObjectKey,
    pub(in crate::controller) seen: &'a Observed,
    pub(in crate::controller) wish: &'a Wish,
    pub(in crate::controller) context: &'a Context,
}

impl Taking<'_> {
    pub(super) async fn take(
        &self,
        step: &Step,
        credential: &mut Credential,
    ) -> Result<Learned, StepError> {
        let (store, cluster) = (&self.context.store, &self.context.cluster);
        match step {
            Step::Look(look) => return self.look(look, credential).await,
            Step::AddFinalizer => cluster.add_finalizer(self.key).await?,
            Step::RemoveFinalizer => cluster.remove_finalizer(self.key).await?,
            Step::CreateAdminSecret(_) => return self.create_admin_secret(credential).await,
            Step::DeleteAdminSecret(secret) => cluster.delete_own_secret(self.key, secret).await?,
            Step::InsertRecord(record) => {
                self.context.indexes.pass()?;
                store.insert_record(record).await?;
            }
            Step::UpdateRecord { before, after, .. } => store.update_record(before, after).await?,
            Step::DeleteRecord(record) => store.delete_record(record).await?,
            Step::InsertAdmin(admin) => {
                let hash = self.hash(credential).await?;
                store
                    .insert_admin(&admin.with_password(hash.clone()))
                    .await?;
                return Ok(Learned::Hash(hash));
            }
            Step::RestoreAdmin(admin) => store.insert_admin(admin).await?,
            Step::UpdateAdmin {
                before,
                after,
                rehash: None,
                ..
            } => {
                store.update_admin(before, after).await?;
            }
            Step::UpdateAdmin {
                before,
                after,
                rehash: Some(version),
                ..
            } => {
                let hash = self.hash(credential).await?;
                let after = after.as_ref().clone().with_password(hash, version);
                store.update_admin(before, &after).await?;
                return Ok(Learned::Hash(after.password));
            }
            Step::DeleteAdmins(record) => store.delete_admins(record).await?,
            Step::CreateCollection { name, id } => store.create_collection(name, *id).await?,
            Step::MoveCollection { from, to, uuid } => {
                store.move_collection(from, to, *uuid).await?;
            }
            Step::DropCollection { name, uuid } => store.drop_collection(name, *uuid).await?,
            Step::MergeStray { from, into, uuid } => {
                return Ok(Learned::Clashes(
                    store.merge_stray(from, into, *uuid).await?,
                ));
            }
        }
        Ok(Learned::Done)
    }

    pub(in crate::controller) async fn look(
        &self,
        look: &Look,
        credential: &Credential,
    ) -> Result<Learned, StepError> {
        let store = &self.context.store;
        Ok(match look {
            Look::Collections(names) => Learned::Collections(store.find_collections(names).await?),
            Look::Whereabouts(uuid) => Learned::Whereabouts(store.locate_collection(*uuid).await?),
            Look::Claimants(name) => {
                let query = TenantQuery {
                    owner_uid: self.key.uid.clone(),
                    name: Some(name.clone()),
                    email: None,
                    archive: None,
                };
                Learned::Claimants(store.find_tenants(&query).await?.claimants)
            }
            Look::Holder(uuid) => Learned::Holder(store.find_holder(*uuid).await?),
            Look::Emptiness(name, uuid) => Learned::Answer(store.is_empty(name, *uuid).await?),
            Look::Credential => Learned::Answer(self.is_stored(credential).await?),
            Look::Deletion => Learned::Answer(self.is_deletion_wished().await?),
        })
    }

    fn material(credential: &Credential) -> Result<&Material, StepError> {
        credential.material.as_ref().ok_or(StepError::NoMaterial)
    }

    async fn hash(&self, credential: &Credential) -> Result<BcryptHash, StepError> {
        let cost = self.context.settings.bcrypt_cost;
        Ok(Self::material(credential)?
            .hash(cost, &self.context.pool)
            .await?)
    }

    async fn is_stored(&self, credential: &Credential) -> Result<bool, StepError> {
        let admin = self.seen.tenant().and_then(|tenant| tenant.admin.as_ref());
        let admin = admin.ok_or(StepError::NoMaterial)?;
        Ok(Self::material(credential)?
            .is_stored_as(&admin.password, &self.context.pool)
            .await?)
    }

    /// The live object, once more: between the first read and the commit point a person may have
    /// thought better of it.
    async fn is_deletion_wished(&self) -> Result<bool, StepError> {
        let live = live_wish(self.key, self.context).await?;
        Ok(match (live, self.wish) {
            (Some(Wish::Absent(live)), Wish::Absent(begun)) => {
                live.disposal == begun.disposal && !live.is_protected
            }
            _ => false,
        })
    }

    async fn create_admin_secret(&self, credential: &mut Credential) -> Result<Learned, StepError> {
        let desired = self.wish.desired().ok_or(StepError::NoMaterial)?;
        let password = generate_password(&mut rng());
        let data = BTreeMap::from([
            (
                EMAIL_KEY.to_owned(),
                SecretString::from(desired.email.as_str()),
            ),
            (PASSWORD_KEY.to_owned(), password),
        ]);
        let secret = desired.credential.secret();
        let made = self
            .context
            .cluster
            .create_secret(self.key, secret, &data)
            .await?;
        *credential = judge(&desired.credential, Some(&made));
        match &credential.observed {
            ObservedCredential::Present { version, .. } => Ok(Learned::Secret(version.clone())),
            _ => Err(StepError::NoMaterial),
        }
    }
}
