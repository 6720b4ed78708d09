//! Documents as the older service wrote them, as hands damage them, and as ours come back.

use jiff::Timestamp;
use mongodb::bson::{Bson, DateTime, Document, doc, oid::ObjectId};
use proptest::{collection::vec, option, prelude::*};
use uuid::Uuid;

use super::{Damaged, admin, organization, record_document, record_update};
use crate::{
    domain::{
        email::Email,
        hash::BcryptHash,
        ids::{AdminId, CollectionUuid, OrganizationId},
        names::{CollectionName, OrgName},
        record::{
            AdminRecord, CredentialVersion, Naming, OrganizationRecord, Owner, Quarantine,
            Renaming, State, Stray,
        },
    },
    store::document::{admin_document, admin_update},
};

fn of_the_older_service() -> Document {
    doc! {
        "_id": ObjectId::from_bytes([1; 12]),
        "organization_name": "acme",
        "collection_name": "org_acme",
        "admin_id": ObjectId::from_bytes([2; 12]),
        "created_at": DateTime::from_millis(1_700_000_000_123),
    }
}

fn admin_of_the_older_service() -> Document {
    doc! {
        "_id": ObjectId::from_bytes([2; 12]),
        "email": "admin@acme.example",
        "password": "$2b$12$x",
        "organization_name": "acme",
        "created_at": DateTime::from_millis(1_700_000_000_123),
    }
}

#[test]
fn a_record_of_the_older_service_reads_as_active_and_unclaimed() {
    let record = organization::read(&of_the_older_service()).unwrap();
    assert_eq!(
        record,
        OrganizationRecord {
            id: OrganizationId([1; 12]),
            organization_name: OrgName::parse("acme").unwrap(),
            collection_name: CollectionName::recorded("org_acme").unwrap(),
            admin_id: AdminId([2; 12]),
            created_at: Timestamp::from_millisecond(1_700_000_000_123).unwrap(),
            names: vec![],
            owner: None,
            naming: Naming::default(),
            released: None,
            state: State::Active,
            quarantine: vec![],
            strays: vec![],
            collection_uuid: None,
            disabled: false,
            revision: None,
        }
    );
}

#[test]
fn an_admin_of_the_older_service_has_no_link_and_no_version() {
    let admin = admin::read(&admin_of_the_older_service()).unwrap();
    assert_eq!(
        (admin.organization_id, admin.token_version, admin.revision),
        (None, 0, None)
    );
    assert_eq!(admin.credential_version, None);
}

#[test]
fn what_is_not_understood_is_named_by_its_field() {
    let renaming = doc! {
        "version": 1, "from": "acme", "to": "bolt", "clear": false,
        "started_at": DateTime::from_millis(0),
    };
    let mut newer = renaming.clone();
    newer.insert("version", 2);
    let mut without_clear = renaming.clone();
    without_clear.remove("clear");
    let stray = doc! {"slot": 2, "uuid": super::collection_uuid(CollectionUuid(Uuid::nil())), "from": "org_a", "kept": false};
    let owner = |more: Document| {
        let mut owner = doc! {"cluster": "c", "namespace": "n", "name": "m", "uid": "u"};
        owner.extend(more);
        owner.into()
    };
    let cases: [(&str, Bson, &str); 19] = [
        ("state", "exploding".into(), "state"),
        ("state", 1.into(), "state"),
        ("state", "renaming".into(), "operation.from"),
        ("state", "deleting".into(), "operation.phase"),
        ("operation", newer.into(), "operation.version"),
        ("operation", doc! {}.into(), "operation.version"),
        ("operation", "renaming".into(), "operation"),
        (
            "operation",
            doc! {"version": 1, "strays": [stray]}.into(),
            "operation.strays",
        ),
        (
            "operation",
            doc! {"version": 1, "quarantine": [1]}.into(),
            "operation.quarantine",
        ),
        ("organization_name", "a".into(), "organization_name"),
        ("collection_name", "admins".into(), "collection_name"),
        ("admin_id", "abc".into(), "admin_id"),
        ("created_at", DateTime::MAX.into(), "created_at"),
        ("owner", Bson::Null, "owner"),
        (
            "owner",
            doc! {"cluster": "c", "namespace": "n", "name": "m"}.into(),
            "owner.uid",
        ),
        ("owner", owner(doc! {"generation": "1"}), "owner.generation"),
        (
            "owner",
            owner(doc! {"outdated_name": "a"}),
            "owner.outdated_name",
        ),
        ("collection_uuid", "1234".into(), "collection_uuid"),
        ("revision", "1".into(), "revision"),
    ];
    for (field, value, named) in cases {
        let mut document = of_the_older_service();
        document.insert(field, value);
        assert_eq!(
            organization::read(&document),
            Err(Damaged(named)),
            "{document}"
        );
    }
    let mut document = of_the_older_service();
    document.extend(doc! {"state": "renaming", "operation": without_clear});
    assert_eq!(
        organization::read(&document),
        Err(Damaged("operation.clear"))
    );
    for field in [
        "organization_name",
        "collection_name",
        "admin_id",
        "created_at",
    ] {
        let mut document = of_the_older_service();
        document.remove(field);
        assert_eq!(organization::read(&document), Err(Damaged(field)));
    }
}

