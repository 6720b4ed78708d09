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
        if object.spec.deletion_protection {
            // A person's word, which the service doesn't overrule; nor would it come to an end.
            return Err(Refusal::Declarative);
        }
        self.objects.delete(&object).await?;
        let uid = object.metadata.uid.unwrap_or_default();
        // What was never seen is not gone: the watch may be behind.
        let mut was_there = false;
        let gone = self.directory.until(patience.end(), |directory| {
            let there = directory.object(&kept.namespace, &kept.name);
            let is_there = there.is_some_and(|there| there.metadata.uid.as_ref() == Some(&uid));
            let is_gone = directory.departed(&uid).is_some() || (was_there && !is_there);
            was_there |= is_there;
            is_gone.then_some(())
        });
        gone.await.map(|()| tenant).ok_or(Refusal::Timeout)
    }
}
