//! The life of the process: telemetry, readiness, metrics, shutdown.

pub mod database;
pub mod health;
pub mod leader;
pub mod lifecycle;
pub mod metrics;
pub mod readiness;
pub mod telemetry;
