//! Where tenants are kept: the port, MongoDB, and memory.

pub mod port;
