//! What an organization is and what must happen to it: pure, printable, comparable.

pub mod email;
pub mod hash;
pub mod password;
