//! A server in the middle: every command passes a rule, which may change it, answer it or cut the
//! connection. Only what the tests need of MongoDB's wire protocol: one command, one reply.

pub mod atomic;
pub mod fence;
pub mod mongos;
mod traffic;

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail};
use async_trait::async_trait;
use mongodb::{
    bson::{Document, doc},
    options::{ClientOptions, ServerAddress},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

pub use self::traffic::Traffic;

/// What happens to a command.
#[async_trait]
pub trait Rule: Send + Sync + 'static {
    /// The reply; `None` cuts the connection.
    async fn exchange(
        &self,
        command: Document,
        upstream: &mut Upstream,
    ) -> Result<Option<Document>>;
}

/// How the server's answers come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    Prompt,
    /// So long after they were given.
    Late(Duration),
    /// What is sent is lost, and nobody is told: connections stay, and new ones are taken.
    Never,
}

/// All commands as they are.
pub struct Untouched;

#[async_trait]
impl Rule for Untouched {
    async fn exchange(
        &self,
        command: Document,
        upstream: &mut Upstream,
    ) -> Result<Option<Document>> {
        upstream.ask(&command).await.map(Some)
    }
}

/// Ends with its value.
pub struct Relay {
    url: String,
    pace: watch::Sender<Pace>,
    traffic: Arc<Traffic>,
    _tasks: JoinSet<Result<()>>,
}

impl Relay {
    /// Before the server of `url`.
    pub async fn start(url: &str, rule: Arc<dyn Rule>) -> Result<Self> {
        let options = ClientOptions::parse(url).await?;
        let Some(ServerAddress::Tcp { host, port }) = options.hosts.first().cloned() else {
            bail!("the server has no address");
        };
        let server = (host, port.unwrap_or(27_017));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let (pace, told) = watch::channel(Pace::Prompt);
        let traffic = Arc::default();
        let mut tasks = JoinSet::new();
        let way = Way {
            rule,
            pace: told,
            traffic: Arc::clone(&traffic),
        };
        tasks.spawn(accept(listener, server, way));
        Ok(Self {
            url: at(url, &format!("127.0.0.1:{port}"))?,
            pace,
            traffic,
            _tasks: tasks,
        })
    }

    /// From now on.
    pub fn set(&self, pace: Pace) {
        self.pace.send_replace(pace);
    }

    pub fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    pub fn url(&self) -> &str {
        &self.url
    }
}

/// That URL, with another host in it.
pub fn at(url: &str, host: &str) -> Result<String> {
    let (scheme, rest) = url.split_once("://").context("no scheme")?;
    let (before, after) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let user = before.rsplit_once('@').map(|(user, _)| format!("{user}@"));
    Ok(format!(
        "{scheme}://{}{host}{after}",
        user.unwrap_or_default()
    ))
}

/// What every connection goes by.
#[derive(Clone)]
struct Way {
    rule: Arc<dyn Rule>,
    pace: watch::Receiver<Pace>,
    traffic: Arc<Traffic>,
}

impl Way {
    fn pace(&self) -> Pace {
        *self.pace.borrow()
    }
}

async fn accept(listener: TcpListener, server: (String, u16), way: Way) -> Result<()> {
    let mut connections = JoinSet::new();
    loop {
        let (client, _) = listener.accept().await?;
        let upstream = Upstream(TcpStream::connect((server.0.as_str(), server.1)).await?);
        connections.spawn(relay(client, upstream, way.clone()));
    }
}

/// Until either end closes.
async fn relay(mut client: TcpStream, mut upstream: Upstream, way: Way) -> Result<()> {
    let _open = way.traffic.opened();
    loop {
        let message = Message::read(&mut client).await?;
        let _unanswered = way.traffic.asked();
        if way.pace() == Pace::Never {
            return lost(client).await;
        }
        let reply = match message.command()? {
            // The first hello is older than OP_MSG.
            None => {
                message.write(&mut upstream.0).await?;
                Message::read(&mut upstream.0).await?
            }
            Some(command) => match way.rule.exchange(command, &mut upstream).await? {
                None => return Ok(()),
                Some(reply) => Message::of(&reply)?.answering(&message),
            },
        };
        match way.pace() {
            Pace::Prompt => {}
            // Not a wait for anything: that it takes so long is what is tested.
            Pace::Late(time) => {
                drop(tokio::time::timeout(time, std::future::pending::<()>()).await);
            }
            Pace::Never => return lost(client).await,
        }
        reply.write(&mut client).await?;
    }
}

