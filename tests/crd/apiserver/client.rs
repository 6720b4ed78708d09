//! An API server for all tests, and requests as kubectl makes them.

#![expect(
    clippy::disallowed_methods,
    reason = "a person's hand writes to the cluster"
)]

use std::path::Path;
use std::sync::LazyLock;

use anyhow::{Context as _, Result, anyhow, bail};
use http::Request;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use organization_operator_harness::{control_plane::ControlPlane, home::Home};
use serde_json::{Value, json};

/// What was tried, not to be kept.
pub const DRY: &str = "?fieldValidation=Strict&dryRun=All";
/// As kubectl asks by default.
pub const STRICT: &str = "?fieldValidation=Strict";

static CLUSTER: LazyLock<Result<ControlPlane, String>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let start = || -> Result<ControlPlane> {
        let home = Home::temporary(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("crd"))?;
        Ok(ControlPlane::start(&home, &root.join("crds"))?)
    };
    start().map_err(|error| format!("{error:#}"))
});

/// Started once; it ends with the process.
pub fn cluster() -> Result<&'static ControlPlane> {
    CLUSTER.as_ref().map_err(|error| anyhow!("{error}"))
}

/// A namespace of a test's own.
pub struct Namespace {
    pub name: &'static str,
    client: Client,
}

/// Follows each refusal that kept the rules from being run; it says nothing of the object.
const NOT_ALL_CHECKED: &str = "some validation rules were not checked";

/// Why the API server refused: its code, and each cause's field and message.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: u16,
    pub message: String,
    pub causes: Vec<(String, String)>,
}

impl Namespace {
    pub async fn make(name: &'static str) -> Result<Self> {
        let kubeconfig = Kubeconfig::read_from(cluster()?.kubeconfig())?;
        let options = KubeConfigOptions::default();
        let config = Config::from_custom_kubeconfig(kubeconfig, &options).await?;
        let client = Client::try_from(config)?;
        let made = Self { name, client };
        let namespace =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        made.request("POST", "/api/v1/namespaces", &namespace)
            .await?
            .map_err(|refusal| anyhow!("{refusal:?}"))?;
        Ok(made)
    }

    /// The path of the Organizations, or of the one of that name.
    pub fn path(&self, name: &str) -> String {
        let all = format!(
            "/apis/organization-operator.dev/v1alpha1/namespaces/{}/organizations",
            self.name
        );
        if name.is_empty() {
            all
        } else {
            format!("{all}/{name}")
        }
    }

    pub async fn create(&self, object: &Value, how: &str) -> Result<Result<Value, Refusal>> {
        self.request("POST", &format!("{}{how}", self.path("")), object)
            .await
    }

    /// Replaces what stands there, in whatever version.
    pub async fn replace(&self, object: &Value, how: &str) -> Result<Result<Value, Refusal>> {
        let name = object["metadata"]["name"].as_str().context("no name")?;
        let standing = self.get(&self.path(name)).await?;
        let mut object = object.clone();
        object["metadata"]["resourceVersion"] = standing["metadata"]["resourceVersion"].clone();
        self.request("PUT", &format!("{}{how}", self.path(name)), &object)
            .await
    }

    pub async fn get(&self, path: &str) -> Result<Value> {
        let request = Request::get(path).body(Vec::new())?;
        Ok(self.client.request(request).await?)
    }

    pub async fn delete(&self, name: &str) -> Result<()> {
        let request = Request::delete(self.path(name)).body(Vec::new())?;
        let _: Value = self.client.request(request).await?;
        Ok(())
    }

    pub async fn request(
        &self,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Result<Result<Value, Refusal>> {
        let content_type = match method {
            "PATCH" => "application/merge-patch+json",
            _ => "application/json",
        };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", content_type)
            .body(body.to_string().into_bytes())?;
        match self.client.request::<Value>(request).await {
            Ok(answer) => Ok(Ok(answer)),
            Err(kube::Error::Api(status)) => {
                let causes = status
                    .details
                    .into_iter()
                    .flat_map(|details| details.causes);
                let causes = causes.map(|cause| (cause.field, cause.message));
                Ok(Err(Refusal {
                    code: status.code,
                    message: status.message,
                    causes: causes
                        .filter(|(_, message)| !message.contains(NOT_ALL_CHECKED))
                        .collect(),
                }))
            }
            Err(error) => bail!(error),
        }
    }
}
