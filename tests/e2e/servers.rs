//! The servers of all tests: started once, ended with the process.

use std::{path::Path, sync::OnceLock};

use anyhow::{Result, anyhow};
use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};
use organization_operator_harness::{control_plane::ControlPlane, home::Home, mongo::MongoServer};

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
