//! What is counted. Labels are closed sets: no instance names, no texts of errors.

mod http;
mod sweep;

use std::{fmt, sync::Arc, time::Duration};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, EncodeLabelValue, EncodeMetric, text::encode},
    metrics::{
        MetricType,
        counter::{ConstCounter, Counter},
        family::Family,
        gauge::{ConstGauge, Gauge},
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};

use crate::{
    auth::pool::HashPool,
    domain::reason::ReasonKind,
    store::mongo::{CommandObserver, CommandOutcome},
};

/// What a pass was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum Operation {
    /// To have the organization as wished.
    Reconcile,
    /// To let it go.
    Cleanup,
}

/// How a pass ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum PassOutcome {
    /// Nothing is left to do.
    Settled,
    /// It waits for something or somebody.
    Waiting,
    /// It is looked at again at once.
    Again,
    /// It failed.
    Failed,
    /// It panicked.
    Panicked,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PassLabels {
    operation: Operation,
    outcome: PassOutcome,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabels {
    operation: Operation,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabels {
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CommandLabels {
    command: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WriteLabels {
    verb: &'static str,
    resource: &'static str,
}

/// What is counted. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Metrics(Arc<Families>);

struct Families {
    registry: Registry,
    passes: Family<PassLabels, Counter>,
    durations: Family<OperationLabels, Histogram, fn() -> Histogram>,
    organizations: Family<ReasonLabels, Gauge>,
    commands: Family<CommandLabels, Counter>,
    writes: Family<WriteLabels, Counter>,
    leader: Gauge,
    http: http::HttpFamilies,
    sweep: sweep::SweepFamilies,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

/// 1 ms to 16 s.
fn pass_durations() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 15))
}

impl Metrics {
    /// The families, and the pool's own figures.
    #[must_use]
    pub fn new(pool: Arc<HashPool>) -> Self {
        let passes = Family::default();
        let durations = Family::new_with_constructor(pass_durations as fn() -> Histogram);
        let organizations = Family::default();
        let commands = Family::default();
        let writes = Family::default();
        let mut registry = Registry::with_prefix("organization_operator");
        registry.register("passes", "Passes over an organization", passes.clone());
        registry.register("pass_duration_seconds", "Time of a pass", durations.clone());
        registry.register(
            "organizations",
            "Organizations by reason",
            organizations.clone(),
        );
        registry.register("mongo_commands", "Commands to MongoDB", commands.clone());
        registry.register(
            "kube_writes",
            "Writes to the Kubernetes API",
            writes.clone(),
        );
        let leader = Gauge::default();
        registry.register(
            "leader",
            "Whether this process's controller acts",
            leader.clone(),
        );
        let http = http::HttpFamilies::register(&mut registry);
        let sweep = sweep::SweepFamilies::register(&mut registry);
        registry.register_collector(Box::new(PoolCollector(pool)));
        Self(Arc::new(Families {
            registry,
            passes,
            durations,
            organizations,
            commands,
            writes,
            leader,
            http,
            sweep,
        }))
    }

    /// A pass has ended.
    pub fn count_pass(&self, operation: Operation, outcome: PassOutcome, took: Duration) {
        self.0
            .passes
            .get_or_create(&PassLabels { operation, outcome })
            .inc();
        self.0
            .durations
            .get_or_create(&OperationLabels { operation })
            .observe(took.as_secs_f64());
    }

    /// An organization rests for another reason than before; `None`: it was not there, or is gone.
    pub fn move_organization(&self, from: Option<ReasonKind>, to: Option<ReasonKind>) {
        let gauge = |kind: ReasonKind| {
            self.0.organizations.get_or_create_owned(&ReasonLabels {
                reason: kind.as_str(),
            })
        };
        if let Some(from) = from {
            gauge(from).dec();
        }
        if let Some(to) = to {
            gauge(to).inc();
        }
    }

    /// This process's controller acts, or no longer does: what it knew of organizations, another one
    /// knows better by then.
    pub fn set_leader(&self, leads: bool) {
        self.0.leader.set(i64::from(leads));
        if !leads {
            self.0.organizations.clear();
        }
    }

    /// A write to the Kubernetes API was sent.
    pub fn count_write(&self, verb: &'static str, resource: &'static str) {
        self.0
            .writes
            .get_or_create(&WriteLabels { verb, resource })
            .inc();
    }

    /// All figures, as OpenMetrics text.
    ///
    /// # Errors
    /// Where the text can't be written.
    pub fn encode(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.0.registry)?;
        Ok(text)
    }
}

impl CommandObserver for Metrics {
    fn observe_command(&self, command: &'static str, outcome: CommandOutcome, _: Duration) {
        let outcome = match outcome {
            CommandOutcome::Succeeded => "Succeeded",
            CommandOutcome::Failed => "Failed",
        };
        self.0
            .commands
            .get_or_create(&CommandLabels { command, outcome })
            .inc();
    }
}

/// The hash pool counts for itself; this only asks it.
struct PoolCollector(Arc<HashPool>);

impl fmt::Debug for PoolCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PoolCollector")
    }
}

