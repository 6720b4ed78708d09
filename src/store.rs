//! Where tenants are kept: the port, MongoDB, and memory.

mod document;
mod index;
#[cfg(any(test, feature = "testing"))]
pub mod memory;
pub mod mongo;
pub mod port;
