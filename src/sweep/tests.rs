use std::{collections::BTreeSet, num::NonZeroUsize};

use futures::FutureExt as _;
use jiff::SignedDuration;
use kube::runtime::{reflector, watcher};
use mongodb::bson::{Document, doc};
use serde_json::{Value, json};

use super::*;
use crate::{
    auth::pool::HashPool,
    clock::SystemClock,
    controller::{
        backoff::Backoffs,
        cluster::{Cluster as _, ObjectKey, memory::MemoryCluster},
        context::PassSettings,
        events,
        reconcile::reconcile,
        validate::Allowances,
        waiting::{Waiting, Wakes},
    },
    domain::{
        archive::Retention,
        ids::OrganizationId,
        observed::{Capability, Rules},
    },
    runtime::{database::IndexGate, metrics::Metrics},
    store::memory::{MemoryStore, OlderTenant},
};

/// The controller with its sweep, and everything around both in memory.
struct World {
    cluster: Arc<MemoryCluster>,
    store: Arc<MemoryStore>,
    sweep: Sweep,
    watched: reflector::store::Writer<DeserializeGuard<Organization>>,
    wakes: Wakes,
}

impl World {
    fn new(capability: Capability) -> Self {
        Self::on(MemoryStore::new(capability, 7))
    }

    fn on(store: MemoryStore) -> Self {
        let cluster = Arc::new(MemoryCluster::default());
        let store = Arc::new(store);
        let pool = Arc::new(HashPool::start(NonZeroUsize::MIN, 1).unwrap());
        let indexes = IndexGate::default();
        indexes.open();
        let mut waker = Waker::default();
        let told = waker.add_scope(None);
        let (reader, watched) = reflector::store();
        let context = Arc::new(Context {
            store: Arc::clone(&store) as _,
            cluster: Arc::clone(&cluster) as _,
            metrics: Metrics::new(Arc::clone(&pool)),
            pool,
            clock: Arc::new(SystemClock),
            events: events::channel().0,
            settings: PassSettings {
                cluster_id: "here".to_owned(),
                database: "master_db".to_owned(),
                rules: Rules {
                    name_quarantine: SignedDuration::from_secs(60),
                },
                allowances: Allowances {
                    adoption_namespaces: vec!["team".to_owned()],
                    archive_retention: Retention::default(),
                },
                bcrypt_cost: 4,
                unwatched_secrets: None,
                secret_recheck: Duration::from_mins(5),
            },
            backoffs: Backoffs::default(),
            waiting: Waiting::new(Waker::default()),
            indexes,
        });
        Self {
            cluster,
            store,
            sweep: Sweep {
                context,
                organizations: vec![reader],
                namespaces: vec![None],
                waker,
            },
            watched,
            wakes: told,
        }
    }

    fn apply(&self, name: &str, more: &Value) {
        let mut spec = json!({"admin": {"email": format!("{name}@acme.example")}});
        json_patch::merge(&mut spec, more);
        let spec = serde_json::from_value(spec).unwrap();
        self.cluster.apply("team", name, spec);
    }

    /// Passes over everything until nothing is written, and a watch that has told of it.
    async fn settle(&mut self) {
        loop {
            let before = self.writes();
            for object in self.cluster.objects() {
                self.pass(object).await;
            }
            if self.writes() == before {
                break;
            }
        }
        self.watch();
    }

    async fn pass(&self, object: Organization) {
        let object = Arc::new(DeserializeGuard(Ok(object)));
        reconcile(object, Arc::clone(&self.sweep.context)).await;
    }

    fn watch(&mut self) {
        let mut tell = |event| self.watched.apply_watcher_event(&event);
        tell(watcher::Event::Init);
        for object in self.cluster.objects() {
            tell(watcher::Event::InitApply(DeserializeGuard(Ok(object))));
        }
        tell(watcher::Event::InitDone);
    }

    fn writes(&self) -> u64 {
        let reads = ["aggregate", "listCollections", "find"];
        let commands = self.store.commands().into_iter();
        let written = commands.filter(|(name, _)| !reads.contains(name));
        written.map(|(_, count)| count).sum::<u64>() + self.cluster.writes()
    }

    fn commands(&self) -> u64 {
        self.store.commands().values().sum()
    }

