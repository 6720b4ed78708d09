//! The state table of the protocol, row by row.

mod archiving;
mod claiming;
mod deleting;
mod outdated;
mod properties;
mod provisioning;
mod purging;
mod renaming;
mod restoring;
mod scene;
mod serving;
