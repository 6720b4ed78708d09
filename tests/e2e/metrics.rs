use anyhow::{Result, anyhow};
use serde_json::json;

use crate::{
    samples::{organization, organization_with},
    world::World,
};

#[tokio::test(flavor = "multi_thread")]
async fn organizations_are_counted_by_reason_and_no_label_holds_a_name() -> Result<()> {
    let world = World::start("metrics").await?;
    world
        .insert("org_foreign", mongodb::bson::doc! {"_id": 1})
        .await?;
    for (name, reason) in [
        ("acme", "Succeeded"),
        ("beta", "Succeeded"),
        ("foreign", "CollectionConflict"),
    ] {
        world.apply(&organization(name)).await?;
        world.settled(name, reason).await?;
    }
    let by_reason = |reason: &str| {
        let label = format!("reason=\"{reason}\"");
        world.metric("organization_operator_organizations{", &label)
    };
    assert_eq!(
        (by_reason("Succeeded")?, by_reason("CollectionConflict")?),
        (2, 1)
    );
    let suspended = organization_with("beta", &json!({"suspend": true}));
    world.apply(&suspended).await?;
    world.settled("beta", "Suspended").await?;
    world.delete("foreign").await?;
    world.gone("foreign").await?;
    world
        .eventually("who is gone is not counted", || async {
            Ok(by_reason("CollectionConflict")? == 0)
        })
        .await?;
    assert_eq!((by_reason("Succeeded")?, by_reason("Suspended")?), (1, 1));

    let (_, text) = world
        .operator
        .get("/metrics")
        .map_err(|error| anyhow!(error))?;
    for family in [
        "passes_total{operation=\"Reconcile\",outcome=\"Settled\"}",
        "passes_total{operation=\"Cleanup\",outcome=\"Settled\"}",
        "pass_duration_seconds_bucket{",
        "mongo_commands_total{command=\"insert\",outcome=\"Succeeded\"}",
        "kube_writes_total{verb=\"patch\",resource=\"organizations/status\"}",
        "hash_queue",
        "hashes_total",
    ] {
        assert!(
            text.contains(&format!("organization_operator_{family}")),
            "{family}"
        );
    }
    for name in ["acme", "beta", "foreign", &world.namespace] {
        assert!(!text.contains(name), "{name} is in\n{text}");
    }
    Ok(())
}