impl Collector for PoolCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let queued = ConstGauge::new(i64::try_from(self.0.queued()).unwrap_or(i64::MAX));
        let gauge = encoder.encode_descriptor(
            "hash_queue",
            "Passwords waiting to be hashed",
            None,
            MetricType::Gauge,
        )?;
        queued.encode(gauge)?;
        for (name, help, count) in [
            ("hashes", "Passwords hashed", self.0.hashes()),
            (
                "hash_verifications",
                "Passwords compared with a hash",
                self.0.verifications(),
            ),
        ] {
            let counter = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            ConstCounter::new(count).encode(counter)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;

    fn metrics() -> Metrics {
        Metrics::new(Arc::new(HashPool::start(NonZeroUsize::MIN, 1).unwrap()))
    }

    #[test]
    fn what_is_counted_is_told_by_name_and_closed_label() {
        let metrics = metrics();
        metrics.count_pass(
            Operation::Reconcile,
            PassOutcome::Settled,
            Duration::from_millis(3),
        );
        metrics.observe_command("find", CommandOutcome::Succeeded, Duration::ZERO);
        metrics.observe_command("drop", CommandOutcome::Failed, Duration::ZERO);
        metrics.count_write("patch", "organizations/status");
        metrics.move_organization(None, Some(ReasonKind::Progressing));
        metrics.move_organization(Some(ReasonKind::Progressing), Some(ReasonKind::Succeeded));
        let text = metrics.encode().unwrap();
        for line in [
            r#"organization_operator_passes_total{operation="Reconcile",outcome="Settled"} 1"#,
            r#"organization_operator_mongo_commands_total{command="find",outcome="Succeeded"} 1"#,
            r#"organization_operator_mongo_commands_total{command="drop",outcome="Failed"} 1"#,
            r#"organization_operator_kube_writes_total{verb="patch",resource="organizations/status"} 1"#,
            r#"organization_operator_organizations{reason="Progressing"} 0"#,
            r#"organization_operator_organizations{reason="Succeeded"} 1"#,
            "organization_operator_hashes_total 0",
            "organization_operator_hash_queue 0",
            "organization_operator_leader 0",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn a_process_counts_organizations_only_while_it_leads() {
        let metrics = metrics();
        metrics.set_leader(true);
        metrics.move_organization(None, Some(ReasonKind::Succeeded));
        let text = metrics.encode().unwrap();
        assert!(text.contains("organization_operator_leader 1"), "{text}");
        metrics.set_leader(false);
        let text = metrics.encode().unwrap();
        assert!(text.contains("organization_operator_leader 0"), "{text}");
        assert!(!text.contains("Succeeded"), "{text}");
    }
}
