//! The controller: observe, plan, execute, tell.

pub mod abandoned;
pub mod backoff;
pub mod change;
pub mod cluster;
pub mod context;
pub mod credential;
pub mod dry_run;
pub mod events;
pub mod execute;
pub mod observe;
pub mod purge;
pub mod reconcile;
mod report;
pub mod requeue;
pub mod status;
pub mod validate;
pub mod waiting;
pub mod watch;
