//! Where tenants are kept: the port, MongoDB, and memory.