#[test]
fn a_damaged_admin_is_named_by_its_field() {
    for (field, named) in [
        ("email", "admins.email"),
        ("password", "admins.password"),
        ("organization_name", "admins.organization_name"),
        ("created_at", "admins.created_at"),
    ] {
        let mut document = admin_of_the_older_service();
        document.insert(field, 7);
        assert_eq!(admin::read(&document), Err(Damaged(named)));
    }
}

#[test]
fn what_a_hand_wrote_with_another_width_is_still_a_counter() {
    let mut document = of_the_older_service();
    document.insert("revision", 7_i32);
    assert_eq!(organization::read(&document).unwrap().revision, Some(7));
    document.insert("revision", 7.0);
    assert_eq!(organization::read(&document).unwrap().revision, Some(7));
    document.insert("revision", 7.5);
    assert_eq!(organization::read(&document), Err(Damaged("revision")));
}

#[test]
fn an_update_writes_only_what_differs_and_counts() {
    let mut before = organization::read(&of_the_older_service()).unwrap();
    let mut after = before.clone();
    after.names = vec![after.organization_name.clone()];
    assert_eq!(
        record_update(&before, &after),
        doc! {"$set": {"names": ["acme"], "revision": 1_i64}}
    );
    before.names = after.names.clone();
    before.revision = Some(41);
    after.names.clear();
    assert_eq!(
        record_update(&before, &after),
        doc! {"$set": {"revision": 42_i64}, "$unset": {"names": ""}}
    );
}

#[test]
fn an_admins_update_writes_only_what_differs_and_counts() {
    let before = admin::read(&admin_of_the_older_service()).unwrap();
    let mut after = before.clone();
    after.token_version = 1;
    assert_eq!(
        admin_update(&before, &after),
        doc! {"$set": {"token_version": 1_i64, "revision": 1_i64}}
    );
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    (-60_000_000_000_000_i64..250_000_000_000_000)
        .prop_map(|milliseconds| Timestamp::from_millisecond(milliseconds).unwrap())
}

fn org_name() -> impl Strategy<Value = OrgName> {
    "[A-Za-z0-9_-]{2,64}".prop_map(|text| OrgName::parse(&text).unwrap())
}

fn uuid() -> impl Strategy<Value = CollectionUuid> {
    any::<u128>().prop_map(|bits| CollectionUuid(Uuid::from_u128(bits)))
}

fn owner() -> impl Strategy<Value = Owner> {
    any::<[String; 4]>().prop_map(|[cluster, namespace, name, uid]| Owner {
        cluster,
        namespace,
        name,
        uid,
    })
}

fn naming() -> impl Strategy<Value = Naming> {
    let outdated = option::of(org_name());
    (any::<Option<i64>>(), outdated).prop_map(|(generation, outdated)| Naming {
        generation,
        outdated,
    })
}

/// Nothing is known of nobody's wishes.
fn owned() -> impl Strategy<Value = (Option<Owner>, Naming)> {
    prop_oneof![
        Just((None, Naming::default())),
        (owner().prop_map(Some), naming()),
    ]
}

