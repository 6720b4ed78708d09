//! An organization that its admin wants gone.

use super::{Refusal, Service, change::Patience, tenant::ServedTenant};

impl Service {
    /// Deletes an organization, and answers with what it was once it is gone.
    ///
    /// # Errors
    /// In this order: [`Refusal::InvalidToken`], [`Refusal::Unknown`], [`Refusal::NotOwn`],
    /// [`Refusal::Declarative`]; [`Refusal::Timeout`], and then it goes all the same: a deletion
    /// can't be taken back.
    pub async fn delete(&self, name: &str, token: &str) -> Result<ServedTenant, Refusal> {
        let patience = Patience::begin();
        let tenant = self.written_by(name, token).await?;
        let kept = self.kept(&tenant, patience).await?;
        let object = self
            .unoccupied(&kept.namespace, &kept.name, patience)
            .await?;
        tenant.is_still_of(&object)?;
        self.objects.delete(&object).await?;
        let gone = self.directory.until(patience.end(), |directory| {
            let there = directory.object(&kept.namespace, &kept.name);
            let is_gone = there.is_none_or(|there| there.metadata.uid != object.metadata.uid);
            is_gone.then_some(())
        });
        gone.await.map(|()| tenant).ok_or(Refusal::Timeout)
    }
}
