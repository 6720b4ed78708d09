//! The life of the process: telemetry, readiness, metrics, shutdown.
