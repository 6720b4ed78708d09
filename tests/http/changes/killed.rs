//! The service dies at any of its calls to the Kubernetes API, before the call is made or after: the
//! change that it was about is whole, or it never was.

mod mortal;

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, ensure};
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use mongodb::bson::doc;
use serde_json::{Value, json};

use self::mortal::{Death, Mortal};
use super::settled;
use crate::world::{Settings, TestClock, World};

/// More calls than any request makes.
const CALLS: usize = 40;

/// A change that is asked for through HTTP.
#[derive(Debug, Clone, Copy)]
enum Change {
    Create,
    Update,
    /// Of a tenant of the older service: it gets its object first.
    UpdateOlder,
    Delete,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    Nothing,
    Whole,
}

/// A world in which the service may die.
struct Life {
    world: World,
    clock: Arc<TestClock>,
    death: Arc<Death>,
}

impl Life {
    fn begin() -> Result<Self> {
        let clock = Arc::new(TestClock::at(Timestamp::now()));
        let death = Arc::new(Death::default());
        death.never();
        let mortal = Arc::clone(&death);
        let world = World::with(Settings {
            clock: Arc::clone(&clock) as _,
            objects: Box::new(move |cluster| {
                Arc::new(Mortal {
                    cluster,
                    death: mortal,
                })
            }),
            ..Settings::default()
        })?;
        Ok(Self {
            world,
            clock,
            death,
        })
    }

    /// The token with which the change is asked for.
    async fn prepare(&self, change: Change) -> Result<String> {
        match change {
            Change::Create => return Ok(String::new()),
            Change::UpdateOlder => {
                let now = Timestamp::now();
                let older = self.world.older("acme", "admin@acme.io", "Secret123", now);
                older.await?;
            }
            Change::Update | Change::Delete => {
                self.world
                    .created("acme", "admin@acme.io", "Secret123")
                    .await?;
            }
        }
        self.world.store.plant("org_acme", doc! {"_id": 1})?;
        self.world.logged_in("admin@acme.io", "Secret123").await
    }

    /// Whether the service lived to give its answer: that it did it.
    async fn ask(&self, change: Change, token: &str) -> Result<bool> {
        let (method, path, body) = request(change);
        let asked = self.world.json_as(method, path, token, &body);
        tokio::select! {
            answer = asked => {
                let answer = answer?;
                ensure!(answer.status == StatusCode::OK, "{}", answer.text());
                Ok(true)
            }
            () = self.death.came.notified() => Ok(false),
        }
    }

    /// Once the time of the change is over for everybody.
    async fn settle(&self) -> Result<()> {
        let last = Mutex::new(String::new());
        let is_still = |world: &World| {
            self.clock.advance(SignedDuration::from_millis(500));
            let everything = world.everything();
            let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
            let is_still = *last == everything;
            *last = everything;
            (settled(world).is_some() && is_still).then_some(())
        };
        self.world.until(is_still).await
    }

    async fn is_served(&self, name: &str, email: &str, password: &str) -> Result<()> {
        let token = self.world.logged_in(email, password).await?;
        let found = self.world.get_as("GET", "/org/me", &token).await?.json()?;
        ensure!(found["organization_name"] == name, "{found}");
        ensure!(found["collection_name"] == format!("org_{name}"), "{found}");
        Ok(())
    }

