//! One suite for every adapter of the ports `TenantStore`, `LoginStore` and `RefreshStore`: MongoDB on a real
//! server, and memory in both of its modes. What passes here is what the tests above the port may rely on.

mod admins;
mod archives;
mod cases;
mod collections;
mod durability;
mod failures;
mod faults;
mod indexes;
mod inventory;
mod logins;
mod merging;
mod mongo_world;
mod random;
mod records;
mod refresh;
#[allow(dead_code, reason = "each suite needs a part of it")]
#[path = "../relay/mod.rs"]
mod relay;
mod samples;
mod sharded;
mod tenants;
mod world;
