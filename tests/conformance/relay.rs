//! A server in the middle: every command passes a rule, which may change it, answer it or cut the
//! connection. Only what the tests need of MongoDB's wire protocol: one command, one reply.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use async_trait::async_trait;
use mongodb::{
    bson::{Document, doc},
    options::{ClientOptions, ServerAddress},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

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

/// Ends with its value.
pub struct Relay {
    url: String,
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
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, server, rule));
        Ok(Self {
            url: format!("mongodb://127.0.0.1:{port}/?directConnection=true"),
            _tasks: tasks,
        })
    }

    pub fn url(&self) -> &str {
        &self.url
    }
}

async fn accept(listener: TcpListener, server: (String, u16), rule: Arc<dyn Rule>) -> Result<()> {
    let mut connections = JoinSet::new();
    loop {
        let (client, _) = listener.accept().await?;
        let upstream = Upstream(TcpStream::connect((server.0.as_str(), server.1)).await?);
        connections.spawn(relay(client, upstream, Arc::clone(&rule)));
    }
}

/// Until either end closes.
async fn relay(mut client: TcpStream, mut upstream: Upstream, rule: Arc<dyn Rule>) -> Result<()> {
    loop {
        let message = Message::read(&mut client).await?;
        let reply = match message.command()? {
            // The first hello is older than OP_MSG.
            None => {
                message.write(&mut upstream.0).await?;
                Message::read(&mut upstream.0).await?
            }
            Some(command) => match rule.exchange(command, &mut upstream).await? {
                None => return Ok(()),
                Some(reply) => Message::of(&reply)?.answering(&message),
            },
        };
        reply.write(&mut client).await?;
    }
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

/// A refusal as a server words it.
pub fn refusal(code: i32, name: &str) -> Document {
    doc! {"ok": 0.0, "code": code, "codeName": name, "errmsg": crate::samples::CANARY}
}
