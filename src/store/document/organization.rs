//! A document of `organizations`.

use mongodb::bson::{Bson, Document, doc};

use super::{Damaged, admin_id, collection_uuid, fields, operation, organization_id};
use crate::domain::{
    names::{CollectionName, OrgName},
    record::{Naming, OrganizationRecord, Owner, OwnerSeen, State},
};

/// The whole document, without the revision: whoever writes it counts.
pub(in crate::store) fn record_document(record: &OrganizationRecord) -> Document {
    let OrganizationRecord {
        id,
        organization_name,
        collection_name,
        admin_id: admin,
        created_at,
        names,
        owner,
        naming,
        released,
        state,
        quarantine,
        strays,
        collection_uuid: home,
        disabled,
        revision: _,
    } = record;
    let mut document = doc! {
        "_id": organization_id(*id),
        "organization_name": if state.is_nameless() {
            // Unique, and nobody's name.
            CollectionName::archive(*id).to_string()
        } else {
            organization_name.to_string()
        },
        "collection_name": collection_name.as_str(),
        "admin_id": admin_id(*admin),
        "created_at": fields::date(*created_at),
        "state": operation::state_name(state),
        "disabled": disabled,
    };
    // Sparse unique indexes: a field that is there, though empty or null, would be in them.
    if !names.is_empty() {
        let names: Vec<_> = names.iter().map(ToString::to_string).collect();
        document.insert("names", names);
    }
    if let Some(owner) = owner {
        let mut owner = owner_document(owner);
        let Naming {
            generation,
            outdated,
        } = naming;
        if let Some(generation) = generation {
            owner.insert("generation", generation);
        }
        if let Some(outdated) = outdated {
            owner.insert("outdated_name", outdated.as_str());
        }
        document.insert("owner", owner);
    }
    if let Some(released) = released {
        document.insert("released", owner_document(released));
    }
    if let Some(operation) = operation::write(state, quarantine, strays) {
        document.insert("operation", operation);
    }
    if let Some(since) = state.archive().and_then(|archive| archive.archived_at) {
        document.insert(ARCHIVED_AT, fields::date(since));
    }
    if let Some(home) = home {
        document.insert("collection_uuid", collection_uuid(*home));
    }
    document
}

/// The record, or the first field that is no part of one.
pub(super) fn read(document: &Document) -> Result<OrganizationRecord, Damaged> {
    // First: a newer version may have given any other field another meaning.
    let operation = operation::read(document)?;
    Ok(OrganizationRecord {
        id: fields::required(document, "_id", fields::organization)?,
        organization_name: read_name(document, &operation.state)?,
        collection_name: fields::required(document, "collection_name", fields::collection)?,
        admin_id: fields::required(document, "admin_id", fields::admin)?,
        created_at: fields::required(document, "created_at", fields::time)?,
        names: fields::list(document, "names", fields::org_name)?,
        owner: read_owner(document, &OWNER)?,
        naming: read_naming(document)?,
        released: read_owner(document, &RELEASED)?,
        state: operation.state,
        quarantine: operation.quarantine,
        strays: operation.strays,
        collection_uuid: fields::optional(document, "collection_uuid", fields::uuid)?,
        disabled: fields::optional(document, "disabled", Bson::as_bool)?.unwrap_or(false),
        revision: fields::optional(document, "revision", fields::integer)?,
    })
}

/// Since when an archive is kept.
pub(in crate::store) const ARCHIVED_AT: &str = "archived_at";

fn read_name(document: &Document, state: &State) -> Result<OrgName, Damaged> {
    match state.archive() {
        Some(archive) if state.is_nameless() => Ok(archive.name.clone()),
        Some(_) | None => fields::required(document, "organization_name", fields::org_name),
    }
}

fn owner_document(owner: &Owner) -> Document {
    let Owner {
        cluster,
        namespace,
        name,
        uid,
    } = owner;
    doc! {"cluster": cluster, "namespace": namespace, "name": name, "uid": uid}
}

/// The paths of an owner's fields.
struct OwnerPaths {
    whole: &'static str,
    cluster: &'static str,
    namespace: &'static str,
    name: &'static str,
    uid: &'static str,
}

const OWNER: OwnerPaths = OwnerPaths {
    whole: "owner",
    cluster: "owner.cluster",
    namespace: "owner.namespace",
    name: "owner.name",
    uid: "owner.uid",
};

const RELEASED: OwnerPaths = OwnerPaths {
    whole: "released",
    cluster: "released.cluster",
    namespace: "released.namespace",
    name: "released.name",
    uid: "released.uid",
};

fn read_owner(document: &Document, paths: &OwnerPaths) -> Result<Option<Owner>, Damaged> {
    let owner = fields::optional(document, paths.whole, Bson::as_document)?;
    owner
        .map(|owner| {
            Ok(Owner {
                cluster: fields::required(owner, paths.cluster, fields::text)?,
                namespace: fields::required(owner, paths.namespace, fields::text)?,
                name: fields::required(owner, paths.name, fields::text)?,
                uid: fields::required(owner, paths.uid, fields::text)?,
            })
        })
        .transpose()
}

/// Beside the owner and not in a place of its own, so that whoever gives the record to another owner,
/// an older version too, leaves nothing of this one's behind.
fn read_naming(document: &Document) -> Result<Naming, Damaged> {
    let nobody = Document::new();
    let owner = fields::optional(document, OWNER.whole, Bson::as_document)?.unwrap_or(&nobody);
    Ok(Naming {
        generation: fields::optional(owner, "owner.generation", fields::integer)?,
        outdated: fields::optional(owner, "owner.outdated_name", fields::org_name)?,
    })
}

/// Whose document it is, however damaged the rest of it.
pub(super) fn owner_seen(document: &Document) -> OwnerSeen {
    if let Ok(Some(owner)) = read_owner(document, &OWNER) {
        return OwnerSeen::Known(owner);
    }
    let owner = document.get_document("owner").ok();
    let uid = owner.and_then(|owner| owner.get_str("uid").ok());
    uid.map_or(OwnerSeen::Nobody, |uid| {
        OwnerSeen::Somewhere(uid.to_owned())
    })
}
