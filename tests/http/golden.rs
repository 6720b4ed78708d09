//! The golden files against the whole service: golden.yaml holds what reading a request decides,
//! `golden_tenants.yaml` what depends on who is there.

mod pair;
mod scenario;

use std::sync::Arc;

use anyhow::Result;

use self::{
    pair::{Pair, Placeholders},
    scenario::Scenario,
};
use crate::world::{Settings, TestClock, World};

/// When all of it happens, so that times are known to the byte.
const NOW: &str = "2026-11-23T10:00:00.123Z";

fn settings() -> Result<Settings> {
    Ok(Settings {
        clock: Arc::new(TestClock::at(NOW.parse()?)),
        ..Settings::default()
    })
}

#[tokio::test]
async fn requests_are_answered_to_the_byte_as_the_contract_says() -> Result<()> {
    let pairs: Vec<Pair> = serde_saphyr::from_str(include_str!("golden.yaml"))?;
    assert!(pairs.len() >= 280, "the file was read");
    let mut settings = settings()?;
    settings.service.self_service = false;
    let world = World::with(settings)?;
    let mut wrong = Vec::new();
    for pair in &pairs {
        let checked = pair.check(&world, &Placeholders::default()).await;
        wrong.extend(checked.err().map(|error| format!("{error:#}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // None of them got as far as to change anything.
    assert!(world.cluster.objects().is_empty());
    Ok(())
}

#[tokio::test]
async fn requests_about_tenants_are_answered_to_the_byte_as_the_contract_says() -> Result<()> {
    let scenarios: Vec<Scenario> = serde_saphyr::from_str(include_str!("golden_tenants.yaml"))?;
    let pairs: usize = scenarios.iter().map(Scenario::length).sum();
    assert!(pairs >= 100, "the file was read: {pairs}");
    let mut wrong = Vec::new();
    for scenario in &scenarios {
        wrong.extend(scenario.play(settings()?).await?);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
