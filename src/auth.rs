//! Credentials: the bounded pool in which passwords are hashed and compared, the tokens that stand
//! for a login, and what keeps logins from being abused.

pub mod limiter;
pub mod pool;
pub mod refresh;
pub mod secret_files;
pub mod secret_object;
pub mod token;