/// Reads until the client gives up.
async fn lost(mut client: TcpStream) -> Result<()> {
    tokio::io::copy(&mut client, &mut tokio::io::sink()).await?;
    Ok(())
}

/// The way to the server.
pub struct Upstream(TcpStream);

impl Upstream {
    /// The server's reply to a command.
    pub async fn ask(&mut self, command: &Document) -> Result<Document> {
        Message::of(command)?.write(&mut self.0).await?;
        let reply = Message::read(&mut self.0).await?;
        reply.command()?.context("a reply that is no OP_MSG")
    }
}

/// Length, id, id of what it answers, opcode: four little-endian numbers of 32 bits.
const HEADER: usize = 16;
/// Flags of 32 bits, and the kind of the first section.
const PREFIX: usize = 5;
const OP_MSG: i32 = 2_013;

struct Message(Vec<u8>);

impl Message {
    async fn read(stream: &mut TcpStream) -> Result<Self> {
        let mut bytes = vec![0; HEADER];
        stream.read_exact(&mut bytes).await?;
        let length = usize::try_from(number(&bytes, 0)?)?;
        bytes.resize(length, 0);
        stream.read_exact(&mut bytes[HEADER..]).await?;
        Ok(Self(bytes))
    }

    async fn write(&self, stream: &mut TcpStream) -> Result<()> {
        Ok(stream.write_all(&self.0).await?)
    }

    fn of(document: &Document) -> Result<Self> {
        let body = document.to_vec()?;
        let length = i32::try_from(HEADER + PREFIX + body.len())?;
        let header = [length, 1, 0, OP_MSG, 0].map(i32::to_le_bytes).concat();
        Ok(Self([header, vec![0], body].concat()))
    }

    fn answering(mut self, asked: &Self) -> Self {
        let id = asked.0[4..8].to_vec();
        self.0[8..12].copy_from_slice(&id);
        self
    }

    /// The command, with what the driver sent beside it as a sequence of documents.
    fn command(&self) -> Result<Option<Document>> {
        if number(&self.0, 12)? != OP_MSG {
            return Ok(None);
        }
        let mut rest = &self.0[HEADER + PREFIX..];
        let mut command = Document::from_reader(&mut rest)?;
        while rest.first() == Some(&1) {
            let size = usize::try_from(number(rest, 1)?)?;
            let (section, after) = rest.split_at(1 + size);
            let name = section[5..].split(|byte| *byte == 0).next().unwrap_or(&[]);
            let mut documents = &section[5 + name.len() + 1..];
            let mut sequence = Vec::new();
            while !documents.is_empty() {
                sequence.push(Document::from_reader(&mut documents)?);
            }
            command.insert(std::str::from_utf8(name)?, sequence);
            rest = after;
        }
        Ok(Some(command))
    }
}

fn number(bytes: &[u8], at: usize) -> Result<i32> {
    let bytes = bytes.get(at..at + 4).context("a message is cut off")?;
    Ok(i32::from_le_bytes(bytes.try_into()?))
}

/// Whether it asks for more of a listing of collections.
fn goes_on_listing(command: &Document) -> bool {
    let of = command.get_str("collection");
    kind(command) == "getMore" && of.is_ok_and(|of| of == "$cmd.listCollections")
}

/// What a command is called.
fn kind(command: &Document) -> &str {
    command.keys().next().map_or("", String::as_str)
}

/// Database and collection that a command is for.
fn target(command: &Document) -> Result<(String, String)> {
    let database = command.get_str("$db")?.to_owned();
    let kind = kind(command);
    let name = command.get_str(kind).unwrap_or_default();
    Ok(match (kind, name.split_once('.')) {
        ("renameCollection", Some((database, name))) => (database.to_owned(), name.to_owned()),
        _ => (database, name.to_owned()),
    })
}

/// A refusal as a server words it.
pub fn refusal(code: i32, name: &str, message: &str) -> Document {
    doc! {"ok": 0.0, "code": code, "codeName": name, "errmsg": message}
}
