//! A server that speaks MongoDB's protocol: the best that this machine has.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::home::{self, Home};
use crate::probe::mongo_ping;
use crate::process::Spec;
use crate::server::{self, Ensured, Server};
use crate::tools;

const IMAGE: &str = "mongo:8";

/// In logs and pid files.
const NAME: &str = "mongo";

/// Why there is no database.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its program can't be had.
    #[error(transparent)]
    Tools(#[from] tools::Error),
    /// Its directory can't be used.
    #[error(transparent)]
    Home(#[from] home::Error),
    /// It doesn't start, or doesn't end.
    #[error(transparent)]
    Server(#[from] server::Error),
    /// The server is the caller's.
    #[error("the MongoDB that TEST_MONGO_URL names is not ours to stop or start")]
    NotOurs,
}

/// Which server it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The caller's, by `TEST_MONGO_URL`.
    Given,
    /// `mongod`, from `MONGOD_BINARY` or PATH.
    Mongod,
    /// `mongo:8` in Docker.
    Docker,
    /// `SecantusDB`: no collectionUUID, a rename gives a new UUID.
    Secantus,
}

/// A database on a loopback port that stays the same for a home. All calls block; all may come from
/// any thread.
#[derive(Debug)]
pub struct MongoServer {
    kind: Kind,
    url: String,
    server: Option<Server>,
}

impl MongoServer {
    /// For tests: the server of `TEST_MONGO_URL` when that is set, else as [`MongoServer::start`].
    ///
    /// # Errors
    /// See [`Error`].
    pub fn for_tests(home: &Home) -> Result<Self, Error> {
        match std::env::var("TEST_MONGO_URL") {
            Ok(url) if !url.is_empty() => Ok(Self {
                kind: Kind::Given,
                url,
                server: None,
            }),
            _ => Self::start(home),
        }
    }

    /// Starts a server of ours, with its data in `home`, and waits until it answers.
    ///
    /// # Errors
    /// See [`Error`]; when it doesn't start, with the end of its log.
    pub fn start(home: &Home) -> Result<Self, Error> {
        let this = Self::new(home)?;
        this.ensure()?;
        Ok(this)
    }

    /// The server, not started: for those who look at what an earlier process left running.
    ///
    /// # Errors
    /// Nothing can be had that speaks the protocol.
    pub fn new(home: &Home) -> Result<Self, Error> {
        let port = home.port(NAME)?;
        let (kind, spec) = choose(home, port)?;
        let server = Server::new(home, spec, move || mongo_ping(port));
        // Else drivers would ask a replica set of one for its members, by names they can't resolve.
        let url = format!("mongodb://127.0.0.1:{port}/?directConnection=true");
        Ok(Self {
            kind,
            url,
            server: Some(server),
        })
    }

    /// Starts it when it doesn't run or doesn't answer.
    ///
    /// # Errors
    /// It doesn't start: with the end of its log.
    pub fn ensure(&self) -> Result<Ensured, Error> {
        self.server
            .as_ref()
            .map_or(Ok(Ensured::Kept), |server| Ok(server.ensure()?))
    }

    /// Which server it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Where clients find it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its process, to be stopped, killed and started again: same port, same data.
    ///
    /// # Errors
    /// The server is the caller's, by `TEST_MONGO_URL`.
    pub fn server(&self) -> Result<&Server, Error> {
        self.server.as_ref().ok_or(Error::NotOurs)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Given => "the server that TEST_MONGO_URL names",
            Self::Mongod => "mongod",
            Self::Docker => "mongo:8 in Docker",
            Self::Secantus => "SecantusDB, since there is neither mongod nor Docker",
        })
    }
}

/// Installs what a later [`MongoServer::for_tests`] would have to install.
///
/// # Errors
/// Nothing can be had that speaks the protocol.
pub fn prepare() -> Result<(), Error> {
    let given = std::env::var_os("TEST_MONGO_URL").is_some_and(|url| !url.is_empty());
    if !given && mongod_binary().is_none() && tools::docker(IMAGE).is_none() {
        tools::secantus()?;
    }
    Ok(())
}

fn choose(home: &Home, port: u16) -> Result<(Kind, Spec), Error> {
    // Data made by one server means nothing to another: the first choice stays.
    let began_with = |kind| data(home, kind).exists();
    let free = !began_with(Kind::Docker) && !began_with(Kind::Secantus);
    if (free || began_with(Kind::Mongod))
        && let Some(program) = mongod_binary()
    {
        return Ok((Kind::Mongod, mongod(home, program, port)?));
    }
    if !began_with(Kind::Secantus)
        && let Some(docker) = tools::docker(IMAGE)
    {
        return Ok((Kind::Docker, container(home, docker, port)?));
    }
    Ok((Kind::Secantus, secantus(home, tools::secantus()?, port)?))
}

fn data(home: &Home, kind: Kind) -> PathBuf {
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

fn mongod_binary() -> Option<PathBuf> {
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

fn mongod(home: &Home, program: PathBuf, port: u16) -> Result<Spec, Error> {
    let data = made(home, Kind::Mongod)?;
    let mut args = vec![format!("--dbpath={data}"), format!("--port={port}")];
    args.extend(["--bind_ip=127.0.0.1", "--nounixsocket"].map(str::to_owned));
    args.extend(MONGOD_FLAGS.map(str::to_owned));
    Ok(Spec {
        name: NAME.into(),
        program,
        args,
        env: Vec::new(),
        sweep: None,
    })
}

fn container(home: &Home, docker: tools::Docker, port: u16) -> Result<Spec, Error> {
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

fn secantus(home: &Home, program: PathBuf, port: u16) -> Result<Spec, Error> {
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
    // Without it a killed server loses the last few writes that it had confirmed.
    args.push("--sync-on-commit".to_owned());
    Ok(Spec {
        name: NAME.into(),
        program,
        args,
        env: Vec::new(),
        sweep: None,
    })
}
