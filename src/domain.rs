//! What an organization is and what must happen to it: pure, printable, comparable.

pub mod archive;
pub mod change;
pub mod credential;
pub mod desired;
pub mod email;
pub mod hash;
pub mod ids;
pub mod inventory;
pub mod names;
pub mod observed;
pub mod orphans;
pub mod password;
pub mod plan;
pub mod reason;
pub mod record;
pub mod step;
pub mod sweep;
