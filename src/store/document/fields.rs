//! Reading one field: there and of its type, or damaged.

use jiff::Timestamp;
use mongodb::bson::{Bson, DateTime, Document, spec::BinarySubtype};
use uuid::Uuid;

use super::Damaged;
use crate::domain::{
    ids::{AdminId, CollectionUuid, OrganizationId},
    names::{CollectionName, OrgName},
};

/// The field at the end of `path`, which is said as seen from the collection.
pub(super) fn required<'a, T>(
    document: &'a Document,
    path: &'static str,
    read: impl FnOnce(&'a Bson) -> Option<T>,
) -> Result<T, Damaged> {
    optional(document, path, read)?.ok_or(Damaged(path))
}

/// As [`required`]; a field that isn't there is no damage, but null is: nobody writes it.
pub(super) fn optional<'a, T>(
    document: &'a Document,
    path: &'static str,
    read: impl FnOnce(&'a Bson) -> Option<T>,
) -> Result<Option<T>, Damaged> {
    let key = path.rsplit('.').next().unwrap_or(path);
    document
        .get(key)
        .map(|value| read(value).ok_or(Damaged(path)))
        .transpose()
}

/// Every element of an array; none where it isn't there.
pub(super) fn list<'a, T>(
    document: &'a Document,
    path: &'static str,
    read: impl Fn(&'a Bson) -> Option<T>,
) -> Result<Vec<T>, Damaged> {
    let elements = optional(document, path, Bson::as_array)?;
    let elements = elements.map(Vec::as_slice).unwrap_or_default();
    elements
        .iter()
        .map(|element| read(element).ok_or(Damaged(path)))
        .collect()
}

pub(super) fn text(value: &Bson) -> Option<String> {
    value.as_str().map(str::to_owned)
}

pub(super) fn collection(value: &Bson) -> Option<CollectionName> {
    CollectionName::recorded(value.as_str()?).ok()
}

pub(super) fn org_name(value: &Bson) -> Option<OrgName> {
    OrgName::parse(value.as_str()?).ok()
}

/// Scripts write small numbers with 32 bits, and the old shell every number as a double: a counter
/// that a hand touched is still a counter.
pub(in crate::store) fn integer(value: &Bson) -> Option<i64> {
    match value {
        Bson::Int64(number) => Some(*number),
        Bson::Int32(number) => Some(i64::from(*number)),
        // By way of its text: a cast would round, and wrap.
        Bson::Double(number) => number.to_string().parse().ok(),
        _ => None,
    }
}

pub(super) fn time(value: &Bson) -> Option<Timestamp> {
    Timestamp::from_millisecond(value.as_datetime()?.timestamp_millis()).ok()
}

pub(super) fn organization(value: &Bson) -> Option<OrganizationId> {
    value.as_object_id().map(|id| OrganizationId(id.bytes()))
}

pub(super) fn admin(value: &Bson) -> Option<AdminId> {
    value.as_object_id().map(|id| AdminId(id.bytes()))
}

pub(in crate::store) fn uuid(value: &Bson) -> Option<CollectionUuid> {
    let Bson::Binary(binary) = value else {
        return None;
    };
    if binary.subtype != BinarySubtype::Uuid {
        return None;
    }
    Uuid::from_slice(&binary.bytes).ok().map(CollectionUuid)
}

/// Milliseconds are what a document keeps.
pub(super) fn date(time: Timestamp) -> DateTime {
    DateTime::from_millis(time.as_millisecond())
}
