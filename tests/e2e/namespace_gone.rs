use std::time::Duration;

use anyhow::Result;
use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, api::DeleteParams};
use mongodb::bson::doc;
use organization_operator::crd::Organization;
use serde_json::json;
use tokio::{task::block_in_place, time::Instant};

use crate::{
    hand::own_mongo,
    samples::organization_with,
    world::{World, ready},
};

/// What failure-modes.md promises.
const GONE: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn namespace_deleted_with_everything_in_it_mongodb_away_meanwhile() -> Result<()> {
    let mongo = own_mongo("namespace")?;
    let world = World::on("namespace-gone", mongo.url(), &[]).await?;
    let policy = |number: usize| ["Retain", "Delete"][number % 2];
    let names: Vec<_> = (0..10).map(|number| format!("org-{number}")).collect();
    for (number, name) in names.iter().enumerate() {
        // Every third has a generated password, whose Secret goes with the namespace.
        let mut more = json!({"deletionPolicy": policy(number)});
        if number % 3 == 0 {
            more["admin"] = json!({"email": format!("{name}@acme.example")});
        }
        world.apply(&organization_with(name, &more)).await?;
    }
    for name in &names {
        world.settled(name, "Succeeded").await?;
        let collection = format!("org_{name}");
        world.insert(&collection, doc! {"_id": 1}).await?;
    }
    block_in_place(|| mongo.server().and_then(|server| Ok(server.stop()?)))?;
    let namespaces = Api::<Namespace>::all(world.client.clone());
    namespaces
        .delete(&world.namespace, &DeleteParams::default())
        .await?;
    for name in &names {
        let waits = |object: Option<&Organization>| {
            let told = object.and_then(ready);
            told.is_some_and(|(_, reason)| reason == "MongoUnavailable")
        };
        world.until_in(&world.namespace, name, waits).await?;
    }

    block_in_place(|| mongo.server().and_then(|server| Ok(server.start()?)))?;
    let returned = Instant::now();
    world
        .eventually("the namespace is gone", || async {
            Ok(namespaces.get_opt(&world.namespace).await?.is_none())
        })
        .await?;
    let took = returned.elapsed();
    println!("a namespace with 10 organizations gone {took:.1?} after MongoDB's return");
    assert!(took <= GONE, "{took:?}");
    for (number, name) in names.iter().enumerate() {
        let kept = world.count(&format!("org_{name}")).await?;
        assert_eq!(kept, u64::from(policy(number) == "Retain"), "{name}");
    }
    assert_eq!(world.count("organizations").await?, 5);
    assert_eq!(world.count("admins").await?, 5);
    Ok(())
}
