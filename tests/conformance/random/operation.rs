//! What may happen next. UUIDs in operations are numbers, which each side translates: the order in
//! which it came to know its own.

use std::collections::BTreeSet;

use anyhow::Result;
use mongodb::bson::{Document, doc};
use organization_operator::{
    domain::{
        ids::CollectionUuid,
        names::CollectionName,
        record::{AdminRecord, OrganizationRecord, StoredTenant, Tenant},
        step::NewAdmin,
    },
    store::port::TenantQuery,
};
use rand::{RngExt as _, rngs::StdRng};

use super::{
    dice::{Dice, all_collections},
    side::Side,
};
use crate::samples::{email, hash, inserted, new_admin, older_admin, older_record, query, record};

/// One call of the port, or something done by hand.
#[derive(Debug)]
pub enum Operation {
    FindTenants(TenantQuery),
    FindCollections(BTreeSet<CollectionName>),
    Locate(CollectionUuid),
    FindHolder(CollectionUuid),
    IsEmpty(CollectionName, CollectionUuid),
    InsertRecord(OrganizationRecord),
    UpdateRecord(Box<[OrganizationRecord; 2]>),
    DeleteRecord(OrganizationRecord),
    InsertAdmin(NewAdmin),
    UpdateAdmin(AdminRecord, AdminRecord),
    DeleteAdmins(OrganizationRecord),
    Create(CollectionName, u8),
    Move(CollectionName, CollectionName, CollectionUuid),
    Drop(CollectionName, CollectionUuid),
    Merge(CollectionName, CollectionName, CollectionUuid),
    Plant(String, Document),
    PlantCollection(CollectionName),
    Edit(&'static str, u8, Document),
    DropByHand(CollectionName),
}

/// Every kind of operation, as [`Operation::kind`] calls it.
pub const KINDS: [&str; 19] = [
    "find tenants",
    "find collections",
    "locate",
    "find holder",
    "is empty",
    "insert record",
    "update record",
    "delete record",
    "insert admin",
    "update admin",
    "delete admins",
    "create",
    "move",
    "drop",
    "merge",
    "plant",
    "plant collection",
    "edit",
    "drop by hand",
];

impl Operation {
    pub fn kind(&self) -> &'static str {
        let place = match self {
            Self::FindTenants(_) => 0,
            Self::FindCollections(_) => 1,
            Self::Locate(_) => 2,
            Self::FindHolder(_) => 3,
            Self::IsEmpty(..) => 4,
            Self::InsertRecord(_) => 5,
            Self::UpdateRecord(_) => 6,
            Self::DeleteRecord(_) => 7,
            Self::InsertAdmin(_) => 8,
            Self::UpdateAdmin(..) => 9,
            Self::DeleteAdmins(_) => 10,
            Self::Create(..) => 11,
            Self::Move(..) => 12,
            Self::Drop(..) => 13,
            Self::Merge(..) => 14,
            Self::Plant(..) => 15,
            Self::PlantCollection(_) => 16,
            Self::Edit(..) => 17,
            Self::DropByHand(_) => 18,
        };
        KINDS[place]
    }
}

