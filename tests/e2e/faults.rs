//! A database that is there and does not do as it is told.

use anyhow::{Result, anyhow};
use mongodb::bson::{Document, doc};
use serde_json::json;

use crate::{
    hand::own_mongo,
    samples::{organization, organization_with},
    world::{World, condition, status},
};

/// Not authorized, as MongoDB numbers it.
const UNAUTHORIZED: i32 = 13;

impl World {
    async fn failpoint(&self, mode: impl Into<mongodb::bson::Bson>, data: Document) -> Result<()> {
        let command = doc! {"configureFailPoint": "failCommand", "mode": mode.into(), "data": data};
        let admin = self.database.client().database("admin");
        admin.run_command(command).await?;
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_the_operators_user_is_said_plainly_and_mended_by_itself() -> Result<()> {
    let mongo = own_mongo("unauthorized")?;
    let world = World::on("unauthorized", mongo.url(), &[]).await?;
    let acme = organization_with("acme", &json!({}));
    world.apply(&acme).await?;
    let before = status(&world.settled("acme", "Succeeded").await?);
    let all = [
        "aggregate",
        "find",
        "listCollections",
        "insert",
        "update",
        "ping",
    ];
    world
        .failpoint(
            "alwaysOn",
            doc! {"errorCode": UNAUTHORIZED, "failCommands": all.to_vec()},
        )
        .await?;
    world
        .patch("acme", &json!({"spec": {"organizationName": "beta"}}))
        .await?;
    let told = status(&world.settled("acme", "MongoUnauthorized").await?);
    assert_eq!(told.organization_name, before.organization_name);
    world
        .says(
            "acme",
            "not allowed to find (aggregate on organizations: code 13",
        )
        .await?;
    let answer = |path: &str| world.operator.get(path).map_err(|error| anyhow!(error));
    world
        .eventually("/readyz says so", || async {
            let (code, text) = answer("/readyz")?;
            Ok(code == 503 && text.contains("refuses the operator"))
        })
        .await?;
    assert_eq!(answer("/livez")?.0, 200);

    world.failpoint("off", doc! {}).await?;
    let told = status(&world.settled("acme", "Succeeded").await?);
    assert_eq!(told.collection_name.as_deref(), Some("org_beta"));
    Ok(())
}

/// Each command that needs a right of its own, and what MongoDB calls that.
const RIGHTS: [(&str, &str); 3] = [
    ("insert", "insert"),
    ("create", "createCollection"),
    ("renameCollection", "renameCollectionSameDB"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_right_that_is_missing_is_named_as_mongodb_calls_it() -> Result<()> {
    let mongo = own_mongo("rights")?;
    let world = World::on("rights", mongo.url(), &[]).await?;
    world.apply(&organization("beta")).await?;
    world.settled("beta", "Succeeded").await?;
    for (command, right) in RIGHTS {
        let refused = doc! {"errorCode": UNAUTHORIZED, "failCommands": [command]};
        world.failpoint("alwaysOn", refused).await?;
        let name = match command {
            "renameCollection" => {
                let wish = json!({"spec": {"organizationName": "gamma"}});
                world.patch("beta", &wish).await?;
                "beta".to_owned()
            }
            command => {
                let name = format!("without-{command}");
                world.apply(&organization(&name)).await?;
                name
            }
        };
        world.settled(&name, "MongoUnauthorized").await?;
        world
            .says(&name, &format!("not allowed to {right} ("))
            .await?;
        world.failpoint("off", doc! {}).await?;
        world.settled(&name, "Succeeded").await?;
    }
    Ok(())
}

impl World {
    /// Waits until condition Ready says that.
    async fn says(&self, name: &str, text: &str) -> Result<()> {
        self.eventually(text, || async {
            let object = self.organizations().get(name).await?;
            let ready = condition(&object, "Ready");
            Ok(ready.is_some_and(|(_, _, message)| message.contains(text)))
        })
        .await
    }
}

impl World {
    /// Does something while connections break at that command.
    async fn breaking(&self, command: &str, act: impl Future<Output = Result<()>>) -> Result<()> {
        // Twice, since the driver sends some commands again by itself.
        let broken = doc! {"closeConnection": true, "failCommands": [command]};
        self.failpoint(doc! {"times": 2}, broken).await?;
        act.await?;
        self.failpoint("off", doc! {}).await
    }
}

/// All that a life of a tenant sends.
const COMMANDS: [&str; 9] = [
    "aggregate",
    "listCollections",
    "insert",
    "create",
    "findAndModify",
    "update",
    "renameCollection",
    "drop",
    "delete",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_at_any_command_changes_nothing_about_the_end() -> Result<()> {
    let mongo = own_mongo("broken")?;
    let world = World::on("broken", mongo.url(), &[]).await?;
    for command in COMMANDS {
        let created = async {
            let manifest = organization_with("acme", &json!({"deletionPolicy": "Delete"}));
            world.apply(&manifest).await?;
            world.settled("acme", "Succeeded").await.map(drop)
        };
        world.breaking(command, created).await?;
        world.insert("org_acme", doc! {"_id": "one"}).await?;
        let renamed = async {
            let wish = json!({"spec": {"organizationName": "beta"}});
            world.patch("acme", &wish).await?;
            world.settled("acme", "Succeeded").await.map(drop)
        };
        world.breaking(command, renamed).await?;
        world.record("org_beta", "_id", "one").await?;
        let deleted = async {
            world.delete("acme").await?;
            world.gone("acme").await
        };
        world.breaking(command, deleted).await?;
        let left = world.collections().await?;
        assert_eq!(left, ["admins", "organizations"], "{command}");
        assert_eq!(world.count("organizations").await?, 0, "{command}");
        assert_eq!(world.count("admins").await?, 0, "{command}");
    }
    Ok(())
}