    async fn sweep(&self) -> Findings {
        self.sweep.sweep().await.unwrap()
    }

    /// The names of those who were woken since this was asked last.
    fn woken(&mut self) -> BTreeSet<String> {
        let mut woken = BTreeSet::new();
        while let Some(Some(object)) = self.wakes.recv().now_or_never() {
            woken.insert(object.name.clone());
        }
        woken
    }

    /// What a person does to the one document of `collection` that is of the organization.
    fn edit(&self, collection: &str, name: &str, update: &Document) {
        let edited = self
            .store
            .edit_where(collection, "organization_name", name, update);
        assert!(edited.unwrap(), "nothing to edit");
    }

    fn document(&self, collection: &str, name: &str) -> Document {
        let documents = self.store.documents(collection).into_iter();
        let mut of = documents.filter(|it| it.get_str("organization_name").ok() == Some(name));
        of.next().unwrap()
    }

    fn remove(&self, collection: &str, name: &str) {
        let id = self.document(collection, name).remove("_id").unwrap();
        assert!(self.store.remove(collection, &id));
    }

    /// The object goes, and nobody was asked: its finalizer was taken off by hand.
    async fn strip(&mut self, name: &str) -> ObjectKey {
        let uid = self.cluster.object("team", name).unwrap().uid().unwrap();
        let key = ObjectKey {
            namespace: "team".to_owned(),
            name: name.to_owned(),
            uid,
        };
        self.cluster.delete("team", name);
        self.cluster.remove_finalizer(&key).await.unwrap();
        self.watch();
        key
    }
}

const MODES: [Capability; 2] = [Capability::Fenced, Capability::Unfenced];

#[tokio::test]
async fn a_thousand_that_agree_cost_three_commands_and_no_write() {
    // In memory an index is a scan, and none is needed here.
    let mut world = World::on(MemoryStore::without_indexes(Capability::Fenced, 7));
    for number in 0..1000 {
        world.apply(&format!("org-{number}"), &json!({}));
    }
    // The finalizer, then all the rest: more would only take time.
    for object in world.cluster.objects() {
        world.pass(object).await;
    }
    for object in world.cluster.objects() {
        world.pass(object).await;
    }
    world.watch();
    let before = (world.commands(), world.writes());
    let findings = world.sweep().await;
    let cost = (world.commands() - before.0, world.writes() - before.1);
    println!(
        "a sweep over {} that agree, in memory: {} commands, {} writes",
        findings.compared, cost.0, cost.1
    );
    assert_eq!((findings.compared, findings.differing), (1000, 0));
    assert_eq!(world.woken(), BTreeSet::new());
    assert_eq!(cost, (3, 0));
}

#[tokio::test]
async fn each_kind_of_drift_wakes_the_organization_that_it_is_of_and_no_other() {
    type Hand = fn(&World);
    let kinds: [(&str, Hand); 12] = [
        ("its record", |world| {
            world.edit(
                "organizations",
                "acme",
                &doc! {"$set": {"collection_name": "org_evil"}},
            );
        }),
        ("its claims", |world| {
            world.edit("organizations", "acme", &doc! {"$unset": {"names": ""}});
        }),
        ("its access", |world| {
            world.edit("organizations", "acme", &doc! {"$set": {"disabled": true}});
        }),
        ("the link of its admin", |world| {
            world.edit("admins", "acme", &doc! {"$unset": {"organization_id": ""}});
        }),
        ("the address of its admin", |world| {
            world.edit(
                "admins",
                "acme",
                &doc! {"$set": {"email": "evil@acme.example"}},
            );
        }),
        ("the hash of its admin", |world| {
            world.edit(
                "admins",
                "acme",
                &doc! {"$set": {"password": "$2b$12$other"}},
            );
        }),
        ("the count of its tokens", |world| {
            world.edit("admins", "acme", &doc! {"$set": {"token_version": -1_i64}});
        }),
        ("its admin is gone", |world| world.remove("admins", "acme")),
        ("its record is gone", |world| {
            world.remove("organizations", "acme");
        }),
        ("a field that nobody understands", |world| {
            world.edit(
                "organizations",
                "acme",
                &doc! {"$set": {"state": "of-tomorrow"}},
            );
        }),
        ("its collection is elsewhere", |world| {
            world.store.rename_by_hand("org_acme", "org_moved").unwrap();
        }),
        ("its collection is gone", |world| {
            world.store.drop_by_hand("org_acme");
        }),
    ];
    for capability in MODES {
        for (kind, hand) in kinds {
            let mut world = World::new(capability);
            world.apply("acme", &json!({}));
            world.apply("bolt", &json!({}));
            world.settle().await;
            world.sweep().await;
            assert_eq!(world.woken(), BTreeSet::new(), "before: {kind}");
            hand(&world);
            let before = world.writes();
            assert_eq!(world.sweep().await.differing, 1, "{kind}");
            assert_eq!(world.woken(), BTreeSet::from(["acme".to_owned()]), "{kind}");
            assert_eq!(world.writes(), before, "{kind}: a sweep writes nothing");
            // Its pass mends it, or says what a person has to do. Then it is not woken again.
            world.settle().await;
            world.sweep().await;
            assert_eq!(world.woken(), BTreeSet::new(), "after: {kind}");
        }
    }
}

