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
mod api_expired;
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
mod definition;
mod delete;
mod deletion_waits;
mod discreet;
mod docs_page;
mod drift;
mod every_write;
mod failover;
mod faults;
mod figures;
mod frozen;
mod fuzzing;
mod gitops;
mod guarded_writes;
mod hand;
mod hash_command;
mod hashes;
mod health_command;
mod install_crds;
mod installations;
mod jwt_secret_name;
mod least_mongo_rights;
mod leaving;
mod looks;
mod metrics;
mod middle;
mod mongo_away;
mod mongo_slow;
mod mongo_url_file;
mod mongo_users;
mod names;
mod namespace_gone;
mod older_client;
mod older_data;
#[expect(
    dead_code,
    reason = "what only late commands leave is for the simulation"
)]
#[path = "../oracle/mod.rs"]
mod oracle;
mod orphans_command;
mod own_cluster;
mod pair;
mod plan_command;
mod poisoned;
mod process;
mod protection;
mod races;
mod records;
mod recovery;
mod refusals;
#[path = "../relay/mod.rs"]
mod relay;
mod rename;
mod replicas;
mod restored;
mod rights;
mod rights_taken;
mod samples;
mod secrets_watch;
mod servers;
mod stopping;
mod sweep;
mod tls;
mod tool;
mod trades;
mod under_fire;
mod unreadable;
mod world;
