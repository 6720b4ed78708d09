//! Changes through HTTP are made whole, or not at all: whatever stands against them, whenever the
//! controller comes to them, and though nobody waits any more.

use anyhow::{Context as _, Result, anyhow, ensure};
use jiff::SignedDuration;
use kube::ResourceExt as _;
use organization_operator::{
    crd::{
        DeletionPolicy, Organization, OrganizationSpec, OrganizationStatus,
        change::{Asked, CHANGE_ANNOTATION, ChangeNote},
    },
    domain::observed::Capability,
    store::port::TenantStore as _,
};
use serde_json::{Value, json};

use crate::world::{WAIT, World};

const HASHES: [&str; 2] = [
    "$2b$10$abcdefghijklmnopqrstuuC6qtbz1Wm3e5TqzVq0Jm1rIYbR8oqYy",
    "$2b$10$zyxwvutsrqponmlkjihgfeC6qtbz1Wm3e5TqzVq0Jm1rIYbR8oqYy",
];

fn spec(name: &str, email: &str) -> Value {
    json!({
        "organizationName": name,
        "admin": {
            "email": email,
            "passwordHashSecretRef": {"name": "login", "key": "hash"},
        },
        "deletionPolicy": "Delete",
    })
}

fn typed(spec: &Value) -> Result<OrganizationSpec> {
    Ok(serde_json::from_value(spec.clone())?)
}

/// What a world is asked, and what it came to.
struct Asking {
    world: World,
}

impl Asking {
    fn new(capability: Capability) -> Result<Self> {
        let world = World::new(capability).map_err(|error| anyhow!("{error}"))?;
        for (secret, hash) in ["login", "other"].into_iter().zip(HASHES) {
            world.cluster.put_secret("one", secret, &[("hash", hash)]);
        }
        Ok(Self { world })
    }

    fn object(&self, name: &str) -> Option<Organization> {
        self.world.cluster.object("one", name)
    }

    fn there(&self, name: &str) -> Result<Organization> {
        self.object(name).context("it is gone")
    }

    fn status(&self, name: &str) -> Result<OrganizationStatus> {
        self.there(name)?.status.context("it says nothing")
    }

    /// A person's organization, served.
    async fn given(&self, object: &str, name: &str, email: &str) -> Result<()> {
        let wished = typed(&spec(name, email))?;
        self.world.cluster.apply("one", object, wished);
        self.settle().await
    }

    fn ask(&mut self, object: &str, asked: Asked, wished: &Value) -> Result<String> {
        Ok(self.world.ask("one", object, asked, &typed(wished)?))
    }

    fn update(&mut self, object: &str, wished: &Value) -> Result<String> {
        let former = serde_json::to_value(self.there(object)?.spec)?;
        self.ask(object, Asked::Update { former }, wished)
    }

    /// The pass that makes the change has made it, and is about to answer, when whoever asked gives
    /// up.
    fn revoke_before_the_answer(&self, name: &'static str) -> Result<()> {
        let asked = self.there(name)?;
        let note = asked.annotations().get(CHANGE_ANNOTATION);
        let mut note: ChangeNote = serde_json::from_str(note.context("nothing is asked for")?)?;
        note.revoked = true;
        let revoked = serde_json::to_string(&note)?;
        self.world.cluster.interrupt(move |cluster| {
            cluster.annotate("one", name, CHANGE_ANNOTATION, &revoked);
        });
        Ok(())
    }

    async fn settle(&self) -> Result<()> {
        let settled = self.world.settle().await;
        settled.map_err(|error| anyhow!("{error}"))
    }

    fn pass_time(&self) {
        self.world
            .clock
            .advance(WAIT + SignedDuration::from_secs(1));
    }

    /// Outcome and reason of the answer to that change, once nothing is left to be done for it.
    fn answer(&self, name: &str, id: &str) -> Result<(String, String)> {
        let object = self.there(name)?;
        let is_pending = object.annotations().contains_key(CHANGE_ANNOTATION);
        ensure!(!is_pending, "{name} is not settled");
        let answer = self.status(name)?.last_change.context("not answered")?;
        ensure!(answer.id == id, "answered is {}", answer.id);
        Ok((answer.outcome, answer.reason.unwrap_or_default()))
    }

