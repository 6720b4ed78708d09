//! Connections to the cluster, as the subcommands share them.

use std::time::Duration;

use anyhow::Context as _;
use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, Client, Config, ResourceExt};

/// Whose uid names the cluster: it is made with the cluster, and never anew.
const CLUSTER_NAMESPACE: &str = "kube-system";

/// How often an API server that doesn't answer is asked again.
const RETRY: Duration = Duration::from_secs(2);

/// The two ways to talk to the API server.
#[derive(Clone)]
pub struct Clients {
    /// Retries what failed for a passing reason.
    pub reads: Client,
    /// Sends once: what became of a write is for the next pass to see, and a watch begins anew by
    /// itself, sooner than an answer of 503 is tried again.
    pub writes: Client,
    /// What the latter is made of.
    pub config: Config,
}

/// Clients by the usual rules: KUBECONFIG, ~/.kube/config, or the pod's own service account.
pub async fn clients() -> anyhow::Result<Clients> {
    let config = Config::infer().await.context("no cluster is configured")?;
    let mut once = config.clone();
    once.default_retry = false;
    Ok(Clients {
        reads: Client::try_from(config)?,
        writes: Client::try_from(once.clone())?,
        config: once,
    })
}

/// The cluster's id: the setting's, or its own as soon as the API server gives it.
pub async fn cluster_id(given: Option<&str>, client: &Client) -> String {
    if let Some(id) = given {
        return id.to_owned();
    }
    loop {
        match own_cluster_id(client).await {
            Ok(id) => return id,
            Err(error) => {
                let why = crate::controller::cluster::describe(&error);
                tracing::warn!(
                    why,
                    "namespace kube-system can't be read; --cluster-id does without"
                );
            }
        }
        tokio::time::sleep(RETRY).await;
    }
}

/// The cluster's own id, asked for once.
pub async fn own_cluster_id(client: &Client) -> Result<String, kube::Error> {
    let namespaces = Api::<Namespace>::all(client.clone());
    let namespace = namespaces.get(CLUSTER_NAMESPACE).await?;
    Ok(namespace.uid().unwrap_or_default())
}
