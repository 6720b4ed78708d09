//! What an error of the driver means here. The driver's own texts hold values of documents
//! (`dup key: { email: … }`) whatever its features say: only codes, their names and keys get out.

use mongodb::{
    bson::{Bson, Document},
    error::{Error, ErrorKind, WriteFailure},
};

use crate::store::{
    index::INDEXES,
    port::{StoreError, UniqueKey},
};

mod code {
    pub(super) const UNAUTHORIZED: i32 = 13;
    pub(super) const AUTHENTICATION_FAILED: i32 = 18;
    pub(super) const NAMESPACE_NOT_FOUND: i32 = 26;
    pub(super) const NAMESPACE_EXISTS: i32 = 48;
    pub(super) const DOCUMENT_VALIDATION_FAILURE: i32 = 121;
    pub(super) const COLLECTION_UUID_MISMATCH: i32 = 361;
    pub(super) const ATLAS_ERROR: i32 = 8_000;
    pub(super) const DUPLICATE_KEY: i32 = 11_000;

    /// The server is no primary, so it did nothing: `LegacyNotPrimary`, `NotWritablePrimary`,
    /// `NotPrimaryNoSecondaryOk`, `NotPrimaryOrSecondary`.
    pub(super) const NOT_PRIMARY: [i32; 4] = [10_058, 10_107, 13_435, 13_436];

    /// The server or its way to others ended in the middle: `HostUnreachable`, `HostNotFound`,
    /// `NetworkTimeout`, `ShutdownInProgress`, `PrimarySteppedDown`, `ExceededTimeLimit`,
    /// `SocketException`, `InterruptedAtShutdown`, `InterruptedDueToReplStateChange`.
    pub(super) const INTERRUPTED: [i32; 9] = [6, 7, 89, 91, 189, 262, 9_001, 11_600, 11_602];
}

/// A server's refusal.
struct Refusal<'a> {
    code: i32,
    name: &'a str,
}

impl Refusal<'_> {
    fn describe(&self, action: &str) -> String {
        format!("{action}: code {} ({})", self.code, self.name)
    }

    /// `interrupted` is what it means that the server was cut off in the middle.
    fn meaning(&self, action: &str, interrupted: fn(String) -> StoreError) -> StoreError {
        match self.code {
            code::UNAUTHORIZED => StoreError::Unauthorized(format!(
                "not allowed to {} ({})",
                privilege(action),
                self.describe(action)
            )),
            code::AUTHENTICATION_FAILED | code::ATLAS_ERROR => {
                StoreError::Unauthorized(self.describe(action))
            }
            code::NAMESPACE_NOT_FOUND | code::COLLECTION_UUID_MISMATCH => StoreError::Gone,
            code::NAMESPACE_EXISTS => StoreError::Exists,
            code if code::NOT_PRIMARY.contains(&code) => {
                StoreError::Unreachable(self.describe(action))
            }
            code if code::INTERRUPTED.contains(&code) => interrupted(self.describe(action)),
            _ => StoreError::Other(self.describe(action)),
        }
    }
}

/// What a role has to hold for it, as MongoDB calls it; an action begins with its command.
fn privilege(action: &str) -> &str {
    match action.split(' ').next().unwrap_or(action) {
        "aggregate" => "find",
        "delete" => "remove",
        "create" => "createCollection",
        "createIndexes" => "createIndex",
        "drop" => "dropCollection",
        "renameCollection" => "renameCollectionSameDB",
        command => command,
    }
}

fn refusal(error: &Error) -> Option<Refusal<'_>> {
    match error.kind.as_ref() {
        ErrorKind::Command(refused) => Some(Refusal {
            code: refused.code,
            name: &refused.code_name,
        }),
        ErrorKind::Write(WriteFailure::WriteError(refused)) => Some(Refusal {
            code: refused.code,
            name: refused.code_name.as_deref().unwrap_or_default(),
        }),
        _ => None,
    }
}

/// Why a read failed.
pub(super) fn of_read(action: &str, error: &Error) -> StoreError {
    classify(action, error, StoreError::Unreachable)
}

/// Why a write failed, or that nobody knows.
pub(super) fn of_write(action: &str, error: &Error) -> StoreError {
    let meaning = classify(action, error, StoreError::OutcomeUnknown);
    match (meaning, refusal(error)) {
        // findAndModify and createIndexes say so at the top of their reply.
        (StoreError::Other(text), Some(refused)) if refused.code == code::DUPLICATE_KEY => error
            .server_response()
            .and_then(|reply| Document::try_from(reply.as_ref()).ok())
            .and_then(|reply| duplicate_key(&reply))
            .map_or(StoreError::Other(text), StoreError::Duplicate),
        (meaning, _) => meaning,
    }
}

