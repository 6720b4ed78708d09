//! What the HTTP service reads of the records.

use async_trait::async_trait;
use mongodb::bson::Document;

use super::MemoryStore;
use crate::{
    domain::{email::Email, record::StoredTenant},
    store::{
        document,
        index::{ADMINS, ORGANIZATIONS},
        login::{LoginRecord, LoginStore, TenantKey},
        port::StoreError,
    },
};

fn has(field: &str, value: impl Into<mongodb::bson::Bson>) -> impl Fn(&&Document) -> bool {
    let value = value.into();
    move |document| document.get(field) == Some(&value)
}

#[async_trait]
impl LoginStore for MemoryStore {
    async fn find_login(&self, email: &Email) -> Result<Option<LoginRecord>, StoreError> {
        let server = self.command("find");
        let found = server.documents(ADMINS).find(has("email", email.as_str()));
        Ok(found.and_then(document::read_login))
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
