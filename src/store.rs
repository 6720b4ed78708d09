//! Where tenants and refresh tokens are kept: the ports, MongoDB, and memory.

mod document;
#[cfg(any(test, feature = "testing"))]
mod faults;
mod index;
pub mod login;
#[cfg(any(test, feature = "testing"))]
pub mod memory;
pub mod mongo;
pub mod port;
pub mod refresh;
