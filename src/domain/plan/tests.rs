//! The state table of the protocol, row by row.

mod claiming;
mod deleting;
mod properties;
mod provisioning;
mod renaming;
mod scene;
mod serving;
