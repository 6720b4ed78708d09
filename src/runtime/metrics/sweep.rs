//! What sweeps found.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric},
    metrics::{
        MetricType,
        counter::Counter,
        family::Family,
        gauge::{ConstGauge, Gauge},
    },
    registry::Registry,
};
use tokio::time::Instant;

use super::Metrics;
use crate::{domain::orphans::OrphanKind, sweep::Findings};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabels {
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StrayLabels {
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SweepLabels {
    outcome: &'static str,
}

pub(super) struct SweepFamilies {
    sweeps: Family<SweepLabels, Counter>,
    orphans: Family<KindLabels, Gauge>,
    strays: Family<StrayLabels, Gauge>,
    differing: Gauge,
    last: LastSweep,
}

impl SweepFamilies {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let families = Self {
            sweeps: Family::default(),
            orphans: Family::default(),
            strays: Family::default(),
            differing: Gauge::default(),
            last: LastSweep::default(),
        };
        registry.register(
            "sweeps",
            "Comparisons of all organizations with the database",
            families.sweeps.clone(),
        );
        registry.register(
            "orphans",
            "What the database holds that no object speaks for, by the last sweep",
            families.orphans.clone(),
        );
        registry.register(
            "strays",
            "Collections of documents that were written late, by the last sweep",
            families.strays.clone(),
        );
        registry.register(
            "differing_organizations",
            "Organizations that differed from the database at the last sweep",
            families.differing.clone(),
        );
        registry.register_collector(Box::new(families.last.clone()));
        families
    }
}

impl Metrics {
    /// A sweep came to its end.
    pub fn note_sweep(&self, findings: &Findings) {
        let sweep = &self.0.sweep;
        for kind in OrphanKind::ALL {
            let count = findings.orphans.get(kind).copied().unwrap_or_default();
            let kind = kind.as_str();
            sweep
                .orphans
                .get_or_create(&KindLabels { kind })
                .set(figure(count));
        }
        for (state, count) in [("merging", findings.merging), ("kept", findings.kept)] {
            sweep
                .strays
                .get_or_create(&StrayLabels { state })
                .set(figure(count));
        }
        sweep.differing.set(figure(findings.differing));
        sweep.last.note(Instant::now());
        self.count_sweep("Succeeded");
    }

    /// A sweep came to nothing.
    pub fn note_failed_sweep(&self) {
        self.count_sweep("Failed");
    }

    fn count_sweep(&self, outcome: &'static str) {
        self.0
            .sweep
            .sweeps
            .get_or_create(&SweepLabels { outcome })
            .inc();
    }
}

fn figure(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// When the last sweep came to its end: its age is asked for, since a figure that is only set when
/// all goes well would not grow when nothing does.
#[derive(Clone, Default)]
struct LastSweep(Arc<Mutex<Option<Instant>>>);

impl LastSweep {
    fn note(&self, now: Instant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
    }
}

impl fmt::Debug for LastSweep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LastSweep")
    }
}

impl Collector for LastSweep {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(last) = last else {
            // None yet: there is no age to be told.
            return Ok(());
        };
        let age = encoder.encode_descriptor(
            "sweep_age_seconds",
            "Time since the last sweep that came to its end",
            None,
            MetricType::Gauge,
        )?;
        ConstGauge::new(last.elapsed().as_secs_f64()).encode(age)
    }
}
