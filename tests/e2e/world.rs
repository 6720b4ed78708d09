//! A test's own world: a namespace, a database and an operator that watches only these.

use std::{
    path::Path,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow, bail};
use k8s_openapi::api::core::v1::{Namespace, Secret};
use kube::{
    Api, Client, Config,
    api::{ApiResource, DeleteParams, DynamicObject, ObjectMeta, Patch, PatchParams, PostParams},
    config::{KubeConfigOptions, Kubeconfig},
    core::GroupVersionKind,
    runtime::wait::{Condition, await_condition},
};
use mongodb::{
    Database,
    bson::{Document, doc},
};
use organization_operator::crd::{Organization, OrganizationStatus};
use organization_operator_harness::{
    control_plane::ControlPlane, home::Home, mongo::MongoServer, operator::Operator,
};
use serde_json::Value;

use crate::samples::{HASH, PASSWORD, secret};

pub const BINARY: &str = env!("CARGO_BIN_EXE_organization-operator");

/// Longer than anything takes that works, on two cores that do much else.
pub const PATIENCE: Duration = Duration::from_mins(1);

static WORLDS: AtomicU32 = AtomicU32::new(0);

pub struct Servers {
    pub home: Home,
    pub cluster: ControlPlane,
    pub mongo: MongoServer,
}

/// Started once, for all tests; they end with the process.
pub fn servers() -> Result<&'static Servers> {
    static SERVERS: OnceLock<Result<Servers, String>> = OnceLock::new();
    let started = SERVERS.get_or_init(|| start().map_err(|error| format!("{error:#}")));
    started.as_ref().map_err(|error| anyhow!("{error}"))
}

fn start() -> Result<Servers> {
    let home = Home::temporary(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("e2e"))?;
    let crds = Path::new(env!("CARGO_MANIFEST_DIR")).join("crds");
    Ok(Servers {
        cluster: ControlPlane::start(&home, &crds)?,
        mongo: MongoServer::for_tests(&home)?,
        home,
    })
}

pub async fn client() -> Result<Client> {
    let kubeconfig = Kubeconfig::read_from(servers()?.cluster.kubeconfig())?;
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
    Ok(Client::try_from(config)?)
}

pub struct World {
    pub namespace: String,
    /// A second namespace, which the operator watches too.
    pub elsewhere: String,
    pub database: Database,
    pub operator: Operator,
    pub client: Client,
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
        let number = WORLDS.fetch_add(1, Ordering::Relaxed);
        let namespace = format!("{name}-{number}");
        let elsewhere = format!("{namespace}-elsewhere");
        let database = format!("{}_{number}", name.replace('-', "_"));
        let scopes = format!("{namespace},{elsewhere}");
        let usual = [
            "--watch-namespaces",
            &scopes,
            "--adoption-namespaces",
            &namespace,
        ];
        let args: Vec<_> = ["controller"]
            .iter()
            .chain(&usual)
            .chain(flags)
            .copied()
            .collect();
        let kubeconfig = servers()?
            .cluster
            .kubeconfig()
            .to_string_lossy()
            .into_owned();
        let environment = [
            ("KUBECONFIG", kubeconfig.as_str()),
            ("MONGO_URL", mongo_url),
            ("MASTER_DB_NAME", &database),
            ("NAME_QUARANTINE", "1s"),
            // Two cores, and whatever else runs on them: a slow answer is no failure here.
            ("MONGO_READ_TIMEOUT", "30s"),
            ("MONGO_WRITE_TIMEOUT", "30s"),
            ("BCRYPT_COST", "10"),
            ("LOG_FORMAT", "text"),
            ("LOG_LEVEL", "info,organization_operator=debug"),
        ];
        let process = format!("operator-{namespace}");
        let operator = Operator::new(
            &servers()?.home,
            &process,
            Path::new(BINARY),
            &args,
            &environment,
        )?;
        let client = client().await?;
        let world = Self {
            database: mongodb::Client::with_uri_str(mongo_url)
                .await?
                .database(&database),
            namespace,
            elsewhere,
            operator,
            client,
        };
        for namespace in [&world.namespace, &world.elsewhere] {
            world.make_namespace(namespace).await?;
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

    async fn make_namespace(&self, name: &str) -> Result<()> {
        let namespace = Namespace {
            metadata: ObjectMeta {
                name: Some(name.to_owned()),
                ..ObjectMeta::default()
            },
            ..Namespace::default()
        };
        let api = Api::<Namespace>::all(self.client.clone());
        api.create(&PostParams::default(), &namespace).await?;
        Ok(())
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
        told.await?.with_context(|| format!("{name} is gone"))
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

    /// The one document of `collection` that has that value.
    pub async fn record(&self, collection: &str, field: &str, value: &str) -> Result<Document> {
        let found = self
            .database
            .collection::<Document>(collection)
            .find_one(doc! {field: value})
            .await?;
        found.with_context(|| format!("{collection} has none with {field} {value}"))
    }

    pub async fn count(&self, collection: &str) -> Result<u64> {
        Ok(self
            .database
            .collection::<Document>(collection)
            .count_documents(doc! {})
            .await?)
    }

    pub async fn collections(&self) -> Result<Vec<String>> {
        let mut names = self.database.list_collection_names().await?;
        names.sort();
        Ok(names)
    }

    /// The sum of a metric over all its labels that hold `label`.
    pub fn metric(&self, name: &str, label: &str) -> Result<u64> {
        let (_, text) = self
            .operator
            .get("/metrics")
            .map_err(|error| anyhow!(error))?;
        let lines = text
            .lines()
            .filter(|line| line.starts_with(name) && line.contains(label));
        let values = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
        Ok(values.sum())
    }

    pub fn hashes(&self) -> Result<u64> {
        self.metric("organization_operator_hashes_total", "")
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

impl World {
    /// Waits until `holds`, for what has no watch.
    pub async fn eventually<F>(&self, what: &str, mut holds: impl FnMut() -> F) -> Result<()>
    where
        F: Future<Output = Result<bool>>,
    {
        let mut looks = tokio::time::interval(Duration::from_millis(50));
        let found = tokio::time::timeout(PATIENCE, async {
            loop {
                looks.tick().await;
                if holds().await? {
                    return anyhow::Ok(());
                }
            }
        });
        match found.await {
            Ok(found) => found,
            Err(_) => bail!("never: {what}\n{}", self.operator.log()),
        }
    }

    /// Waits until organization `name` no longer holds `former`.
    pub async fn released(&self, name: &str, former: &str) -> Result<()> {
        self.eventually("a name is released", || async {
            let record = self
                .record("organizations", "organization_name", name)
                .await?;
            Ok(!record.get_array("names")?.contains(&former.into()))
        })
        .await
    }
}
