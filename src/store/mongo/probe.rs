//! What the server is, asked once.

use mongodb::bson::{Binary, doc, spec::BinarySubtype};

use super::connection::Connection;
use crate::{domain::observed::Capability, store::port::StoreError};

/// What start-up prints of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFacts {
    /// By its own account, such as `8.0.4`.
    pub version: String,
    /// What it does with `collectionUUID`.
    pub capability: Capability,
}

/// A name that the operator alone would use, and doesn't.
const PROBE_COLLECTION: &str = "_stray.probe";

/// maxWireVersion of MongoDB 6.0, the first to know `collectionUUID` in drop and rename.
const WIRE_VERSION_6_0: i32 = 17;

pub(super) async fn probe(connection: &Connection) -> Result<ServerFacts, StoreError> {
    let hello = connection.read("hello", doc! {"hello": 1}).await?;
    let build = connection.read("buildInfo", doc! {"buildInfo": 1}).await?;
    let capability = if matches!(hello.get_str("msg"), Ok("isdbgrid")) {
        Capability::Sharded
    } else if hello.get_i32("maxWireVersion").unwrap_or(0) < WIRE_VERSION_6_0 {
        // It would refuse the very field.
        Capability::Unfenced
    } else {
        probe_capability(connection).await?
    };
    Ok(ServerFacts {
        version: build.get_str("version").unwrap_or("unknown").to_owned(),
        capability,
    })
}

/// Reads a collection that isn't there, by a UUID that no collection has: a server that honours it
/// refuses with 361, one that doesn't finds nothing. `find`, since it knows `collectionUUID` from
/// the very version on that drop and rename do; `aggregate` did before. It needs the right to read,
/// makes nothing, and MongoDB logs a refused find only at a verbosity above the usual.
async fn probe_capability(connection: &Connection) -> Result<Capability, StoreError> {
    let nobody = Binary {
        subtype: BinarySubtype::Uuid,
        bytes: vec![0; 16],
    };
    let command = doc! {"find": PROBE_COLLECTION, "collectionUUID": nobody, "limit": 1};
    match connection
        .read("find (probe of collectionUUID)", command)
        .await
    {
        Ok(_) => Ok(Capability::Unfenced),
        Err(StoreError::Gone) => Ok(Capability::Fenced),
        Err(error) => Err(error),
    }
}