#[tokio::test]
async fn what_status_says_is_compared_too() {
    let mut world = World::new(Capability::Fenced);
    world.apply("acme", &json!({}));
    world.settle().await;
    let object = world.cluster.object("team", "acme").unwrap();
    let mut forged = object.status.clone().unwrap();
    forged.organization_name = Some("evil".to_owned());
    let key = key_of(&DeserializeGuard(Ok(object)));
    world
        .cluster
        .write_status(&key, &forged, None)
        .await
        .unwrap();
    world.watch();
    world.sweep().await;
    assert_eq!(world.woken(), BTreeSet::from(["acme".to_owned()]));
}

#[tokio::test]
async fn who_is_refused_is_woken_once_nothing_stands_in_the_way_any_more() {
    let mut world = World::new(Capability::Fenced);
    world.store.plant_collection("org_acme").unwrap();
    world.apply("acme", &json!({}));
    world.settle().await;
    world.sweep().await;
    assert_eq!(world.woken(), BTreeSet::new());
    world.store.drop_by_hand("org_acme");
    world.sweep().await;
    assert_eq!(world.woken(), BTreeSet::from(["acme".to_owned()]));
}

#[tokio::test]
async fn who_is_refused_for_an_older_spec_is_neither_woken_nor_written_to_again() {
    for capability in MODES {
        let mut world = World::new(capability);
        world.apply("acme", &json!({}));
        world.settle().await;
        world.cluster.back_up();
        world.apply("acme", &json!({"organizationName": "bolt"}));
        world.settle().await;
        world.cluster.restore();
        world.watch();
        world.sweep().await;
        assert_eq!(world.woken(), BTreeSet::from(["acme".to_owned()]));
        world.settle().await;
        let before = world.writes();
        for object in world.cluster.objects() {
            world.pass(object).await;
        }
        assert_eq!(world.sweep().await.differing, 0);
        assert_eq!((world.woken(), world.writes()), (BTreeSet::new(), before));
        let kept = world.document("organizations", "bolt");
        let owner = kept.get_document("owner").unwrap();
        assert_eq!(owner.get_str("outdated_name").ok(), Some("acme"));
        // Drift of such a one is found like any other's.
        let edit = doc! {"$set": {"collection_name": "org_evil"}};
        world.edit("organizations", "bolt", &edit);
        world.sweep().await;
        assert_eq!(world.woken(), BTreeSet::from(["acme".to_owned()]));
    }
}

#[tokio::test]
async fn an_active_tenant_whose_object_is_gone_is_released_and_nothing_of_it_dropped() {
    for capability in MODES {
        let mut world = World::new(capability);
        world.apply("acme", &json!({"deletionPolicy": "Delete"}));
        world.settle().await;
        world.store.plant("org_acme", doc! {"_id": 1}).unwrap();
        world.strip("acme").await;
        let findings = world.sweep().await;
        assert_eq!(findings.orphans[&OrphanKind::ObjectGone], 1);
        let record = world.document("organizations", "acme");
        assert!(record.contains_key("released") && !record.contains_key("owner"));
        assert_eq!(world.store.documents("org_acme").len(), 1);
        assert_eq!(world.store.documents("admins").len(), 1);
        let findings = world.sweep().await;
        assert_eq!(
            findings.orphans,
            BTreeMap::from([(OrphanKind::Retained, 1)])
        );

        // An object of the same place has it back.
        world.apply("acme", &json!({}));
        world.settle().await;
        assert_eq!(world.sweep().await.orphans, BTreeMap::new());
        assert_eq!(world.store.documents("org_acme").len(), 1);
    }
}

