//! The product as its users have it: the real binary against a real API server and a real database
//! server. Servers start once; each test has a namespace, a database and an operator of its own.

#![allow(
    clippy::disallowed_methods,
    reason = "a person's hand writes to the cluster and to the database"
)]

mod adopt_command;
mod adoption;
mod api_away;
mod api_canaries;
mod api_changes;
mod api_figures;
mod api_kept;
mod api_killed;
mod api_races;
mod api_relay;
mod api_unwell;
mod api_whole;
mod api_world;
mod archive;
mod at_rest;
mod by_kubectl;
mod canaries;
mod cluster;
mod conflicts;
mod crash;
mod create;
mod credentials;
mod delete;
mod deletion_waits;
mod docs_page;
mod drift;
mod failover;
mod faults;
mod figures;
mod frozen;
mod fuzzing;
mod guarded_writes;
mod hand;
mod hash_command;
mod hashes;
mod leaving;
mod looks;
mod metrics;
mod mongo_away;
mod names;
mod namespace_gone;
mod older_client;
mod older_data;
mod orphans_command;
mod pair;
mod plan_command;
mod protection;
mod records;
mod refusals;
mod rename;
mod replicas;
mod restored;
mod samples;
mod secrets_watch;
mod servers;
mod stopping;
mod sweep;
mod tls;
mod tool;
mod trades;
mod unreadable;
mod world;
