//! A test's own world: a namespace, a database and an operator that watches only these.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api, Client,
    api::{ApiResource, DeleteParams, DynamicObject, Patch, PatchParams},
    core::GroupVersionKind,
    runtime::wait::{Condition, await_condition},
};
use mongodb::Database;
use organization_operator::crd::{Organization, OrganizationStatus};
use organization_operator_harness::operator::Operator;
use serde_json::Value;

use crate::{
    gitops::is_shown_as_what_it_is,
    mongo_users,
    process::operator,
    rights::{self, Mode, Place},
    samples::{HASH, PASSWORD, secret},
    servers::{client, make_namespace, mongo_client, servers},
};

/// Longer than anything takes that works, on two cores that do much else, and where two operators
/// race on a server whose listings bring dropped collections back.
pub const PATIENCE: Duration = Duration::from_mins(3);

/// Flags of an operator that acts without the Lease.
pub const ALONE: &[&str] = &["--leader-election=false"];

static WORLDS: AtomicU32 = AtomicU32::new(0);

pub struct World {
    pub namespace: String,
    /// A second namespace, which the operator watches too.
    pub elsewhere: String,
    pub database: Database,
    pub operator: Operator,
    /// What its operator may do.
    pub mode: Mode,
    pub client: Client,
    /// Of a person, who may do anything. The operator's own is another one.
    pub kubeconfig: PathBuf,
}

impl World {
    /// A world whose operator is ready.
    pub async fn start(name: &str) -> Result<Self> {
        Self::with(name, &[]).await
    }

    /// As [`Self::start`], with more flags of the controller.
    pub async fn with(name: &str, flags: &[&str]) -> Result<Self> {
        Self::on(name, servers()?.mongo.url(), flags).await
    }

    /// As [`Self::with`], on a database server of the test's own.
    pub async fn on(name: &str, mongo_url: &str, flags: &[&str]) -> Result<Self> {
        let world = Self::unready(name, mongo_url, flags).await?;
        tokio::task::block_in_place(|| world.operator.start())?;
        Ok(world)
    }

    /// As [`Self::on`], with the operator still to be started.
    pub async fn unready(name: &str, mongo_url: &str, flags: &[&str]) -> Result<Self> {
        Self::of("controller", name, mongo_url, flags, &[]).await
    }

    /// As [`Self::unready`], with another command than `controller`. `settings` go before the usual.
    /// Where a MongoDB URL is root's, the operator comes by it as itself.
    pub async fn of(
        command: &str,
        name: &str,
        mongo_url: &str,
        flags: &[&str],
        settings: &[(&str, &str)],
    ) -> Result<Self> {
        let mode = Mode::of(name)?;
        let number = WORLDS.fetch_add(1, Ordering::Relaxed);
        let namespace = format!("{name}-{number}");
        let database = format!("{}_{number}", name.replace('-', "_"));
        let place = Place::of(&namespace);
        let scopes = place.watched.join(",");
        let args: Vec<_> = [command].iter().chain(flags).copied().collect();
        let client = client().await?;
        for namespace in place.namespaces() {
            make_namespace(&client, namespace).await?;
        }
        let kubeconfig =
            tokio::task::block_in_place(|| rights::grant(&servers()?.cluster, mode, &place))?;
        let kubeconfig = kubeconfig.to_string_lossy().into_owned();
        let usual = [
            ("KUBECONFIG", kubeconfig.as_str()),
            ("MONGO_URL", mongo_url),
            ("MASTER_DB_NAME", &database),
            ("NAME_QUARANTINE", "1s"),
            // Two cores, and whatever else runs on them: a slow answer is no failure here.
            ("MONGO_READ_TIMEOUT", "30s"),
            ("MONGO_WRITE_TIMEOUT", "30s"),
            ("BCRYPT_COST", "10"),
            ("LOG_FORMAT", "text"),
            ("LOG_LEVEL", "trace"),
            // A namespace that no test deletes, and slow renewals are no failure either.
            ("LEASE_NAMESPACE", &place.own),
            ("LEASE_DURATION", "30s"),
            // Each command takes what is its own.
            ("WATCH_NAMESPACES", &scopes),
            ("ADOPTION_NAMESPACES", &namespace),
            ("API_NAMESPACE", &namespace),
        ];
        let usual = usual.iter().chain(mode.settings());
        let environment: Vec<_> = usual.chain(settings).copied().collect();
        mongo_users::admit(mongo_url, &database).await?;
        let whose = (namespace.as_str(), database.as_str());
        let operator = operator(whose, &namespace, &args, &environment)?;
        let [_, elsewhere] = place.watched;
        let world = Self {
            database: mongo_client(mongo_url).await?.database(&database),
            namespace,
            elsewhere,
            operator,
            mode,
            client,
            kubeconfig: servers()?.cluster.kubeconfig().to_owned(),
        };
        for namespace in [&world.namespace, &world.elsewhere] {
            world
                .put_secret_in(
                    namespace,
                    "login",
                    &[("hash", HASH), ("password", PASSWORD)],
                )
                .await?;
        }
        Ok(world)
    }