fn state() -> impl Strategy<Value = State> {
    prop_oneof![
        Just(State::Provisioning),
        Just(State::Active),
        (
            org_name(),
            org_name(),
            any::<bool>(),
            timestamp(),
            any::<Option<i64>>()
        )
            .prop_map(|(from, to, clear, started_at, generation)| State::Renaming(
                Renaming {
                    from,
                    to,
                    clear,
                    started_at,
                    generation,
                }
            )),
        any::<bool>().prop_map(|committed| State::Deleting { committed }),
    ]
}

fn quarantine() -> impl Strategy<Value = Quarantine> {
    (org_name(), timestamp()).prop_map(|(name, until)| Quarantine { name, until })
}

fn stray() -> impl Strategy<Value = Stray> {
    (0_u8..2, uuid(), org_name(), any::<bool>()).prop_map(|(slot, uuid, from, kept)| Stray {
        slot,
        uuid,
        from: CollectionName::of_tenant(&from),
        kept,
    })
}

prop_compose! {
    fn record()(
        (id, admin_id) in any::<([u8; 12], [u8; 12])>(),
        (organization_name, collection_name) in (org_name(), org_name()),
        created_at in timestamp(),
        names in vec(org_name(), 0..3),
        ((owner, naming), released) in (owned(), option::of(owner())),
        state in state(),
        quarantine in vec(quarantine(), 0..3),
        strays in vec(stray(), 0..3),
        collection_uuid in option::of(uuid()),
        disabled in any::<bool>(),
        revision in option::of(any::<i64>()),
    ) -> OrganizationRecord {
        OrganizationRecord {
            id: OrganizationId(id),
            organization_name,
            collection_name: CollectionName::of_tenant(&collection_name),
            admin_id: AdminId(admin_id),
            created_at,
            names,
            owner,
            naming,
            released,
            state,
            quarantine,
            strays,
            collection_uuid,
            disabled,
            revision,
        }
    }
}

prop_compose! {
    fn admin_record()(
        (id, organization) in any::<([u8; 12], Option<[u8; 12]>)>(),
        (email, password) in any::<(String, String)>(),
        organization_name in org_name(),
        token_version in any::<i64>(),
        credential_version in any::<Option<String>>(),
        created_at in timestamp(),
        revision in any::<Option<i64>>(),
    ) -> AdminRecord {
        AdminRecord {
            id: AdminId(id),
            email: Email::from_record(email),
            password: BcryptHash::from_record(password),
            organization_id: organization.map(OrganizationId),
            organization_name,
            token_version,
            credential_version: credential_version.map(CredentialVersion),
            created_at,
            revision,
        }
    }
}

/// Through the wire's bytes, as a server would give it back.
fn stored(mut document: Document, revision: Option<i64>) -> Document {
    if let Some(revision) = revision {
        document.insert("revision", revision);
    }
    Document::from_reader(document.to_vec().unwrap().as_slice()).unwrap()
}

proptest! {
    #[test]
    fn a_record_comes_back_as_it_was_written(record in record()) {
        let document = stored(record_document(&record), record.revision);
        prop_assert_eq!(organization::read(&document), Ok(record));
    }

    #[test]
    fn an_admin_comes_back_as_it_was_written(record in admin_record()) {
        let document = stored(admin_document(&record), record.revision);
        prop_assert_eq!(admin::read(&document), Ok(record));
    }

    #[test]
    fn an_update_makes_the_one_record_into_the_other(
        before in record(),
        after in record(),
        revision in option::of(0..i64::MAX),
    ) {
        let before = OrganizationRecord { revision, ..before };
        let after = OrganizationRecord { id: before.id, ..after };
        let mut document = stored(record_document(&before), before.revision);
        let update = record_update(&before, &after);
        for field in update.get_document("$unset").iter().flat_map(|unset| unset.keys()) {
            document.remove(field);
        }
        document.extend(update.get_document("$set").unwrap().clone());
        let revision = Some(before.revision.unwrap_or(0) + 1);
        prop_assert_eq!(
            organization::read(&document),
            Ok(OrganizationRecord { revision, ..after })
        );
    }
}
