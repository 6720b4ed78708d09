//! The controller: observe, plan, execute, tell.

pub mod backoff;
pub mod cluster;
pub mod context;
pub mod credential;
pub mod dry_run;
pub mod events;
pub mod execute;
pub mod observe;
pub mod reconcile;
pub mod requeue;
pub mod status;
pub mod validate;
pub mod waiting;
pub mod watch;
