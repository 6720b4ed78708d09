//! A leader that is stopped in the middle of everything, and goes on after another has taken over.

mod case;

use anyhow::{Result, ensure};
use futures::{StreamExt, TryStreamExt, future::try_join_all, stream};
use kube::{ResourceExt, api::ListParams};
use mongodb::bson::{Document, doc};
use organization_operator::crd::Organization;
use tokio::task::block_in_place;

use self::case::{CHANGES, Case, Change, NEW_PASSWORD};
use crate::{
    middle::{Middle, Uuids},
    replicas::Replicas,
    samples::organization,
    world::{World, status},
};

/// Organizations of each kind in a round.
const EACH: usize = 4;

fn cases(round: usize) -> Vec<Case> {
    let numbers = 0..EACH;
    let case = |change: Change, number: usize| Case {
        change,
        name: format!("{change:?}-{round}-{number}").to_lowercase(),
    };
    numbers
        .flat_map(|number| CHANGES.map(|change| case(change, number)))
        .collect()
}

/// All that is kept of tenants, as it is.
async fn records(world: &World) -> Result<Vec<Document>> {
    let mut all = Vec::new();
    for collection in ["organizations", "admins"] {
        let documents = world.database.collection::<Document>(collection);
        let sorted = documents.find(doc! {}).sort(doc! {"_id": 1}).await?;
        all.extend(sorted.try_collect::<Vec<_>>().await?);
    }
    Ok(all)
}

/// How many of the round's organizations are neither as they were nor as they are to be.
async fn in_the_middle(world: &World, cases: &[Case]) -> Result<usize> {
    let objects = world.organizations().list(&ListParams::default()).await?;
    let records = records(world).await?;
    let states = records
        .iter()
        .filter_map(|record| record.get_str("state").ok());
    let under_way = states
        .filter(|state| !["active", "archived"].contains(state))
        .count();
    let is_untold = |object: &&Organization| {
        let is_of_round = cases.iter().any(|case| case.name == object.name_any());
        is_of_round && status(object).observed_generation != object.metadata.generation
    };
    let untold = objects.iter().filter(is_untold).count();
    println!(
        "  {under_way} records say that something is under way, {untold} objects wait to be told"
    );
    Ok(under_way)
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_in_the_middle_of_each_operation_and_continued_after_another_took_over_it_does_no_damage()
-> Result<()> {
    let middle = Middle::start("frozen", Uuids::Last).await?;
    let replicas = Replicas::on("frozen", middle.url(), &[]).await?;
    let Replicas { world, second } = &replicas;
    middle.is_found_by(world)?;
    world
        .put_secret("other", &[("password", NEW_PASSWORD)])
        .await?;
    let mut pair = [&world.operator, second];
    let mut interrupted = 0;
    let mut homes = Vec::new();
    for (round, stopped_at) in CHANGES.into_iter().enumerate() {
        let [leader, other] = pair;
        let process = leader.server().process();
        let cases = cases(round);
        let prepared = stream::iter(&cases).map(|case| case.prepare(world));
        prepared
            .buffer_unordered(8)
            .try_collect::<Vec<()>>()
            .await?;

        let asked = try_join_all(cases.iter().map(|case| case.ask(world)));
        let (_, ()) = tokio::try_join!(asked, stopped_at.freeze(world, process))?;
        println!("stopped at a {stopped_at:?}:");
        interrupted += in_the_middle(world, &cases).await?;

        replicas.leading(other).await?;
        for case in &cases {
            case.judge(world).await?;
        }
        let before = records(world).await?;
        process.thaw();
        let status = replicas.ended(leader).await?;
        ensure!(status == "exit status: 5", "{status}");
        for case in &cases {
            case.judge(world).await?;
        }
        ensure!(records(world).await? == before, "it wrote once more");
        let kept = cases.iter().filter(|case| case.stays());
        homes.extend(kept.map(|case| format!("org_{}", case.renamed())));
        homes.sort();
        let mut found = world.collections_that_count().await?;
        found.retain(|name| name.starts_with("org_"));
        ensure!(found == homes, "{found:?}, not {homes:?}");
        block_in_place(|| leader.start())?;
        pair = [other, leader];
    }
    ensure!(interrupted > 0, "nothing was interrupted");
    world.apply(&organization("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    Ok(())
}
