//! The HTTP API: one file an endpoint, all routes on one page, one file that owns the error bodies.

pub mod audit;
pub mod bearer;
pub mod client_address;
mod create_org;
mod delete_org;
mod docs;
pub mod error;
pub mod fallback;
pub mod fields;
mod get_org;
mod health;
pub mod json;
pub mod layers;
mod log_in;
mod log_out;
mod me;
pub mod openapi;
pub mod query;
mod refresh;
pub mod refusal;
pub mod router;
pub mod server;
mod update_org;
mod verify;
pub mod wire;