#[tokio::test]
async fn an_object_that_only_the_watch_lost_keeps_its_tenant() {
    let mut world = World::new(Capability::Fenced);
    world.apply("acme", &json!({}));
    world.settle().await;
    world.watched.apply_watcher_event(&watcher::Event::Init);
    world.watched.apply_watcher_event(&watcher::Event::InitDone);
    let before = world.writes();
    world.sweep().await;
    assert_eq!(world.writes(), before);
}

#[tokio::test]
async fn tenants_of_other_clusters_and_of_unwatched_namespaces_are_not_judged() {
    for (cluster, namespaces) in [
        ("there", vec![None]),
        ("here", vec![Some("other".to_owned())]),
    ] {
        let mut world = World::new(Capability::Fenced);
        world.apply("acme", &json!({}));
        world.settle().await;
        let owner = doc! {
            "$set": {"owner": {"cluster": cluster, "namespace": "team", "name": "acme", "uid": "u"}},
        };
        world.edit("organizations", "acme", &owner);
        world.strip("acme").await;
        world.sweep.namespaces = namespaces;
        let before = world.writes();
        assert_eq!(world.sweep().await.orphans, BTreeMap::new());
        assert_eq!(world.writes(), before);
    }
}

/// One with a document, whose record says that of an operation which nobody is there to end.
async fn left_in(world: &mut World, update: &Document) {
    world.edit("organizations", "acme", update);
    world.strip("acme").await;
    world.sweep().await;
}

async fn doomed(world: &mut World) {
    world.apply("acme", &json!({"deletionPolicy": "Delete"}));
    world.settle().await;
    world.store.plant("org_acme", doc! {"_id": 1}).unwrap();
}

/// As [`left_in`], with the collection in the trash.
async fn left_deleting(world: &mut World, phase: i32) {
    doomed(world).await;
    let id = world.document("organizations", "acme");
    let trash = format!("_trash.{}", id.get_object_id("_id").unwrap());
    world.store.rename_by_hand("org_acme", &trash).unwrap();
    let deleting = doc! {"$set": {
        "state": "deleting", "disabled": true, "operation": {"version": 1, "phase": phase},
    }};
    left_in(world, &deleting).await;
}

#[tokio::test]
async fn a_rename_whose_object_is_gone_is_finished_and_then_released() {
    for capability in MODES {
        let mut world = World::new(capability);
        let renaming = doc! {"$set": {
            "state": "renaming", "names": ["acme", "bolt"],
            "operation": {
                "version": 1, "from": "acme", "to": "bolt", "clear": true,
                "started_at": mongodb::bson::DateTime::from_millis(0),
            },
        }};
        doomed(&mut world).await;
        left_in(&mut world, &renaming).await;
        let record = world.document("organizations", "bolt");
        assert!(record.contains_key("released") && !record.contains_key("owner"));
        assert_eq!(record.get_str("state").unwrap(), "active");
        assert_eq!(world.store.documents("org_bolt").len(), 1);
    }
}

#[tokio::test]
async fn a_deletion_short_of_its_commit_point_is_turned_back_and_one_past_it_ends() {
    for capability in MODES {
        let mut world = World::new(capability);
        left_deleting(&mut world, 0).await;
        let record = world.document("organizations", "acme");
        assert_eq!(record.get_str("state").unwrap(), "active");
        assert!(record.contains_key("released"));
        assert_eq!(world.store.documents("org_acme").len(), 1);

        let mut world = World::new(capability);
        left_deleting(&mut world, 1).await;
        assert_eq!(world.store.collection_names(), ["admins", "organizations"]);
        assert_eq!(world.store.documents("organizations").len(), 0);
        assert_eq!(world.store.documents("admins").len(), 0);
    }
}

