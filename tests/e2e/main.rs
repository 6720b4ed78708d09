//! The product as its users have it: the real binary against a real API server and a real database
//! server. Servers start once; each test has a namespace, a database and an operator of its own.

#![allow(
    clippy::disallowed_methods,
    reason = "a person's hand writes to the cluster and to the database"
)]

mod adoption;
mod by_kubectl;
mod cluster;
mod conflicts;
mod crash;
mod create;
mod credentials;
mod delete;
mod deletion_waits;
mod drift;
mod figures;
mod hand;
mod leaving;
mod looks;
mod mongo_away;
mod names;
mod plan_command;
mod refusals;
mod rename;
mod samples;
mod servers;
mod stopping;
mod trades;
mod world;
