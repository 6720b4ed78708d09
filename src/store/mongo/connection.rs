//! One client, with its deadlines: reads are given up at theirs, writes only no longer waited for.

use std::{future::Future, sync::OnceLock};

use mongodb::{
    Client, Collection, Cursor, Database,
    bson::{Document, RawDocumentBuf, raw::cstr, rawdoc},
};
use secrecy::SecretString;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use super::{
    failure,
    probe::{self, ServerFacts},
    settings::{ConnectError, MongoSettings, MongoTimeouts},
};
use crate::{domain::observed::Capability, store::port::StoreError};

pub(super) struct Connection {
    client: Client,
    pub(super) database: Database,
    timeouts: MongoTimeouts,
    facts: OnceLock<ServerFacts>,
    /// Every command under way.
    tasks: TaskTracker,
}

impl Connection {
    pub(super) async fn open(
        settings: &MongoSettings,
        url: &SecretString,
    ) -> Result<Self, ConnectError> {
        let options = settings.client_options(url).await?;
        let client = Client::with_options(options).map_err(|error| ConnectError::of(&error))?;
        Ok(Self {
            database: client.database(&settings.database),
            client,
            timeouts: settings.timeouts,
            facts: OnceLock::new(),
            tasks: TaskTracker::new(),
        })
    }

    pub(super) fn collection(&self, name: &str) -> Collection<Document> {
        self.database.collection(name)
    }

    pub(super) async fn facts(&self) -> Result<&ServerFacts, StoreError> {
        if let Some(facts) = self.facts.get() {
            return Ok(facts);
        }
        // Each caller asks for itself: one behind the other, all would wait for every timeout of
        // those before while the server is away.
        let facts = probe::probe(self).await?;
        Ok(self.facts.get_or_init(|| facts))
    }

    /// Unfenced, which looks before it acts, until the server was asked.
    pub(super) fn capability(&self) -> Capability {
        self.facts
            .get()
            .map_or(Capability::Unfenced, |facts| facts.capability)
    }

    /// A command that changes nothing, sent once.
    #[expect(clippy::disallowed_methods, reason = "this is where commands are sent")]
    pub(super) async fn read(
        &self,
        action: &'static str,
        command: Document,
    ) -> Result<Document, StoreError> {
        self.reading(action, async { self.database.run_command(command).await })
            .await
    }

    /// The cursor of a command that changes nothing; to be waited for by [`Self::reading`].
    pub(super) async fn cursor(
        &self,
        command: Document,
    ) -> mongodb::error::Result<Cursor<Document>> {
        self.database.run_cursor_command(command).await
    }

    /// One of the driver's own reads, within the deadline.
    pub(super) async fn reading<T>(
        &self,
        action: &'static str,
        read: impl Future<Output = mongodb::error::Result<T>>,
    ) -> Result<T, StoreError> {
        let read = self.tasks.track_future(read);
        match timeout(self.timeouts.read, read).await {
            Ok(answer) => answer.map_err(|error| failure::of_read(action, &error)),
            Err(_) => Err(failure::no_answer(action)),
        }
    }

    /// A command that changes something, or is refused.
    pub(super) async fn write(
        &self,
        action: &'static str,
        command: Document,
    ) -> Result<Document, StoreError> {
        let command = to_raw(action, &command)?;
        let reply = self.send(action, command).await?;
        failure::accepted(action, reply)
    }

    /// As [`Self::write`], in database `admin`.
    pub(super) async fn write_to_admin(
        &self,
        action: &'static str,
        command: Document,
    ) -> Result<Document, StoreError> {
        let command = to_raw(action, &command)?;
        let admin = self.client.database("admin");
        let reply = self.send_to(admin, action, command).await?;
        failure::accepted(action, reply)
    }

    /// A command that changes something; its reply may hold the refusal of documents.
    pub(super) async fn send(
        &self,
        action: &'static str,
        command: RawDocumentBuf,
    ) -> Result<Document, StoreError> {
        self.send_to(self.database.clone(), action, command).await
    }

    /// Sent once, by way of `run_command`, since the driver would repeat some writes after a lost
    /// connection, and the second answer would not be the first one's. A task of its own: a future
    /// dropped after the sending would leave its connection, and its outcome, in the air.
    #[expect(clippy::disallowed_methods, reason = "this is where commands are sent")]
    async fn send_to(
        &self,
        database: Database,
        action: &'static str,
        mut command: RawDocumentBuf,
    ) -> Result<Document, StoreError> {
        // run_command ignores the write concern of client and database.
        command.append(cstr!("writeConcern"), rawdoc! {"w": "majority"});
        let task = self
            .tasks
            .spawn(async move { database.run_raw_command(command).await });
        match timeout(self.timeouts.write, task).await {
            Ok(Ok(answer)) => answer
                .map_err(|error| failure::of_write(action, &error))
                .and_then(|reply| failure::acknowledged(action, reply)),
            Ok(Err(_)) | Err(_) => Err(failure::unknown_outcome(action)),
        }
    }

    /// Waits, within the deadline of a write, for what is under way, then ends the client. Without
    /// `immediate` the driver waits for cursors without end; without a shutdown its tasks may panic
    /// at the end of the runtime.
    pub(super) async fn close(&self) {
        self.tasks.close();
        // Past the deadline the outcome of what is left is unknown, as its callers were told.
        let _ = timeout(self.timeouts.write, self.tasks.wait()).await;
        self.client.clone().shutdown().immediate(true).await;
    }
}

/// Fails for what is nested too deep for BSON, which nothing of ours is; it was never sent then.
fn to_raw(action: &str, command: &Document) -> Result<RawDocumentBuf, StoreError> {
    RawDocumentBuf::try_from(command)
        .map_err(|_| StoreError::Other(format!("{action}: the command can't be written down")))
}