    /// All that MongoDB holds, but for counts of revisions, generations and tokens.
    fn stored(&self) -> String {
        let mut documents = self.world.store.documents("organizations");
        documents.extend(self.world.store.documents("admins"));
        for document in &mut documents {
            for counted in [
                "revision",
                "token_version",
                "operation",
                "names",
                "credential_version",
            ] {
                document.remove(counted);
            }
            if let Ok(owner) = document.get_document_mut("owner") {
                owner.remove("generation");
            }
            if self.world.store.capability() == Capability::Unfenced {
                document.remove("collection_uuid");
            }
        }
        let documents: Vec<_> = documents.iter().map(ToString::to_string).collect();
        let collections = self.world.store.collection_names();
        format!("{}\n{collections:?}", documents.join("\n"))
    }
}

async fn everywhere(test: impl AsyncFn(Asking) -> Result<()>) -> Result<()> {
    for capability in [Capability::Fenced, Capability::Unfenced] {
        test(Asking::new(capability)?).await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_can_be_made_is_made_and_answered() -> Result<()> {
    everywhere(async |mut asking| {
        let created = asking.ask("red", Asked::Create, &spec("acme", "a@x.io"))?;
        asking.settle().await?;
        assert_eq!(asking.answer("red", &created)?.0, "Done");
        let wished = json!({
            "organizationName": "beta",
            "admin": {
                "email": "b@x.io",
                "passwordHashSecretRef": {"name": "other", "key": "hash"},
            },
            "deletionPolicy": "Delete",
        });
        let updated = asking.update("red", &wished)?;
        asking.settle().await?;
        assert_eq!(asking.answer("red", &updated)?.0, "Done");
        let status = asking.status("red")?;
        assert_eq!(status.organization_name.as_deref(), Some("beta"));
        assert_eq!(status.admin_email.as_deref(), Some("b@x.io"));
        let admins = asking.world.store.documents("admins");
        assert_eq!(admins[0].get_str("password")?, HASHES[1]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_create_that_is_refused_leaves_nothing_and_does_not_come_back() -> Result<()> {
    everywhere(async |mut asking| {
        asking.given("blue", "acme", "a@x.io").await?;
        asking.world.store.plant_collection("org_foreign")?;
        let before = asking.stored();
        for (name, email) in [
            ("acme", "b@x.io"),
            ("beta", "a@x.io"),
            ("foreign", "b@x.io"),
        ] {
            asking.ask("red", Asked::Create, &spec(name, email))?;
            asking.settle().await?;
            assert!(asking.object("red").is_none(), "{name} {email}");
            assert_eq!(asking.stored(), before);
        }
        // What stood in the way goes, and nothing comes of it.
        asking.world.cluster.delete("one", "blue");
        asking.settle().await?;
        assert!(asking.world.store.documents("organizations").is_empty());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_create_is_given_nothing_that_was_there_before() -> Result<()> {
    everywhere(async |mut asking| {
        let retained = json!({"deletionPolicy": "Retain"});
        let mut wished = spec("acme", "a@x.io");
        json_patch::merge(&mut wished, &retained);
        asking.ask("red", Asked::Create, &wished)?;
        asking.settle().await?;
        asking.world.next_document += 1;
        let document = mongodb::bson::doc! {"_id": asking.world.next_document};
        asking.world.store.plant("org_acme", document)?;
        asking.world.cluster.delete("one", "red");
        asking.settle().await?;
        // Somebody else asks for the name, by an object of the very same name.
        asking.ask("red", Asked::Create, &spec("acme", "stranger@x.io"))?;
        asking.settle().await?;
        assert!(asking.object("red").is_none());
        let records = asking.world.store.documents("organizations");
        assert!(!records[0].contains_key("owner"));
        assert_eq!(asking.world.store.documents("org_acme").len(), 1);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_comes_too_late_never_comes_to_life() -> Result<()> {
    everywhere(async |mut asking| {
        asking.given("blue", "acme", "a@x.io").await?;
        let before = asking.stored();
        asking.ask("red", Asked::Create, &spec("beta", "b@x.io"))?;
        asking.update("blue", &spec("gamma", "c@x.io"))?;
        // Nobody looks before the deadline: the controller was away.
        asking.pass_time();
        asking.settle().await?;
        assert!(asking.object("red").is_none());
        assert_eq!(asking.answer("blue", "change-2")?.0, "Withdrawn");
        assert_eq!(asking.stored(), before);
        let blue = asking.there("blue")?.spec;
        assert_eq!(blue, typed(&spec("acme", "a@x.io"))?);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_waits_for_something_is_made_when_it_comes_in_time_and_taken_back_otherwise()
-> Result<()> {
    everywhere(async |mut asking| {
        let by = |secret: &str| {
            let mut wished = spec("acme", "a@x.io");
            wished["admin"]["passwordHashSecretRef"]["name"] = json!(secret);
            wished
        };
        let first = asking.ask("red", Asked::Create, &by("first"))?;
        asking.settle().await?;
        let status = asking.status("red")?;
        assert_eq!(status.last_change, None);
        asking
            .world
            .cluster
            .put_secret("one", "first", &[("hash", HASHES[0])]);
        asking.settle().await?;
        assert_eq!(asking.answer("red", &first)?.0, "Done");

        asking.ask("blue", Asked::Create, &by("never"))?;
        asking.settle().await?;
        asking.pass_time();
        asking.settle().await?;
        assert!(asking.object("blue").is_none());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_update_that_is_refused_changes_nothing_though_the_obstacle_goes_away_later()
-> Result<()> {
    everywhere(async |mut asking| {
        asking.given("red", "acme", "a@x.io").await?;
        asking.given("blue", "beta", "b@x.io").await?;
        let before = asking.stored();
        for (name, email, reason) in [
            ("beta", "a@x.io", "NameConflict"),
            ("acme", "b@x.io", "EmailConflict"),
            ("beta", "b@x.io", "NameConflict"),
            ("gamma", "b@x.io", "EmailConflict"),
            ("beta", "c@x.io", "NameConflict"),
        ] {
            let mut wished = spec(name, email);
            wished["admin"]["passwordHashSecretRef"]["name"] = json!("other");
            let asked = asking.update("red", &wished)?;
            asking.settle().await?;
            let refused = ("Refused".to_owned(), reason.to_owned());
            assert_eq!(asking.answer("red", &asked)?, refused, "{name} {email}");
            assert_eq!(asking.stored(), before, "{name} {email}");
        }
        asking.world.cluster.delete("one", "blue");
        asking.settle().await?;
        let records = asking.world.store.documents("organizations");
        assert_eq!(records[0].get_str("organization_name")?, "acme");
        assert_eq!(records.len(), 1);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_revocation_that_came_before_the_answer_undoes_what_was_made() -> Result<()> {
    everywhere(async |mut asking| {
        asking.given("red", "acme", "a@x.io").await?;
        let before = asking.stored();
        let asked = asking.update("red", &spec("beta", "b@x.io"))?;
        asking.revoke_before_the_answer("red")?;
        asking.settle().await?;
        assert_eq!(asking.answer("red", &asked)?.0, "Withdrawn");
        // The new name is in quarantine until its time is over.
        asking.world.clock.advance(SignedDuration::from_secs(61));
        asking.settle().await?;
        assert_eq!(asking.stored(), before);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn of_a_create_that_nobody_was_told_of_nothing_stays_whatever_its_policy() -> Result<()> {
    everywhere(async |mut asking| {
        let before = asking.stored();
        let mut wished = spec("acme", "a@x.io");
        wished["deletionPolicy"] = json!("Retain");
        asking.ask("red", Asked::Create, &wished)?;
        asking.revoke_before_the_answer("red")?;
        asking.settle().await?;
        assert!(asking.object("red").is_none());
        assert_eq!(asking.stored(), before);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_manifest_that_was_copied_in_the_middle_of_a_change_means_nothing() -> Result<()> {
    everywhere(async |mut asking| {
        asking.ask("red", Asked::Create, &spec("acme", "a@x.io"))?;
        let copied = asking.there("red")?;
        asking.settle().await?;
        let later = asking.update("red", &spec("beta", "a@x.io"))?;
        asking.settle().await?;
        let before = asking.stored();
        asking.pass_time();
        let note = copied.annotations().get(CHANGE_ANNOTATION);
        let note = note.context("nothing was asked for")?;
        asking
            .world
            .cluster
            .annotate("one", "red", CHANGE_ANNOTATION, note);
        asking.settle().await?;
        assert_eq!(asking.answer("red", &later)?.0, "Done");
        assert_eq!(asking.stored(), before);
        assert_eq!(
            asking.there("red")?.spec.deletion_policy,
            DeletionPolicy::Delete
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_the_service_does_not_look_after_heeds_no_such_annotation() -> Result<()> {
    everywhere(async |asking| {
        asking.given("red", "acme", "a@x.io").await?;
        let note = json!({"id": "x", "type": "Create", "deadline": "1970-01-01T00:00:00Z"});
        asking
            .world
            .cluster
            .annotate("one", "red", CHANGE_ANNOTATION, &note.to_string());
        asking.settle().await?;
        assert!(asking.object("red").is_some());
        Ok(())
    })
    .await
}
