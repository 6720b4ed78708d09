//! Credentials: the bounded pool in which passwords are hashed and compared.

pub mod pool;
