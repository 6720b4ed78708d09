//! The write points are found by running: a write of a port that no scenario comes to fails here.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use organization_operator::domain::observed::Capability;

use super::{
    block_on, fitting,
    judge::Bench,
    scenarios::{ARCHIVES, REQUESTS, SCENARIOS},
    sessions,
};

/// How the methods of the ports begin that change nothing.
const READS: [&str; 7] = [
    "find_",
    "get",
    "take_inventory",
    "locate_",
    "is_",
    "ping",
    "capability",
];

/// The ports, as they are declared.
const PORTS: [(&str, &str); 4] = [
    ("TenantStore", include_str!("../../../src/store/port.rs")),
    (
        "RefreshStore",
        include_str!("../../../src/store/refresh.rs"),
    ),
    (
        "Cluster",
        include_str!("../../../src/controller/cluster.rs"),
    ),
    ("Objects", include_str!("../../../src/service/objects.rs")),
];

/// Every write of every port.
fn writes() -> BTreeSet<String> {
    let mut writes = BTreeSet::new();
    for (port, source) in PORTS {
        let body = source
            .split(&format!("pub trait {port}"))
            .nth(1)
            .unwrap_or_default();
        let body = body.split("\n}").next().unwrap_or_default();
        let methods = body.split("async fn ").skip(1);
        let names = methods.filter_map(|method| method.split(['(', '<']).next());
        let names = names.filter(|name| !READS.iter().any(|read| name.starts_with(read)));
        writes.extend(names.map(|name| format!("{port}::{name}")));
    }
    writes
}

#[test]
fn every_write_of_every_port_is_hit_by_a_scenario() -> Result<()> {
    block_on(async {
        let mut hit = BTreeSet::new();
        for capability in [Capability::Fenced, Capability::Unfenced] {
            let scenarios = fitting(SCENARIOS, capability)
                .chain(fitting(ARCHIVES, capability))
                .chain(fitting(REQUESTS, capability));
            for scenario in scenarios {
                let bench = Bench::new(scenario, capability, 0).await?;
                hit.extend(
                    bench
                        .log()
                        .iter()
                        .map(|call| format!("{}::{}", call.port, call.method)),
                );
            }
        }
        let calls = sessions::writes().await?;
        hit.extend(
            calls
                .iter()
                .map(|call| format!("{}::{}", call.port, call.method)),
        );
        let writes = writes();
        ensure!(writes.len() > 20, "the ports were not found: {writes:?}");
        let missed: Vec<_> = writes.difference(&hit).collect();
        ensure!(missed.is_empty(), "no scenario comes to {missed:?}");
        let unknown: Vec<_> = hit.difference(&writes).collect();
        ensure!(
            unknown.is_empty(),
            "these are no writes by their names: {unknown:?}"
        );
        println!(
            "{} writes of {} ports, all of them hit",
            writes.len(),
            PORTS.len()
        );
        Ok(())
    })
}