    pub fn organizations_in(&self, namespace: &str) -> Api<Organization> {
        Api::namespaced(self.client.clone(), namespace)
    }

    pub fn organizations(&self) -> Api<Organization> {
        self.organizations_in(&self.namespace)
    }

    pub fn secrets(&self) -> Api<Secret> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// `kubectl apply --server-side`.
    pub async fn apply_in(&self, namespace: &str, manifest: &Value) -> Result<()> {
        let text = |pointer: &str| manifest.pointer(pointer).and_then(Value::as_str);
        let version = text("/apiVersion").context("no apiVersion")?;
        let (group, version) = version.split_once('/').unwrap_or(("", version));
        let kind = GroupVersionKind::gvk(group, version, text("/kind").context("no kind")?);
        let api: Api<DynamicObject> = Api::namespaced_with(
            self.client.clone(),
            namespace,
            &ApiResource::from_gvk(&kind),
        );
        let params = PatchParams::apply("a-person").force();
        api.patch(
            text("/metadata/name").context("no name")?,
            &params,
            &Patch::Apply(manifest),
        )
        .await?;
        Ok(())
    }

    pub async fn apply(&self, manifest: &Value) -> Result<()> {
        self.apply_in(&self.namespace, manifest).await
    }

    /// `kubectl patch --type merge`.
    pub async fn patch(&self, name: &str, patch: &Value) -> Result<()> {
        self.organizations()
            .patch(name, &PatchParams::default(), &Patch::Merge(patch))
            .await?;
        Ok(())
    }

    pub async fn put_secret_in(
        &self,
        namespace: &str,
        name: &str,
        data: &[(&str, &str)],
    ) -> Result<()> {
        self.apply_in(namespace, &secret(name, data)).await
    }

    pub async fn put_secret(&self, name: &str, data: &[(&str, &str)]) -> Result<()> {
        self.put_secret_in(&self.namespace, name, data).await
    }

    /// The organization, once its present generation rests for that reason.
    pub async fn settled(&self, name: &str, reason: &str) -> Result<Organization> {
        self.settled_in(&self.namespace, name, reason).await
    }

    pub async fn settled_in(
        &self,
        namespace: &str,
        name: &str,
        reason: &str,
    ) -> Result<Organization> {
        let told = self.until_in(namespace, name, |object: Option<&Organization>| {
            object.is_some_and(|object| {
                let generation = object.metadata.generation;
                ready(object).is_some_and(|(_, said)| said == reason)
                    && status(object).observed_generation == generation
            })
        });
        let object = told.await?.with_context(|| format!("{name} is gone"))?;
        is_shown_as_what_it_is(&object, reason)?;
        Ok(object)
    }

    pub async fn gone(&self, name: &str) -> Result<()> {
        self.until_in(&self.namespace, name, |object: Option<&Organization>| {
            object.is_none()
        })
        .await?;
        Ok(())
    }

    /// The organization once `condition` holds; with all that is known where it doesn't.
    pub async fn until_in(
        &self,
        namespace: &str,
        name: &str,
        condition: impl Condition<Organization>,
    ) -> Result<Option<Organization>> {
        let api = self.organizations_in(namespace);
        if let Ok(object) =
            tokio::time::timeout(PATIENCE, await_condition(api.clone(), name, condition)).await
        {
            Ok(object?)
        } else {
            let object = serde_json::to_string_pretty(&api.get_opt(name).await?)?;
            let log = self.operator.log();
            let tail: Vec<_> = log.lines().rev().take(30).collect();
            bail!(
                "{name} never came to it:\n{object}\nthe log's end, newest first:\n{}",
                tail.join("\n")
            )
        }
    }

    pub async fn delete(&self, name: &str) -> Result<()> {
        self.organizations()
            .delete(name, &DeleteParams::default())
            .await?;
        Ok(())
    }
}

pub fn status(object: &Organization) -> OrganizationStatus {
    object.status.clone().unwrap_or_default()
}

/// Status and reason of condition Ready.
pub fn ready(object: &Organization) -> Option<(String, String)> {
    condition(object, "Ready").map(|ready| (ready.0, ready.1))
}

/// Status, reason and message of a condition.
pub fn condition(object: &Organization, type_: &str) -> Option<(String, String, String)> {
    let conditions = status(object).conditions;
    let found = conditions
        .into_iter()
        .find(|condition| condition.type_ == type_)?;
    Some((found.status, found.reason, found.message))
}