#[tokio::test]
async fn a_claim_that_holds_nothing_goes_with_its_object() {
    let mut world = World::new(Capability::Fenced);
    world.apply("acme", &json!({}));
    world.settle().await;
    world.store.drop_by_hand("org_acme");
    let begun = doc! {"$set": {"state": "provisioning"}, "$unset": {"collection_uuid": ""}};
    world.edit("organizations", "acme", &begun);
    world.strip("acme").await;
    world.sweep().await;
    assert_eq!(world.store.documents("organizations").len(), 0);
    assert_eq!(world.store.documents("admins").len(), 0);
}

/// A tenant of the older service.
const OLDER: OlderTenant<'static> = OlderTenant {
    name: "older",
    email: "a@older.io",
    password: "$2b$12$legacy",
    created_at: mongodb::bson::DateTime::from_millis(0),
};

#[tokio::test]
async fn what_has_no_object_is_told_by_kind() {
    let mut world = World::new(Capability::Fenced);
    world.apply("acme", &json!({}));
    world.settle().await;
    let nobody = OrganizationId([7; 12]);
    for collection in [
        "org_lost".to_owned(),
        format!("_stray.{nobody}.0"),
        format!("_trash.{nobody}"),
        format!("_archive.{nobody}"),
        "elses".to_owned(),
    ] {
        world.store.plant_collection(&collection).unwrap();
    }
    let id = || mongodb::bson::oid::ObjectId::new();
    let now = mongodb::bson::DateTime::from_millis(0);
    let lone = doc! {
        "_id": id(), "email": "lone@older.io", "password": "", "organization_name": "gone",
        "created_at": now,
    };
    world.store.plant("admins", lone).unwrap();
    let damaged = doc! {"_id": id(), "organization_name": 7, "admin_id": id()};
    world.store.plant("organizations", damaged).unwrap();
    world.store.plant_older(&OLDER).unwrap();
    let expected = [
        OrphanKind::OlderService,
        OrphanKind::UnreadableRecord,
        OrphanKind::AdminWithoutOrganization,
        OrphanKind::CollectionWithoutRecord,
        OrphanKind::StrayOfNobody,
        OrphanKind::TrashOfNobody,
        OrphanKind::ArchiveOfNobody,
    ];
    let findings = world.sweep().await;
    assert_eq!(findings.orphans, expected.map(|kind| (kind, 1)).into());
    let metrics = &world.sweep.context.metrics;
    metrics.note_sweep(&findings);
    let text = metrics.encode().unwrap();
    for line in [
        r#"organization_operator_orphans{kind="TrashOfNobody"} 1"#,
        r#"organization_operator_orphans{kind="Retained"} 0"#,
        r#"organization_operator_strays{state="kept"} 0"#,
        "organization_operator_differing_organizations 0",
        r#"organization_operator_sweeps_total{outcome="Succeeded"} 1"#,
        "organization_operator_sweep_age_seconds ",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}

/// Somebody would drop what is called nobody's.
#[tokio::test]
async fn what_a_damaged_record_may_have_is_never_called_nobodys() {
    let damages = [
        (
            "organizations",
            doc! {"$set": {"state": "of a newer version"}},
        ),
        ("organizations", doc! {"$set": {"names": 7}}),
        ("organizations", doc! {"$set": {"admin_id": 7}}),
        (
            "organizations",
            doc! {"$set": {"collection_name": 7, "names": [], "collection_uuid": 7}},
        ),
        (
            "organizations",
            doc! {"$set": {"organization_name": 7, "names": []}},
        ),
        (
            "organizations",
            doc! {"$set": {"organization_name": 7, "names": [], "collection_name": 7}},
        ),
        (
            "organizations",
            doc! {"$set": {"organization_name": 7, "names": [], "collection_name": 7, "collection_uuid": 7}},
        ),
        ("admins", doc! {"$set": {"password": 7}}),
    ];
    for (collection, damage) in damages {
        let mut world = World::new(Capability::Fenced);
        world.apply("acme", &json!({}));
        world.settle().await;
        world.edit(collection, "acme", &damage);
        let findings = world.sweep().await;
        assert_eq!(findings.orphans, [].into(), "{damage}");
    }
}

#[tokio::test]
async fn what_a_damaged_record_of_the_older_service_may_have_is_never_called_nobodys() {
    let damages = [
        ("organizations", doc! {"$set": {"created_at": 7}}),
        ("organizations", doc! {"$set": {"admin_id": 7}}),
        ("organizations", doc! {"$set": {"collection_name": 7}}),
        ("organizations", doc! {"$set": {"organization_name": 7}}),
        ("admins", doc! {"$set": {"password": 7}}),
    ];
    for (collection, damage) in damages {
        let world = World::new(Capability::Fenced);
        world.store.plant_older(&OLDER).unwrap();
        world.edit(collection, "older", &damage);
        let findings = world.sweep().await;
        let expected = [(OrphanKind::UnreadableRecord, 1)];
        assert_eq!(findings.orphans, expected.into(), "{damage}");
    }
}

#[tokio::test]
async fn an_unreadable_record_is_told_once_its_object_is_gone() {
    let told = async |world: &mut World| world.sweep().await.orphans;
    let none = BTreeMap::new();
    let mut world = World::new(Capability::Fenced);
    world.apply("acme", &json!({}));
    world.settle().await;
    let damage = doc! {"$set": {"names": 7}};
    world.edit("organizations", "acme", &damage);
    assert_eq!(told(&mut world).await, none, "its object speaks for it");
    world.strip("acme").await;
    let gone = BTreeMap::from([(OrphanKind::UnreadableRecord, 1)]);
    assert_eq!(told(&mut world).await, gone, "its object is gone");
    let damaged = doc! {"$set": {"owner": {"uid": "gone"}}};
    world.edit("organizations", "acme", &damaged);
    assert_eq!(told(&mut world).await, gone, "nobody has that uid");
    let theirs = doc! {"cluster": "another", "namespace": "n", "name": "a", "uid": "gone"};
    world.edit("organizations", "acme", &doc! {"$set": {"owner": theirs}});
    assert_eq!(
        told(&mut world).await,
        none,
        "nothing is known of another cluster"
    );
}

/// An archive of acme, with one document, since `since` by the server's clock.
async fn archived(capability: Capability, since: jiff::Timestamp) -> World {
    let mut world = World::new(capability);
    world.store.set_time(since);
    world.apply("acme", &json!({"deletionPolicy": "Archive"}));
    world.settle().await;
    world.store.plant("org_acme", doc! {"_id": 1}).unwrap();
    world.cluster.delete("team", "acme");
    world.settle().await;
    assert_eq!(world.store.documents("organizations").len(), 1);
    world
}

fn ago(hours: i64) -> jiff::Timestamp {
    jiff::Timestamp::now() - SignedDuration::from_hours(hours)
}

#[tokio::test]
async fn an_archive_goes_once_its_time_is_over_and_nothing_of_it_is_left() {
    for capability in [Capability::Fenced, Capability::Unfenced] {
        let world = archived(capability, ago(169)).await;
        world.store.set_time(ago(0));
        let findings = world.sweep().await;
        assert_eq!(world.store.documents("organizations").len(), 0);
        let left = world.store.collection_names();
        assert_eq!(left, ["admins", "organizations"], "{findings:?}");
    }
}

#[tokio::test]
async fn no_archive_goes_early_though_a_clock_is_an_hour_ahead() {
    // 167 of 168 hours are over. Once the operator's clock says another, once the server's.
    for (server_since, server_now) in [(ago(169), ago(2)), (ago(167), ago(-2))] {
        let world = archived(Capability::Fenced, server_since).await;
        world.store.set_time(server_now);
        world.sweep().await;
        assert_eq!(world.store.documents("organizations").len(), 1);
        let archive = world.store.collection_names();
        assert!(archive.iter().any(|name| name.starts_with("_archive.")));
    }
}

#[tokio::test]
async fn an_archive_of_another_cluster_is_its_own_business() {
    let mut world = archived(Capability::Fenced, ago(169)).await;
    world.store.set_time(ago(0));
    let context = Arc::get_mut(&mut world.sweep.context).unwrap();
    context.settings.cluster_id = "elsewhere".to_owned();
    world.sweep().await;
    assert_eq!(world.store.documents("organizations").len(), 1);
}

#[tokio::test]
async fn what_is_in_the_archive_is_told_with_how_to_have_it_back() {
    let world = archived(Capability::Fenced, ago(1)).await;
    let findings = world.sweep().await;
    assert_eq!(findings.orphans.get(&OrphanKind::Archived), Some(&1));
    assert_eq!(findings.orphans.values().sum::<usize>(), 1, "{findings:?}");
}
