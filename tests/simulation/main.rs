//! Random lives of organizations against the controller as it is, with the database and the
//! Kubernetes API in memory, in both modes of the database. After every act of a person the
//! controller comes to rest, and then the promises hold.

mod acts;
mod changes;
mod faults;
mod figures;
mod look;
#[path = "../oracle/mod.rs"]
mod oracle;
mod promises;
mod world;

use acts::{Act, any_act};
use organization_operator::domain::observed::Capability;
use proptest::{collection::vec, prelude::*};
use world::World;

fn lives(capability: Capability, acts: &[Act]) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    runtime.block_on(async {
        let mut world = World::new(capability)?;
        for act in acts {
            let before = world.contents();
            let doomed = act.doomed(&world);
            let former = world.specs();
            act.perform(&mut world);
            world.settle().await?;
            promises::hold(&world, act, doomed.as_ref(), &before, &former).await?;
        }
        Ok(())
    })
}

/// A failing life is printed whole, shrunk; it needs no file to be found again.
fn config() -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig {
        // More by PROPTEST_CASES.
        cases: default.cases.max(1000),
        failure_persistence: None,
        ..default
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn promises_hold_whatever_people_do_where_uuids_last(acts in vec(any_act(), 1..30)) {
        lives(Capability::Fenced, &acts)?;
    }

    #[test]
    fn promises_hold_whatever_people_do_where_uuids_change(acts in vec(any_act(), 1..30)) {
        lives(Capability::Unfenced, &acts)?;
    }
}
