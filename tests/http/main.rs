//! The HTTP API through its real router, with the controller beside it, the database and the
//! Kubernetes API in memory.

mod bad_input;
mod changes;
mod docs;
#[path = "../../src/auth/token/tests/forge.rs"]
mod forge;
mod golden;
mod life;
mod logins;
mod older_faults;
mod openapi;
mod tokens;
mod world;
