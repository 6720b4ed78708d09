//! The runbook has a heading for whatever a person may look up in it, and alerts on what is counted.

use std::{collections::BTreeSet, num::NonZeroUsize, sync::Arc, time::Duration};

use anyhow::Result;
use axum::http::StatusCode;
use organization_operator::{
    auth::pool::HashPool,
    domain::reason::ReasonKind,
    http::layers::{ObservedRequest, RequestObserver as _, RequestOutcome},
    runtime::{
        metrics::{Metrics, Operation, PassOutcome},
        readiness::{Need, Readiness},
    },
    sweep::Findings,
};

use super::read;

const RUNBOOK: &str = "docs/RUNBOOK.md";
const PREFIX: &str = "organization_operator_";

fn headings(text: &str) -> BTreeSet<&str> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("### "));
    lines.flat_map(|line| line.split(", ")).collect()
}

#[test]
fn every_reason_and_every_need_has_a_heading() -> Result<()> {
    let text = read(RUNBOOK)?;
    let headings = headings(&text);
    let needs = Readiness::of(Need::OF_CONTROLLER.into_iter().chain(Need::OF_API)).report();
    let needs = needs.iter().filter_map(|line| line.split(':').next());
    let reasons = ReasonKind::ALL.iter().map(|kind| kind.as_str());
    let missing: Vec<_> = reasons
        .chain(needs)
        .filter(|name| !headings.contains(name))
        .collect();
    assert!(
        missing.is_empty(),
        "{RUNBOOK} has no heading for {missing:?}"
    );
    Ok(())
}

/// All that is counted, each at least once.
fn counted() -> Result<String> {
    let metrics = Metrics::new(Arc::new(HashPool::start(NonZeroUsize::MIN, 1)?));
    metrics.count_pass(Operation::Reconcile, PassOutcome::Settled, Duration::ZERO);
    metrics.move_organization(None, Some(ReasonKind::Succeeded));
    metrics.note_sweep(&Findings::default());
    metrics.observe_panic("/health");
    metrics.observe_request(&ObservedRequest {
        route: "/health",
        method: "GET",
        outcome: RequestOutcome::Answered(StatusCode::OK),
        took: Duration::ZERO,
    });
    Ok(metrics.encode()?)
}

#[test]
fn every_figure_that_is_alerted_on_is_counted() -> Result<()> {
    let (text, counted) = (read(RUNBOOK)?, counted()?);
    let is_of_a_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = text.split(|c: char| !is_of_a_name(c));
    let named: BTreeSet<_> = words.filter(|word| word.starts_with(PREFIX)).collect();
    assert!(named.len() > 5, "{named:?}");
    let told = |name: &&str| {
        let mut lines = counted.lines().filter_map(|line| line.strip_prefix(*name));
        lines.any(|rest| rest.starts_with(['{', ' ']))
    };
    let unknown: Vec<_> = named.into_iter().filter(|name| !told(name)).collect();
    assert!(unknown.is_empty(), "{unknown:?} are not in\n{counted}");
    Ok(())
}
