//! What the HTTP service reads of the records.

use async_trait::async_trait;
use mongodb::bson::Document;

use super::MemoryStore;
use crate::{
    domain::{email::Email, record::StoredTenant},
    store::{
        document,
        index::{ADMINS, ORGANIZATIONS},
        login::{FoundLogin, LoginStore, TenantKey},
        port::StoreError,
    },
};

fn has(field: &str, value: impl Into<mongodb::bson::Bson>) -> impl Fn(&&Document) -> bool {
    let value = value.into();
    move |document| document.get(field) == Some(&value)
}

#[async_trait]
impl LoginStore for MemoryStore {
    async fn find_login(&self, email: &Email) -> Result<Option<FoundLogin>, StoreError> {
        let server = self.command("aggregate");
        let admin = server.documents(ADMINS).find(has("email", email.as_str()));
        let found = admin.and_then(|admin| Some((admin, document::read_login(admin)?)));
        let Some((admin, login)) = found else {
            return Ok(None);
        };
        let mut records = server.documents(ORGANIZATIONS);
        let record = match login.organization {
            Some(id) => records.find(has("_id", document::organization_id(id))),
            None => admin
                .get("organization_name")
                .and_then(|name| records.find(has("organization_name", name.clone()))),
        };
        let tenant = record.and_then(|record| document::stored_tenant(record, Some(admin)).ok());
        Ok(Some(FoundLogin { login, tenant }))
    }

    async fn find_tenant(&self, key: &TenantKey) -> Result<Option<StoredTenant>, StoreError> {
        let server = self.command("aggregate");
        let named = |record: &Document| {
            let admin = record.get("admin_id").cloned()?;
            server.documents(ADMINS).find(has("_id", admin))
        };
        let mut records = server.documents(ORGANIZATIONS);
        let (record, admin) = match key {
            TenantKey::Organization(id) => {
                let record = records.find(has("_id", document::organization_id(*id)));
                (record, record.and_then(named))
            }
            TenantKey::Name(name) => {
                let record = records.find(has("organization_name", name.as_str()));
                (record, record.and_then(named))
            }
            TenantKey::Admin(id) => {
                let admin = server
                    .documents(ADMINS)
                    .find(has("_id", document::admin_id(*id)));
                let name = admin.and_then(|admin| admin.get("organization_name").cloned());
                let record = name.and_then(|name| records.find(has("organization_name", name)));
                (record, admin)
            }
        };
        record
            .map(|record| document::stored_tenant(record, admin))
            .transpose()
    }
}
