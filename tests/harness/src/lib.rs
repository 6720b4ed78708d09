//! Real servers for the end-to-end tests and for `make run`: nothing of this ships.
//!
//! A [`home::Home`] is a directory that servers live in, with the same ports, keys and data each
//! time. In it, [`control_plane::ControlPlane`] is a real Kubernetes, [`mongo::MongoServer`] the
//! best database that this machine has, and [`operator::Operator`] the binary under test. Whatever
//! a test starts ends with its process, also by `kill -9`; a part that can't start is an error with
//! the end of its log.
//!
//! Everything blocks. From asynchronous tests, start once for the binary and share:
//!
//! ```no_run
//! # use std::{path::Path, sync::LazyLock};
//! # use organization_operator_harness::{control_plane::ControlPlane, home::Home, mongo::MongoServer};
//! struct Servers { cluster: ControlPlane, mongo: MongoServer }
//!
//! static SERVERS: LazyLock<Result<Servers, String>> = LazyLock::new(|| {
//!     let home = Home::temporary(Path::new("target/e2e")).map_err(|e| e.to_string())?;
//!     let cluster = ControlPlane::start(&home, Path::new("crds")).map_err(|e| e.to_string())?;
//!     let mongo = MongoServer::for_tests(&home).map_err(|e| e.to_string())?;
//!     Ok(Servers { cluster, mongo })
//! });
//! ```

pub mod browser;
pub mod control_plane;
pub mod home;
mod kubeconfig;
pub mod log;
pub mod mongo;
pub mod operator;
pub mod pki;
pub mod probe;
pub mod process;
pub mod server;
pub mod tell;
pub mod tools;
pub mod wait;
