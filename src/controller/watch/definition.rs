//! Whether the API server serves organizations as this program knows them: until it does, there is
//! nothing to be watched, and part of what is written would be lost.

use std::time::Duration;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{CustomResourceExt as _, api::ListParams, core::PartialObjectMeta, runtime::watcher};

use crate::{
    controller::cluster::{ClusterError, KubeApi, describe},
    crd::{
        Organization,
        definition::{
            self,
            compare::{lacking, newer, schema_of},
        },
    },
    runtime::readiness::{Need, Readiness},
};

/// How often it is asked whether the definition is served, until it is.
const PERIOD: Duration = Duration::from_secs(2);

/// The definition of organizations, as a process that begins needs it.
pub struct Definition {
    /// How it is read, and written.
    pub api: KubeApi,
    /// Where organizations are looked for; `None`: everywhere.
    pub namespace: Option<String>,
    /// Whether this program's own is put in place first, unless a newer one is there.
    pub installs: bool,
}

impl Definition {
    /// Waits until the API server serves organizations with all that this program knows of them.
    pub async fn served(&self, readiness: &Readiness) {
        let mut told = None;
        loop {
            // Large, and waited for beside much else.
            let Err(why) = Box::pin(self.look()).await else {
                let _ = readiness.met(Need::Definition);
                return;
            };
            let _ = readiness.unmet(Need::Definition, why.clone());
            if told.as_ref() != Some(&why) {
                tracing::warn!(why, "organizations are not served");
                told = Some(why);
            }
            tokio::time::sleep(PERIOD).await;
        }
    }

    async fn look(&self) -> Result<(), String> {
        if self.installs {
            self.install().await?;
        }
        let organizations = self
            .api
            .listing::<PartialObjectMeta<Organization>>(self.namespace.as_deref());
        let page = ListParams::default().limit(1);
        let listed = organizations.list_metadata(&page).await;
        listed.map_err(|error| absence(&error))?;
        self.compare().await
    }

    /// Whether what is served knows all that this program may write.
    async fn compare(&self) -> Result<(), String> {
        let served = match self.api.served_schema().await {
            Ok(served) => served,
            Err(ClusterError::Gone) => {
                return Err(format!("{} is not published yet", name()));
            }
            // Everybody who is logged in may read it by default. Where that was taken away, nothing is known
            // against it.
            Err(ClusterError::Refused(why)) => {
                tracing::warn!(why, "how old the definition is can't be read");
                return Ok(());
            }
            Err(error) => return Err(error.to_string()),
        };
        let ours = definition::definition().map_err(|error| error.to_string())?;
        let missing = schema_of(&ours).map(|ours| lacking(ours, &served));
        let missing = missing.unwrap_or_default();
        if missing.is_empty() {
            return Ok(());
        }
        Err(format!(
            "{} is older than this operator: it lacks {}; apply the one that \
             `organization-operator crd` prints, or start with --install-crds",
            name(),
            missing.join(", ")
        ))
    }

    async fn install(&self) -> Result<(), String> {
        let refused = |error: ClusterError| format!("--install-crds: {}: {error}", name());
        let ours = definition::definition().map_err(|error| error.to_string())?;
        let present = self.api.get_definition().await.map_err(refused)?;
        if let Some(present) = present {
            if present.metadata.deletion_timestamp.is_some() {
                return Err(format!("--install-crds: {} is being deleted", name()));
            }
            let present = serde_json::to_value(present).map_err(|error| error.to_string())?;
            if let Some(why) = newer(&present, &ours) {
                tracing::warn!(
                    why,
                    "the definition is newer than this operator, and left as it is"
                );
                return Ok(());
            }
        }
        let applied = self.api.apply_definition(&ours).await.map_err(refused)?;
        if is_established(&applied) {
            tracing::info!(version = definition::VERSION, "the definition is installed");
            Ok(())
        } else {
            Err(format!("--install-crds: {} is not established yet", name()))
        }
    }
}

fn is_established(definition: &CustomResourceDefinition) -> bool {
    let status = definition.status.iter();
    let mut conditions = status.flat_map(|status| status.conditions.iter().flatten());
    conditions.any(|condition| condition.type_ == "Established" && condition.status == "True")
}

/// What the watch of the organizations tells of their definition: a person may remove it, and put it
/// back.
pub(super) fn note<K>(change: &watcher::Result<watcher::Event<K>>, readiness: &Readiness) {
    match change {
        Ok(watcher::Event::InitDone | watcher::Event::Apply(_) | watcher::Event::Delete(_)) => {
            if readiness.met(Need::Definition) {
                tracing::info!("organizations are served again");
            }
        }
        Err(watcher::Error::InitialListFailed(error) | watcher::Error::WatchStartFailed(error))
            if is_absence(error) =>
        {
            let why = absence(error);
            if readiness.unmet(Need::Definition, why.clone()) {
                tracing::warn!(why, "organizations are not served");
            }
        }
        // The first two are said before anything was asked.
        Ok(watcher::Event::Init | watcher::Event::InitApply(_)) | Err(_) => {}
    }
}

/// Why organizations can't be listed.
fn absence(error: &kube::Error) -> String {
    if is_absence(error) {
        format!("{} is not installed", name())
    } else {
        describe(error)
    }
}

fn is_absence(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 404)
}

fn name() -> String {
    format!("CustomResourceDefinition {}", Organization::crd_name())
}
