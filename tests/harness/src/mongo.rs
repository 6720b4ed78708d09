//! A server that speaks MongoDB's protocol: the best that this machine has.

mod specs;

use std::fmt;

use crate::home::{self, Home};
use crate::probe::mongo_ping;
use crate::process::Spec;
use crate::server::{self, Ensured, Server};
use crate::tools;
use specs::{IMAGE, NAME, SYNC_ON_COMMIT, data, mongod_binary};

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

    /// As [`MongoServer::start`], for tests that rename much and kill no server: `SecantusDB` doesn't
    /// sync each commit to the disk, of which its rename has one for each document.
    ///
    /// # Errors
    /// See [`Error`]; when it doesn't start, with the end of its log.
    pub fn start_unsynced(home: &Home) -> Result<Self, Error> {
        let port = home.port(NAME)?;
        let (kind, mut spec) = choose(home, port)?;
        spec.args.retain(|arg| arg != SYNC_ON_COMMIT);
        let this = Self::of(home, port, kind, spec);
        this.ensure()?;
        Ok(this)
    }

    /// The same server with the same data, started again with authentication on. Its URL is that of a
    /// user of database `admin`, who has been made before; name and password are plain letters.
    ///
    /// # Errors
    /// The server is the caller's, or it doesn't end or start.
    pub fn with_authentication(
        self,
        home: &Home,
        user: &str,
        password: &str,
    ) -> Result<Self, Error> {
        let server = self.server()?;
        server.stop()?;
        let mut spec = server.process().spec().clone();
        spec.args.push("--auth".to_owned());
        let mut this = Self::of(home, home.port(NAME)?, self.kind, spec);
        let (scheme, rest) = this.url.split_once("://").unwrap_or_default();
        this.url = format!("{scheme}://{user}:{password}@{rest}&authSource=admin");
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
        Ok(Self::of(home, port, kind, spec))
    }

    fn of(home: &Home, port: u16, kind: Kind, spec: Spec) -> Self {
        let server = Server::new(home, spec, move || mongo_ping(port));
        // Else drivers would ask a replica set of one for its members, by names they can't resolve.
        let url = format!("mongodb://127.0.0.1:{port}/?directConnection=true");
        Self {
            kind,
            url,
            server: Some(server),
        }
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
        return Ok((Kind::Mongod, specs::mongod(home, program, port)?));
    }
    if !began_with(Kind::Secantus)
        && let Some(docker) = tools::docker(IMAGE)
    {
        return Ok((Kind::Docker, specs::container(home, docker, port)?));
    }
    Ok((
        Kind::Secantus,
        specs::secantus(home, tools::secantus()?, port)?,
    ))
}
