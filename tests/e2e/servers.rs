//! The servers of all tests: started once, ended with the process.

use std::{path::Path, sync::OnceLock, time::Duration};

use anyhow::{Result, anyhow};
use k8s_openapi::api::core::v1::Namespace;
use kube::{
    Api, Client, Config,
    api::{ObjectMeta, PostParams},
    config::{KubeConfigOptions, Kubeconfig},
};
use mongodb::options::ClientOptions;
use organization_operator_harness::{control_plane::ControlPlane, home::Home, mongo::MongoServer};

use crate::mongo_users::guarded;

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
        mongo: guarded(MongoServer::for_tests(&home)?, &home)?,
        home,
    })
}

pub async fn client() -> Result<Client> {
    client_of(&servers()?.cluster).await
}

pub async fn client_of(cluster: &ControlPlane) -> Result<Client> {
    let kubeconfig = Kubeconfig::read_from(cluster.kubeconfig())?;
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
    Ok(Client::try_from(config)?)
}

pub async fn make_namespace(client: &Client, name: &str) -> Result<()> {
    let namespace = Namespace {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            ..ObjectMeta::default()
        },
        ..Namespace::default()
    };
    let api = Api::<Namespace>::all(client.clone());
    api.create(&PostParams::default(), &namespace).await?;
    Ok(())
}

/// A client of a database server. The tests' own server closes a connection that idles for five
/// minutes, and a test may take longer between two looks.
pub async fn mongo_client(url: &str) -> Result<mongodb::Client> {
    let mut options = ClientOptions::parse(url).await?;
    options.max_idle_time = Some(Duration::from_mins(1));
    Ok(mongodb::Client::with_options(options)?)
}