    async fn judge(&self, change: Change, before: &str) -> Result<Came> {
        let records = self.world.store.documents("organizations").len();
        let documents = |name: &str| self.world.store.documents(name).len();
        let came = match change {
            Change::Create if records == 0 => Came::Nothing,
            Change::Create => {
                self.is_served("acme", "admin@acme.io", "Secret123").await?;
                Came::Whole
            }
            Change::Delete if records == 0 => {
                ensure!(self.world.cluster.objects().is_empty(), "its object");
                ensure!(documents("admins") == 0, "its admin");
                ensure!(
                    self.world
                        .store
                        .collection_names()
                        .iter()
                        .all(|name| name != "org_acme")
                );
                Came::Whole
            }
            Change::Delete => Came::Nothing,
            Change::Update | Change::UpdateOlder if documents("org_beta") == 1 => {
                self.is_served("beta", "boss@acme.io", "Secret456").await?;
                let former = self.world.login("admin@acme.io", "Secret123").await?;
                ensure!(
                    former.status == StatusCode::UNAUTHORIZED,
                    "{}",
                    former.text()
                );
                Came::Whole
            }
            Change::Update | Change::UpdateOlder => {
                ensure!(documents("org_acme") == 1, "its documents");
                self.is_served("acme", "admin@acme.io", "Secret123").await?;
                // That an older tenant has an object from now on is the first half of its change.
                for object in self.world.cluster.objects() {
                    let wish = (object.spec.organization_name, object.spec.admin.email);
                    let former = (Some("acme".to_owned()), "admin@acme.io".to_owned());
                    ensure!(wish == former, "{wish:?}");
                }
                Came::Nothing
            }
        };
        if came == Came::Nothing && !matches!(change, Change::UpdateOlder) {
            let after = self.world.everything();
            ensure!(after == before, "before:\n{before}\nafter:\n{after}");
        }
        Ok(came)
    }
}

fn request(change: Change) -> (&'static str, &'static str, Value) {
    match change {
        Change::Create => (
            "POST",
            "/org/create",
            json!({"organization_name": "acme", "email": "admin@acme.io", "password": "Secret123"}),
        ),
        Change::Update | Change::UpdateOlder => (
            "PUT",
            "/org/update",
            json!({
                "organization_name": "acme", "new_organization_name": "beta",
                "email": "boss@acme.io", "password": "Secret456",
            }),
        ),
        Change::Delete => ("DELETE", "/org/delete?organization_name=acme", Value::Null),
    }
}

/// What came of it, for each half of a call at which the service died; the last: it lived.
async fn killed_at_each_call(change: Change) -> Result<Vec<Came>> {
    let mut all = Vec::new();
    for halves in 0..2 * CALLS {
        let life = Life::begin()?;
        let token = life.prepare(change).await?;
        life.settle().await?;
        let before = life.world.everything();
        life.death.after(halves);
        let lived = life.ask(change, &token).await?;
        // It is started again.
        life.death.never();
        life.settle().await?;
        let came = life.judge(change, &before).await;
        let came = came.with_context(|| format!("{change:?} after {halves} halves of calls"))?;
        all.push(came);
        if lived {
            return Ok(all);
        }
    }
    anyhow::bail!("{change:?} makes more calls than {CALLS}")
}

async fn whole_or_never(change: Change) -> Result<()> {
    let came = killed_at_each_call(change).await?;
    println!("{change:?}: {came:?}");
    // From some call on it is made, whoever dies; before that it is not.
    assert_eq!(came.first(), Some(&Came::Nothing));
    assert_eq!(came.last(), Some(&Came::Whole));
    let made = came.iter().skip_while(|came| **came == Came::Nothing);
    assert!(made.copied().all(|came| came == Came::Whole), "{came:?}");
    Ok(())
}

#[tokio::test]
async fn killed_at_any_call_of_a_create_it_leaves_the_whole_or_nothing() -> Result<()> {
    whole_or_never(Change::Create).await
}

#[tokio::test]
async fn killed_at_any_call_of_an_update_it_leaves_the_whole_or_nothing() -> Result<()> {
    whole_or_never(Change::Update).await
}

#[tokio::test]
async fn killed_at_any_call_of_an_older_tenants_update_it_leaves_the_whole_or_nothing() -> Result<()>
{
    whole_or_never(Change::UpdateOlder).await
}

#[tokio::test]
async fn killed_at_any_call_of_a_delete_it_leaves_the_whole_or_nothing() -> Result<()> {
    whole_or_never(Change::Delete).await
}
