use mongodb::bson::{DateTime, doc, oid::ObjectId};

use super::*;
use crate::{
    domain::observed::Capability,
    store::{
        memory::{MemoryStore, OlderTenant},
        port::TenantStore as _,
    },
};

/// As the older service made them.
const HASH: &str = "$2b$12$TeyqR7jtslZzw5P9dcAYqeyWMtWlXiq2gGygxg//asFL43nuKlLPS";

fn database() -> MemoryStore {
    MemoryStore::without_indexes(Capability::Fenced, 7)
}

fn plant(store: &MemoryStore, name: &str) -> [ObjectId; 2] {
    let tenant = OlderTenant {
        name,
        email: &format!("{}@older.io", name.to_lowercase()),
        password: HASH,
        created_at: DateTime::from_millis(0),
    };
    store.plant_older(&tenant).unwrap()
}

async fn surveyed(store: &MemoryStore) -> Survey {
    survey(&store.take_inventory().await.unwrap(), "tenancy")
}

#[tokio::test]
async fn whole_ones_become_manifests_that_say_nothing_of_a_password() {
    let store = database();
    for name in ["Acme", "no", "two_words"] {
        plant(&store, name);
    }
    let before = store.documents("organizations");
    let survey = surveyed(&store).await;
    assert_eq!(survey.remarks, [""; 0]);
    let text = yaml(&survey.manifests);
    let acme = survey.manifests[0]["metadata"]["name"].as_str().unwrap();
    let expected = format!(
        "---\napiVersion: \"organization-operator.dev/v1alpha1\"\nkind: \"Organization\"\nmetadata:\n  \
         name: \"{acme}\"\n  namespace: \"tenancy\"\nspec:\n  admin:\n    email: \
         \"acme@older.io\"\n  adoptionPolicy: \"IfUnowned\"\n  organizationName: \"Acme\"\n---\n"
    );
    assert!(text.starts_with(&expected), "{text}");
    // Case counts in names of organizations; an own name is taken where an object can have it.
    assert!(acme.starts_with("acme-"), "{acme}");
    assert!(text.contains("\n  name: \"no\"\n"), "{text}");
    let read: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
    assert_eq!(read, survey.manifests);
    assert_eq!(store.documents("organizations"), before);
}

#[tokio::test]
async fn what_has_an_owner_or_had_one_is_none_of_its_business() {
    let store = database();
    let owner = doc! {"cluster": "c", "namespace": "n", "name": "o", "uid": "u"};
    for (name, field) in [("owned", "owner"), ("former", "released")] {
        let [id, _] = plant(&store, name);
        let update = doc! {"$set": {field: &owner}};
        store.edit("organizations", &id.into(), &update).unwrap();
    }
    let survey = surveyed(&store).await;
    assert_eq!(survey.manifests, Vec::<Value>::new());
    assert_eq!(survey.remarks.len(), 1);
    assert!(survey.remarks[0].contains("organization-operator orphans"));
}

/// One whole tenant beside the damage, so that it is seen that the rest is printed.
async fn remarks_on(damage: impl FnOnce(&MemoryStore, [ObjectId; 2])) -> Vec<String> {
    let store = database();
    plant(&store, "whole");
    let ids = plant(&store, "acme");
    damage(&store, ids);
    let survey = surveyed(&store).await;
    let named: Vec<_> = survey.manifests.iter().filter_map(object_named).collect();
    assert_eq!(named, [("whole", "whole")]);
    survey.remarks
}

fn set(store: &MemoryStore, collection: &str, id: ObjectId, field: &str, value: &str) {
    let update = doc! {"$set": {field: value}};
    assert!(store.edit(collection, &id.into(), &update).unwrap());
}

#[tokio::test]
async fn each_damage_that_the_older_service_leaves_is_told_and_printed_as_no_manifest() {
    type Damage = fn(&MemoryStore, [ObjectId; 2]);
    let cases: [(Damage, &str); 13] = [
        (
            |store, [_, admin]| assert!(store.remove("admins", &admin.into())),
            "is not there: nobody can log in",
        ),
        (
            |store, _| store.drop_by_hand("org_acme"),
            "its collection org_acme is not there",
        ),
        (
            |store, [id, _]| set(store, "organizations", id, "collection_name", "org_new"),
            "its documents have moved on: its record says org_new, which is not there",
        ),
        (
            |store, [id, _]| set(store, "organizations", id, "collection_name", "org_whole2"),
            "set collection_name to it",
        ),
        (
            |store, [id, _]| set(store, "organizations", id, "organization_name", "a b"),
            "its name can't be an organization's",
        ),
        (
            |store, [_, admin]| set(store, "admins", admin, "email", "nobody"),
            "can't be used",
        ),
        (
            |store, [_, admin]| set(store, "admins", admin, "email", "A@OLDER.IO"),
            "not in its normal form",
        ),
        (
            |store, [_, admin]| set(store, "admins", admin, "password", "{crypt}$2b$12$x"),
            "is no bcrypt hash",
        ),
        (
            |store, [_, admin]| set(store, "admins", admin, "organization_name", "former"),
            "says that he is of organization former",
        ),
        (
            |store, _| {
                let again = doc! {
                    "_id": ObjectId::new(), "organization_name": "acme",
                    "collection_name": "org_acme", "admin_id": ObjectId::new(),
                    "created_at": DateTime::from_millis(0),
                };
                store.plant("organizations", again).unwrap();
            },
            "its name is also that of, or claimed by, organization",
        ),
        (
            |store, [_, admin]| {
                let again = doc! {
                    "_id": ObjectId::new(), "organization_name": "other",
                    "collection_name": "org_acme", "admin_id": admin,
                    "created_at": DateTime::from_millis(0),
                };
                store.plant("organizations", again).unwrap();
            },
            "its collection org_acme is also that of organization",
        ),
        (
            |store, _| {
                let damaged = doc! {
                    "_id": ObjectId::new(), "organization_name": "other",
                    "collection_name": "org_acme", "admin_id": ObjectId::new(), "created_at": 7,
                };
                store.plant("organizations", damaged).unwrap();
            },
            "its collection org_acme is also that of organization",
        ),
        (
            |store, [_, admin]| {
                set(store, "admins", admin, "password", "");
                let twin = doc! {
                    "_id": ObjectId::new(), "email": "acme@older.io", "password": HASH,
                    "organization_name": "gone", "created_at": DateTime::from_millis(0),
                };
                store.plant("admins", twin).unwrap();
            },
            "its admin's e-mail address is also that of admin",
        ),
    ];
    for (damage, expected) in cases {
        let remarks = remarks_on(damage).await;
        let told = remarks.iter().any(|remark| remark.contains(expected));
        assert!(told, "{expected}: {remarks:?}");
        let secret = remarks.iter().any(|remark| remark.contains("$12$"));
        assert!(!secret, "a hash is told: {remarks:?}");
    }
}

#[tokio::test]
async fn an_admin_without_an_organization_is_told_with_the_address_that_he_holds() {
    let store = database();
    let [id, _] = plant(&store, "acme");
    assert!(store.remove("organizations", &id.into()));
    let survey = surveyed(&store).await;
    let [collection, admin] = [&survey.remarks[1], &survey.remarks[0]];
    assert!(admin.starts_with("admin acme@older.io"), "{admin}");
    assert!(admin.contains("gets EmailConflict"), "{admin}");
    assert!(
        collection.starts_with("collection org_acme"),
        "{collection}"
    );
}
