//! One organization that always fails, among many.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use mongodb::bson::{Document, doc};
use serde_json::json;
use tokio::{task::block_in_place, time::Instant};

use crate::{hand::own_unsynced_mongo, samples::organization, world::World};

/// All of them, with the one. The tests' database server takes longer for a collection the more it
/// has: of the three minutes that these take, the last hundred take half a one.
const ORGANIZATIONS: usize = 1000;

/// How many are asked for at once.
const AT_ONCE: usize = 16;

/// The first delay after a failure; each further one is at least twice as long.
const FIRST: Duration = Duration::from_millis(100);

/// How often one that always fails may have been tried within that time.
fn tries_within(time: Duration) -> u64 {
    let mut tries = 1;
    let mut next = FIRST;
    let mut waited = FIRST;
    while waited <= time {
        tries += 1;
        next *= 2;
        waited += next;
    }
    tries
}

#[tokio::test(flavor = "multi_thread")]
async fn one_poisoned_organization_among_a_thousand_leaves_the_others_alone() -> Result<()> {
    let mongo = own_unsynced_mongo("poisoned")?;
    let flags = ["--sweep-interval", "5s"];
    let world = World::unready("poisoned", mongo.url(), &flags).await?;
    // What a person may have thought right: its admin can't be written, however often it is tried.
    let refused = doc! {"email": {"$ne": "poisoned@acme.example"}};
    let made = doc! {"create": "admins", "validator": refused};
    world.database.run_command(made).await?;
    block_in_place(|| world.operator.start())?;
    world.apply(&organization("poisoned")).await?;
    world.settled("poisoned", "InternalError").await?;
    let failed = || world.metric("organization_operator_passes_total", "Failed");
    let poisoned = Instant::now();
    let tries_before = failed()?;

    let names: Vec<_> = (1..ORGANIZATIONS)
        .map(|number| format!("org-{number}"))
        .collect();
    let done = AtomicUsize::new(0);
    let mut times: Vec<Duration> = stream::iter(&names)
        .map(|name| {
            let (world, done) = (&world, &done);
            async move {
                let applied = Instant::now();
                world.apply(&organization(name)).await?;
                world.settled(name, "Succeeded").await?;
                let so_far = done.fetch_add(1, Ordering::Relaxed) + 1;
                if so_far.is_multiple_of(100) {
                    println!("{so_far} served after {:.1?}", poisoned.elapsed());
                }
                anyhow::Ok(applied.elapsed())
            }
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    let took = poisoned.elapsed();
    times.sort();
    let (median, slowest) = (times[times.len() / 2], times.last().context("none")?);
    let tries = failed()? - tries_before;
    let may = tries_within(took);
    println!(
        "{} served beside one that always fails in {took:.1?}, {AT_ONCE} at once: \
         median {median:.1?}, slowest {slowest:.1?}; it was tried {tries} times, of {may} at most",
        names.len()
    );
    ensure!(tries <= may, "{tries} tries within {took:?}");
    ensure!(tries > 0, "it was not tried again");

    // They are looked after, too: it is in nobody's way, and no sweep has it tried.
    let swept = || world.metric("organization_operator_sweeps_total", "");
    let sweeps = swept()?;
    let begun = Instant::now();
    for name in names.iter().take(10) {
        let wish = json!({"spec": {"organizationName": format!("{name}-new")}});
        world.patch(name, &wish).await?;
        world.settled(name, "Succeeded").await?;
    }
    println!("10 renamed one after the other in {:.1?}", begun.elapsed());
    world
        .eventually("a sweep", || async { Ok(swept()? > sweeps) })
        .await?;
    let (tries, may) = (failed()? - tries_before, tries_within(poisoned.elapsed()));
    ensure!(tries <= may, "{tries} tries, of {may} at most");
    let failing = world.metric(
        "organization_operator_organizations",
        "reason=\"InternalError\"",
    )?;
    ensure!(failing == 1, "{failing} fail");

    // And what ails it is mended: whoever waits for it no longer asks for a look.
    let none = doc! {"collMod": "admins", "validator": Document::new()};
    world.database.run_command(none).await?;
    world.looked_at_again("poisoned", "mended").await?;
    world.settled("poisoned", "Succeeded").await?;
    Ok(())
}
