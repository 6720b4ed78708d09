//! A long random life of one database, lived by both stores at once: each answer of the one is the
//! other's, and so is what they leave behind.

mod dice;
mod operation;
mod side;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use anyhow::{Result, ensure};
use organization_operator::{
    domain::record::StoredTenant,
    store::{
        memory::MemoryStore,
        port::{StoreError, UniqueKey},
    },
};
use rand::{SeedableRng as _, rngs::StdRng};

use self::{
    operation::{Operation, any_operation},
    side::{Answer, Side},
};
use crate::{mongo_world, world::Hand};

const OPERATIONS: usize = 10_000;
/// How often all documents are compared, besides the answers.
const CHECKPOINT: usize = 500;
const SEED: u64 = 0x6f72_6761_6e69_7a65;

#[tokio::test]
async fn ten_thousand_operations_end_alike_in_memory_and_in_mongodb() -> Result<()> {
    let opened = mongo_world::open().await?;
    let outcome = live(&opened).await;
    opened.close().await?;
    outcome
}

#[tokio::test]
async fn ten_thousand_operations_end_alike_where_uuids_are_fences() -> Result<()> {
    let opened = mongo_world::open_fenced().await?;
    let outcome = live(&opened).await;
    opened.close().await?;
    outcome
}

async fn live(opened: &mongo_world::Opened) -> Result<()> {
    let capability = opened.world.store.capability();
    let memory = Arc::new(MemoryStore::without_indexes(capability, SEED));
    let mut mongo = Side::new(
        Arc::clone(&opened.world.store),
        Arc::clone(&opened.world.hand),
    );
    let mut remembered = Side::new(
        Arc::clone(&memory) as _,
        Arc::clone(&memory) as Arc<dyn Hand>,
    );
    mongo.store.ensure_indexes().await?;
    remembered.store.ensure_indexes().await?;

    let mut random = StdRng::seed_from_u64(SEED);
    let mut tally = Tally::default();
    for number in 0..OPERATIONS {
        let operation = any_operation(&mut random, &remembered).await?;
        let expected = remembered.apply(&operation).await?;
        let refused = memory.refused();
        let answer = mongo.apply(&operation).await?;
        ensure!(
            alike(&expected, &answer, &refused),
            "operation {number} of seed {SEED:#x}, {operation:?}: {expected:?} in memory, \
             {answer:?} in MongoDB"
        );
        tally.count(&operation, &expected);
        if number % CHECKPOINT == CHECKPOINT - 1 {
            let (expected, left) = (remembered.everything().await?, mongo.everything().await?);
            ensure!(
                expected == left,
                "after operation {number} of seed {SEED:#x}: {expected:#?} in memory, {left:#?} in \
                 MongoDB"
            );
        }
    }
    println!("{OPERATIONS} operations, {capability:?}: done / refused\n{tally}");
    tally.check()
}

/// Which of several unique keys is named is the server's choice; that it is one of them is not.
fn alike(expected: &Answer, answer: &Answer, refused: &[UniqueKey]) -> bool {
    match (expected, answer) {
        (
            Answer::Refused(StoreError::Duplicate(_)),
            Answer::Refused(StoreError::Duplicate(named)),
        ) => refused.contains(named),
        (expected, answer) => expected == answer,
    }
}

/// What the sequence has come across: one that is only ever refused proves nothing.
#[derive(Default)]
struct Tally {
    done: BTreeMap<&'static str, usize>,
    refused: BTreeMap<&'static str, usize>,
    answers: BTreeSet<String>,
}

impl Tally {
    fn count(&mut self, operation: &Operation, answer: &Answer) {
        self.answers.extend(noteworthy(answer));
        let counts = match answer {
            Answer::Refused(_) | Answer::RefusedByHand => &mut self.refused,
            _ => &mut self.done,
        };
        *counts.entry(operation.kind()).or_default() += 1;
    }

    fn check(&self) -> Result<()> {
        for kind in operation::KINDS {
            ensure!(self.done.contains_key(kind), "{kind} was never done");
        }
        for answer in [
            "Exists",
            "Gone",
            "Stale",
            "Duplicate(Id)",
            "Duplicate(OrganizationName)",
            "Duplicate(Names)",
            "Duplicate(Owner)",
            "Duplicate(CollectionUuid)",
            "Duplicate(Email)",
            "empty",
            "not empty",
            "clashes",
            "located",
            "held",
            "a marker",
            "an own tenant",
            "an admin",
            "a claimant",
            "an unreadable tenant",
            "a holder of the address",
        ] {
            ensure!(self.answers.contains(answer), "{answer}: never happened");
        }
        Ok(())
    }
}

/// What an answer shows that an empty database would not.
fn noteworthy(answer: &Answer) -> Vec<String> {
    let facts = match answer {
        Answer::Refused(error) => return vec![format!("{error:?}")],
        Answer::Done | Answer::RefusedByHand => vec![],
        Answer::Yes(empty) => vec![(*empty, "empty"), (!*empty, "not empty")],
        Answer::Clashes(clashes) => vec![(*clashes > 0, "clashes")],
        Answer::Place(place) => vec![(place.is_some(), "located")],
        Answer::Holder(holder) => vec![(holder.is_some(), "held")],
        Answer::Collections(found) => {
            vec![(
                found.iter().any(|(_, _, marker)| marker.is_some()),
                "a marker",
            )]
        }
        Answer::View(view) => {
            let tenants = || view.own.iter().chain(&view.claimants);
            let has_admin = |tenant: &StoredTenant| matches!(tenant, StoredTenant::Readable(it) if it.admin.is_some());
            let is_unreadable =
                |tenant: &StoredTenant| matches!(tenant, StoredTenant::Unreadable { .. });
            vec![
                (view.own.is_some(), "an own tenant"),
                (!view.claimants.is_empty(), "a claimant"),
                (view.email_holder.is_some(), "a holder of the address"),
                (tenants().any(has_admin), "an admin"),
                (tenants().any(is_unreadable), "an unreadable tenant"),
            ]
        }
    };
    let shown = facts.into_iter().filter(|(shown, _)| *shown);
    shown.map(|(_, fact)| fact.to_owned()).collect()
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        operation::KINDS.iter().try_for_each(|kind| {
            let count = |counts: &BTreeMap<_, usize>| counts.get(kind).copied().unwrap_or(0);
            let (done, refused) = (count(&self.done), count(&self.refused));
            writeln!(f, "{kind:>18} {done:>5} / {refused}")
        })
    }
}
