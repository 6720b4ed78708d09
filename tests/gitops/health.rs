//! Argo CD's health of an object, by the script that users install.

use anyhow::{Context as _, Result};
use mlua::{Lua, LuaOptions, LuaSerdeExt as _, StdLib, Table};
use organization_operator::domain::reason::ReasonKind;
use serde_json::Value;

const SCRIPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/deploy/gitops/argocd/health.lua"
);

/// Status and message that Argo CD would show. It runs the script with the object as global `obj`
/// and with the base library alone.
pub fn health(object: &Value) -> Result<(String, String)> {
    // `ipairs` and its like are always there.
    let lua = Lua::new_with(StdLib::NONE, LuaOptions::default())?;
    lua.globals().set("obj", lua.to_value(object)?)?;
    let script = std::fs::read_to_string(SCRIPT).context(SCRIPT)?;
    let answer: Table = lua.load(script).eval()?;
    Ok((answer.get("status")?, answer.get("message")?))
}

/// What a person is to see. Each reason is here: a new one doesn't compile.
pub fn wished(kind: ReasonKind) -> &'static str {
    match kind {
        ReasonKind::Succeeded => "Healthy",
        ReasonKind::Suspended => "Suspended",
        ReasonKind::Progressing
        | ReasonKind::Renaming
        | ReasonKind::Archiving
        | ReasonKind::Dropping
        | ReasonKind::Restoring
        | ReasonKind::SecretNotFound
        | ReasonKind::MongoUnavailable
        | ReasonKind::MongoUnauthorized
        | ReasonKind::InternalError => "Progressing",
        ReasonKind::InvalidSpec
        | ReasonKind::NameConflict
        | ReasonKind::EmailConflict
        | ReasonKind::CollectionConflict
        | ReasonKind::SecretConflict
        | ReasonKind::SecretInvalid
        | ReasonKind::WeakPassword
        | ReasonKind::AdoptionRequired
        | ReasonKind::RestoreRefused
        | ReasonKind::DataMissing
        | ReasonKind::SpecOutdated
        | ReasonKind::Unsupported
        | ReasonKind::OperationUnknown
        | ReasonKind::DeletionProtected => "Degraded",
    }
}
