//! `state` and `operation`: what is under way. Written whole, read whole: what doesn't fit
//! together was left by a newer version or a hand, and nobody guesses what it meant.

use mongodb::bson::{Bson, Document, doc};

use super::{Damaged, admin, collection_uuid, fields};
use crate::domain::{
    archive::{Archive, Retention},
    names::CollectionName,
    record::{OPERATION_VERSION, Quarantine, Renaming, STRAY_SLOTS, State, Stray},
};

/// What a document says of things under way.
pub(super) struct Operation {
    pub state: State,
    pub quarantine: Vec<Quarantine>,
    pub strays: Vec<Stray>,
}

pub(super) fn state_name(state: &State) -> &'static str {
    match state {
        State::Provisioning => "provisioning",
        State::Active => "active",
        State::Renaming(_) => "renaming",
        State::Deleting { .. } => "deleting",
        State::Archiving { .. } => "archiving",
        State::Archived(_) => "archived",
        State::Restoring(_) => "restoring",
        State::Purging(_) => "purging",
    }
}

/// `operation`; `None` where there is nothing to say.
pub(super) fn write(
    state: &State,
    quarantine: &[Quarantine],
    strays: &[Stray],
) -> Option<Document> {
    let mut operation = match state {
        State::Provisioning | State::Active => Document::new(),
        State::Renaming(Renaming {
            from,
            to,
            clear,
            started_at,
            generation,
        }) => {
            let mut operation = doc! {
                "from": from.as_str(),
                "to": to.as_str(),
                "clear": clear,
                "started_at": fields::date(*started_at),
            };
            if let Some(generation) = generation {
                operation.insert("generation", generation);
            }
            operation
        }
        State::Deleting { committed } => doc! {"phase": i32::from(*committed)},
        State::Archiving { archive, committed } => {
            let mut operation = archive_document(archive);
            operation.insert("phase", i32::from(*committed));
            operation
        }
        State::Archived(archive) | State::Restoring(archive) | State::Purging(archive) => {
            archive_document(archive)
        }
    };
    if !strays.is_empty() {
        let strays: Vec<_> = strays.iter().map(stray_document).collect();
        operation.insert("strays", strays);
    }
    if !quarantine.is_empty() {
        let quarantine: Vec<_> = quarantine.iter().map(quarantine_document).collect();
        operation.insert("quarantine", quarantine);
    }
    if operation.is_empty() {
        return None;
    }
    operation.insert("version", OPERATION_VERSION);
    Some(operation)
}

/// What is under way by `document`, which is the whole record.
pub(super) fn read(document: &Document) -> Result<Operation, Damaged> {
    let operation = fields::optional(document, "operation", Bson::as_document)?;
    if let Some(operation) = operation {
        let version = fields::required(operation, "operation.version", fields::integer)?;
        if version != i64::from(OPERATION_VERSION) {
            return Err(Damaged("operation.version"));
        }
    }
    let nothing = Document::new();
    let operation = operation.unwrap_or(&nothing);
    Ok(Operation {
        state: read_state(document, operation)?,
        quarantine: fields::list(operation, "operation.quarantine", read_quarantine)?,
        strays: fields::list(operation, "operation.strays", read_stray)?,
    })
}

fn read_state(document: &Document, operation: &Document) -> Result<State, Damaged> {
    match fields::optional(document, "state", Bson::as_str)? {
        Some("provisioning") => Ok(State::Provisioning),
        None | Some("active") => Ok(State::Active),
        Some("renaming") => Ok(State::Renaming(Renaming {
            from: fields::required(operation, "operation.from", fields::org_name)?,
            to: fields::required(operation, "operation.to", fields::org_name)?,
            clear: fields::required(operation, "operation.clear", Bson::as_bool)?,
            started_at: fields::required(operation, "operation.started_at", fields::time)?,
            generation: fields::optional(operation, "operation.generation", fields::integer)?,
        })),
        Some("deleting") => Ok(State::Deleting {
            committed: read_phase(operation)?,
        }),
        Some("archiving") => Ok(State::Archiving {
            archive: read_archive(document, operation)?,
            committed: read_phase(operation)?,
        }),
        Some("archived") => Ok(State::Archived(read_archive(document, operation)?)),
        Some("restoring") => Ok(State::Restoring(read_archive(document, operation)?)),
        Some("purging") => Ok(State::Purging(read_archive(document, operation)?)),
        Some(_) => Err(Damaged("state")),
    }
}

/// Whether the commit point is behind.
fn read_phase(operation: &Document) -> Result<bool, Damaged> {
    match fields::required(operation, "operation.phase", fields::integer)? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Damaged("operation.phase")),
    }
}

/// All of an archive but `archived_at`, which stands beside it: the server writes that.
fn archive_document(archive: &Archive) -> Document {
    let Archive {
        name,
        admin: kept,
        retention,
        archived_at: _,
    } = archive;
    let mut operation = doc! {
        "name": name.as_str(),
        "retention_seconds": retention.seconds(),
    };
    if let Some(kept) = kept {
        operation.insert("admin", admin::kept_document(kept));
    }
    operation
}

fn read_archive(document: &Document, operation: &Document) -> Result<Box<Archive>, Damaged> {
    let retention = |value: &Bson| Retention::from_seconds(fields::integer(value)?).ok();
    let kept = fields::optional(operation, "operation.admin", Bson::as_document)?;
    Ok(Box::new(Archive {
        name: fields::required(operation, "operation.name", fields::org_name)?,
        admin: kept.map(admin::read).transpose()?,
        retention: fields::required(operation, "operation.retention_seconds", retention)?,
        archived_at: fields::optional(document, "archived_at", fields::time)?,
    }))
}

fn stray_document(stray: &Stray) -> Document {
    let Stray {
        slot,
        uuid,
        from,
        kept,
    } = stray;
    doc! {
        "slot": i32::from(*slot),
        "uuid": collection_uuid(*uuid),
        "from": from.as_str(),
        "kept": kept,
    }
}

fn read_stray(value: &Bson) -> Option<Stray> {
    let stray = value.as_document()?;
    let slot = u8::try_from(fields::integer(stray.get("slot")?)?).ok()?;
    Some(Stray {
        slot: (slot < STRAY_SLOTS).then_some(slot)?,
        uuid: fields::uuid(stray.get("uuid")?)?,
        from: CollectionName::recorded(stray.get_str("from").ok()?).ok()?,
        kept: stray.get_bool("kept").ok()?,
    })
}

fn quarantine_document(quarantine: &Quarantine) -> Document {
    let Quarantine { name, until } = quarantine;
    doc! {"name": name.as_str(), "until": fields::date(*until)}
}

fn read_quarantine(value: &Bson) -> Option<Quarantine> {
    let quarantine = value.as_document()?;
    Some(Quarantine {
        name: fields::org_name(quarantine.get("name")?)?,
        until: fields::time(quarantine.get("until")?)?,
    })
}
