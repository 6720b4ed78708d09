//! All there is in memory, as the oracle judges it.

use anyhow::Result;
use organization_operator::{
    controller::cluster::memory::MemoryCluster,
    domain::{hash::BcryptHash, names::CollectionName},
    store::{memory::MemoryStore, port::TenantStore as _},
};

use crate::{
    oracle::{SeenSecret, Snapshot, Stored},
    world::pool,
};

/// All there is.
pub async fn snapshot(cluster: &MemoryCluster, store: &MemoryStore) -> Result<Snapshot> {
    let names = store.collection_names();
    let own = ["organizations", "admins", "_refresh_tokens"];
    let names = names.iter().filter(|name| !own.contains(&name.as_str()));
    let names = names.map(|name| CollectionName::recorded(name));
    let names = names.collect::<Result<_, _>>()?;
    let found = store.find_collections(&names).await?;
    let collections = found.into_iter().map(|(name, seen)| {
        let uuid = mongodb::bson::Binary {
            subtype: mongodb::bson::spec::BinarySubtype::Uuid,
            bytes: seen.uuid.0.as_bytes().to_vec(),
        };
        let documents = store.documents(name.as_str());
        (
            name.to_string(),
            Stored {
                uuid: uuid.into(),
                documents,
            },
        )
    });
    let admins = store.documents("admins");
    let mut secrets = Vec::new();
    for secret in cluster.secrets() {
        let mut opens = Vec::new();
        for admin in &admins {
            let (Ok(email), Ok(hash)) = (admin.get_str("email"), admin.get_str("password")) else {
                continue;
            };
            if is_opened(hash, secret.data.values()).await? {
                opens.push(email.to_owned());
            }
        }
        secrets.push(SeenSecret {
            namespace: secret.namespace,
            name: secret.name,
            version: format!("{}/{}", secret.uid, secret.version),
            opens,
        });
    }
    Ok(Snapshot {
        records: store.documents("organizations"),
        collections: collections.collect(),
        admins,
        objects: cluster.objects(),
        secrets,
    })
}

/// Whether one of these is that hash, or the password that it was made of: by this operator, which
/// hashes at a low cost here; at the cost of others it would take too long.
async fn is_opened(hash: &str, values: impl Iterator<Item = &String>) -> Result<bool> {
    for value in values {
        let stored = BcryptHash::from_record(hash.to_owned());
        if value == hash {
            return Ok(true);
        }
        let is_cheap = stored.cost().is_some_and(|cost| cost < 10);
        if is_cheap
            && pool()?
                .reserve()
                .await
                .verify(value.as_str().into(), stored)
                .await?
        {
            return Ok(true);
        }
    }
    Ok(false)
}
