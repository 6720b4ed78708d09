//! The command lines of the database servers.

use std::path::{Path, PathBuf};

use super::{Error, Kind};
use crate::home::{self, Home};
use crate::process::Spec;
use crate::tools;

pub(super) const IMAGE: &str = "mongo:8";

/// In logs and pid files.
pub(super) const NAME: &str = "mongo";

pub(super) fn data(home: &Home, kind: Kind) -> PathBuf {
    home.data(match kind {
        Kind::Given => "given",
        Kind::Mongod => "mongod",
        Kind::Docker => "mongo-docker",
        Kind::Secantus => "secantusdb",
    })
}

fn made(home: &Home, kind: Kind) -> Result<String, Error> {
    let path = data(home, kind);
    std::fs::create_dir_all(&path).map_err(|source| home::Error::Io {
        path: path.clone(),
        source,
    })?;
    Ok(path.to_string_lossy().into_owned())
}

pub(super) fn mongod_binary() -> Option<PathBuf> {
    if let Some(given) = std::env::var_os("MONGOD_BINARY").filter(|value| !value.is_empty()) {
        return Some(given.into());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|dir| dir.join("mongod"))
        .find(|file| file.is_file())
}

/// For every mongod: fail points can be set (tests inject errors), and a laptop's memory is left.
const MONGOD_FLAGS: [&str; 3] = [
    "--setParameter=enableTestCommands=1",
    "--wiredTigerCacheSizeGB=0.5",
    "--quiet",
];

pub(super) fn mongod(home: &Home, program: PathBuf, port: u16) -> Result<Spec, Error> {
    let data = made(home, Kind::Mongod)?;
    let mut args = vec![format!("--dbpath={data}"), format!("--port={port}")];
    args.extend(["--bind_ip=127.0.0.1", "--nounixsocket"].map(str::to_owned));
    args.extend(MONGOD_FLAGS.map(str::to_owned));
    Ok(plain(program, args))
}

fn plain(program: PathBuf, args: Vec<String>) -> Spec {
    Spec {
        name: NAME.into(),
        program,
        args,
        env: Vec::new(),
        sweep: None,
    }
}

pub(super) fn container(home: &Home, docker: tools::Docker, port: u16) -> Result<Spec, Error> {
    let data = made(home, Kind::Docker)?;
    let name = format!("organization-operator-{NAME}-{port}");
    let mut args = vec![
        "run".to_owned(),
        "--rm".to_owned(),
        format!("--name={name}"),
    ];
    // As this user, so that the data can be deleted by this user.
    let (user, group) = (nix::unistd::getuid(), nix::unistd::getgid());
    args.push(format!("--user={}:{}", user.as_raw(), group.as_raw()));
    args.push(format!("--publish=127.0.0.1:{port}:27017"));
    args.push(format!("--volume={data}:/data/db"));
    args.push(IMAGE.to_owned());
    args.extend(MONGOD_FLAGS.map(str::to_owned));
    // The client's end is not the container's.
    let sweep = Some(format!("docker rm --force {name}"));
    Ok(Spec {
        name: NAME.into(),
        program: docker.program,
        args,
        env: docker.env,
        sweep,
    })
}

/// Without it a killed server loses the last few writes that it had confirmed.
pub(super) const SYNC_ON_COMMIT: &str = "--sync-on-commit";

pub(super) fn secantus(home: &Home, program: PathBuf, port: u16) -> Result<Spec, Error> {
    let data = made(home, Kind::Secantus)?;
    // An empty configuration of ours: else the user's would be read.
    let config = Path::new(&data).with_extension("toml");
    Home::write_private(&config, "")?;
    let mut args = vec![
        format!("--config={}", config.display()),
        format!("--storage-path={data}"),
        format!("--port={port}"),
    ];
    let flags = [
        "--host=127.0.0.1",
        "--log-level=WARNING",
        "--enable-test-commands",
    ];
    args.extend(flags.map(str::to_owned));
    args.push(SYNC_ON_COMMIT.to_owned());
    Ok(plain(program, args))
}
