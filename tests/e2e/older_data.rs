use anyhow::{Result, anyhow};
use mongodb::bson::{DateTime, Document, doc, oid::ObjectId};
use serde_json::json;
use tokio::task::block_in_place;

use crate::{samples::organization, world::World};

#[tokio::test(flavor = "multi_thread")]
async fn duplicates_among_older_documents_stop_new_names_and_nobody_who_is_there() -> Result<()> {
    let world = World::start("duplicates").await?;
    world.apply(&organization("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    block_in_place(|| world.operator.terminate())?;
    let admins = world.database.collection::<Document>("admins");
    for index in admins.list_index_names().await? {
        if index != "_id_" {
            admins.drop_index(index).await?;
        }
    }
    let twins = [ObjectId::new(), ObjectId::new()];
    for (number, id) in twins.iter().enumerate() {
        let twin = doc! {
            "_id": id, "email": "twin@acme.example", "organization_name": format!("old-{number}"),
            "password": "", "created_at": DateTime::now(),
        };
        world.insert("admins", twin).await?;
    }

    block_in_place(|| world.operator.spawn())?;
    let readyz = || {
        world
            .operator
            .get("/readyz")
            .map_err(|error| anyhow!(error))
    };
    world
        .eventually("/readyz names the documents", || async {
            let Ok((code, text)) = readyz() else {
                return Ok(false);
            };
            let names_both = twins.iter().all(|id| text.contains(&id.to_hex()));
            Ok(code == 503 && text.contains("indexes: ") && names_both)
        })
        .await?;
    assert!(
        !readyz()?.1.contains("twin@"),
        "no value of a document is told"
    );
    world.apply(&organization("new")).await?;
    world.settled("new", "MongoUnavailable").await?;
    world
        .patch("acme", &json!({"spec": {"organizationName": "beta"}}))
        .await?;
    world.settled("acme", "Succeeded").await?;
    assert_eq!(world.count("organizations").await?, 1);

    world.remove("admins", doc! {"_id": twins[0]}).await?;
    world.settled("new", "Succeeded").await?;
    world
        .eventually("it is ready", || async { Ok(readyz()?.0 == 200) })
        .await
}