/// The next operation: mostly one that makes sense after what `side` would read now.
pub async fn any_operation(random: &mut StdRng, side: &Side) -> Result<Operation> {
    let mut dice = Dice(random);
    let known = side.known();
    let read = read_one(&mut dice, side).await?;
    let kind = dice.0.random_range(0..KINDS.len());
    Ok(match kind {
        0 => Operation::FindTenants(query(
            &dice.uid(),
            dice.word(),
            email(&dice.number().to_string()),
        )?),
        1 => Operation::FindCollections(all_collections()?.into_iter().collect()),
        2 => Operation::Locate(dice.uuid(known)),
        3 => Operation::FindHolder(dice.home()),
        4 => {
            let (name, uuid) = some_collection(&mut dice, side).await?;
            Operation::IsEmpty(name, uuid)
        }
        5 => {
            let fresh = record(dice.number(), dice.word())?;
            Operation::InsertRecord(dice.changed(fresh, known)?)
        }
        6 => {
            let after = dice.changed(read.record.clone(), known)?;
            Operation::UpdateRecord(Box::new([read.record, after]))
        }
        7 => Operation::DeleteRecord(read.record),
        8 => Operation::InsertAdmin(some_admin(&mut dice)?),
        9 => {
            let fallback = inserted(&some_admin(&mut dice)?, &hash("sample"));
            let before = read.admin.unwrap_or(fallback);
            let mut after = before.clone();
            match dice.number() {
                1 => after.email = email(&dice.number().to_string()),
                2 => after.token_version += 1,
                3 => after.credential_version = None,
                _ => after.password = hash(dice.word()),
            }
            Operation::UpdateAdmin(before, after)
        }
        10 => Operation::DeleteAdmins(read.record),
        11 => Operation::Create(dice.collection()?, dice.number()),
        12 => {
            let (from, uuid) = some_collection(&mut dice, side).await?;
            // Onto itself no caller moves anything, and servers differ in what they say to it.
            let others = all_collections()?.into_iter().filter(|to| *to != from);
            let others: Vec<_> = others.collect();
            let to = others[dice.0.random_range(0..others.len())].clone();
            Operation::Move(from, to, uuid)
        }
        13 => {
            let (name, uuid) = some_collection(&mut dice, side).await?;
            Operation::Drop(name, uuid)
        }
        14 => {
            let (into, uuid) = some_collection(&mut dice, side).await?;
            Operation::Merge(dice.collection()?, into, uuid)
        }
        15 => planted(&mut dice)?,
        16 => Operation::PlantCollection(dice.collection()?),
        17 => edited(&mut dice),
        _ => Operation::DropByHand(dice.collection()?),
    })
}

/// A tenant as it is, mostly; else one that isn't there, or isn't so.
async fn read_one(dice: &mut Dice<'_>, side: &Side) -> Result<Tenant> {
    let view = side
        .view(&query(&dice.uid(), dice.word(), email("none"))?)
        .await?;
    let found = view
        .own
        .into_iter()
        .chain(view.claimants)
        .find_map(|tenant| match tenant {
            StoredTenant::Readable(tenant) => Some(*tenant),
            StoredTenant::Unreadable { .. } => None,
        });
    if let Some(tenant) = found
        && !dice.once_in(4)
    {
        return Ok(tenant);
    }
    Ok(Tenant {
        record: record(dice.number(), dice.word())?,
        admin: None,
    })
}

/// A collection as it is, mostly; else one that isn't there, or is another.
async fn some_collection(
    dice: &mut Dice<'_>,
    side: &Side,
) -> Result<(CollectionName, CollectionUuid)> {
    let there = side.collections().await?;
    if there.is_empty() || dice.once_in(4) {
        return Ok((dice.collection()?, dice.uuid(side.known())));
    }
    Ok(there[dice.0.random_range(0..there.len())].clone())
}

fn some_admin(dice: &mut Dice<'_>) -> Result<NewAdmin> {
    let mut admin = new_admin(dice.number(), dice.word())?;
    admin.email = email(&dice.number().to_string());
    Ok(admin)
}

fn planted(dice: &mut Dice<'_>) -> Result<Operation> {
    let (number, word) = (dice.number(), dice.word());
    Ok(match dice.0.random_range(0..8) {
        0 => Operation::Plant("organizations".to_owned(), older_record(number, word)),
        1 => Operation::Plant("admins".to_owned(), older_admin(number, word)),
        _ => {
            let document = doc! {"_id": i32::from(number), "text": dice.word()};
            Operation::Plant(dice.collection()?.as_str().to_owned(), document)
        }
    })
}

fn edited(dice: &mut Dice<'_>) -> Operation {
    let edits = [
        doc! {"$set": {"state": "molten"}},
        doc! {"$set": {"state": "active", "note": dice.word()}},
        doc! {"$set": {"revision": 7_i32}},
        doc! {"$set": {"revision": 7.0}},
        doc! {"$unset": {"revision": ""}},
        doc! {"$unset": {"operation": "", "state": ""}},
        doc! {"$set": {"organization_name": dice.word()}},
        doc! {"$unset": {"organization_id": ""}},
    ];
    let collection = ["organizations", "admins"][usize::from(dice.once_in(3))];
    let edit = edits[dice.0.random_range(0..edits.len())].clone();
    Operation::Edit(collection, dice.number(), edit)
}