fn classify(action: &str, error: &Error, interrupted: fn(String) -> StoreError) -> StoreError {
    if let Some(refused) = refusal(error) {
        return refused.meaning(action, interrupted);
    }
    match error.kind.as_ref() {
        ErrorKind::Authentication { .. } => {
            StoreError::Unauthorized(format!("{action}: authentication failed"))
        }
        // Of servers and ways to them alone, such as a refused certificate: no command was sent.
        ErrorKind::ServerSelection { message, .. } => {
            StoreError::Unreachable(format!("{action}: no primary was found ({message})"))
        }
        // Also what a new connection failed with, when nothing was sent yet: the driver doesn't
        // tell them apart, and the next pass looks anyway.
        ErrorKind::Io(error) => interrupted(format!(
            "{action}: the connection failed ({})",
            error.kind()
        )),
        ErrorKind::ConnectionPoolCleared { .. } => {
            interrupted(format!("{action}: the connection was given up"))
        }
        ErrorKind::Shutdown => {
            StoreError::Unreachable(format!("{action}: the connection was closed"))
        }
        ErrorKind::DnsResolve { .. } => {
            StoreError::Unreachable(format!("{action}: the host can't be resolved"))
        }
        ErrorKind::InvalidTlsConfig { .. } => {
            StoreError::Other(format!("{action}: TLS can't be used"))
        }
        _ => interrupted(format!("{action}: the driver failed")),
    }
}

/// A read that got no answer in time.
pub(super) fn no_answer(action: &str) -> StoreError {
    StoreError::Unreachable(format!("{action}: no answer in time"))
}

/// A write that got no answer in time.
pub(super) fn unknown_outcome(action: &str) -> StoreError {
    StoreError::OutcomeUnknown(format!("{action}: no answer in time"))
}

/// The reply of a write, unless it says that the majority hasn't got it: what the primary did alone
/// may be undone by a new one.
pub(super) fn acknowledged(action: &str, reply: Document) -> Result<Document, StoreError> {
    match reply.get_document("writeConcernError") {
        Ok(error) => Err(StoreError::OutcomeUnknown(
            refusal_in(error).describe(action),
        )),
        Err(_) => Ok(reply),
    }
}

/// The reply of a write, unless it says that a document was refused.
pub(super) fn accepted(action: &str, reply: Document) -> Result<Document, StoreError> {
    let refused = write_errors(&reply).next();
    let refused = refused.map(|error| of_write_error(action, error));
    refused.map_or(Ok(reply), Err)
}

/// The documents that a write refused, each with its own reason.
pub(super) fn write_errors(reply: &Document) -> impl Iterator<Item = &Document> {
    let errors = reply.get_array("writeErrors").map(Vec::as_slice);
    errors
        .unwrap_or_default()
        .iter()
        .filter_map(Bson::as_document)
}

/// Why a document was refused.
pub(super) fn of_write_error(action: &str, error: &Document) -> StoreError {
    let refused = refusal_in(error);
    if refused.code != code::DUPLICATE_KEY {
        return refused.meaning(action, StoreError::OutcomeUnknown);
    }
    duplicate_key(error).map_or_else(
        || StoreError::Other(refused.describe(action)),
        StoreError::Duplicate,
    )
}

/// Whether it is the document itself that the collection doesn't take: its key is there already, or
/// a validator of the tenant's own refuses it.
pub(super) fn is_of_the_document(error: &Document) -> bool {
    [code::DUPLICATE_KEY, code::DOCUMENT_VALIDATION_FAILURE].contains(&refusal_in(error).code)
}

fn refusal_in(error: &Document) -> Refusal<'_> {
    Refusal {
        code: error.get_i32("code").unwrap_or_default(),
        name: error.get_str("codeName").unwrap_or_default(),
    }
}

/// Which of our keys an 11000 is about.
fn duplicate_key(error: &Document) -> Option<UniqueKey> {
    let pattern = error.get_document("keyPattern").ok()?;
    let field = pattern.keys().next()?;
    if field == "_id" {
        return Some(UniqueKey::Id);
    }
    let index = INDEXES.iter().find(|index| index.field == field)?;
    index.unique
}
