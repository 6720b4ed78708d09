//! What an API server says whose memory doesn't reach back far enough: 410, in each of its ways.

use std::collections::VecDeque;

use hyper::{Uri, body::Bytes};
use serde_json::{Value, json};

/// How it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// The request for a watch is answered so.
    ByStatus,
    /// The watch begins, and an event in it says so.
    InTheWatch,
    /// As [`Self::ByStatus`], and lists come in pages of one object of which only the first is given.
    InTheList,
}

/// Whoever would go on from an older version than that is told so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expired {
    pub before: u64,
    pub told: Told,
}

/// What a request wants of the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// From which version on it watches.
    version: Option<u64>,
    /// Whether it asks for a further page of a list.
    is_continued: bool,
}

impl Asked {
    pub fn of(uri: &Uri) -> Self {
        let query = uri.query().unwrap_or_default();
        let value = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        let version = value("watch").and(value("resourceVersion"));
        Self {
            version: version.and_then(|version| version.parse().ok()),
            is_continued: value("continue").is_some_and(|token| !token.is_empty()),
        }
    }

    pub fn is_watch(self) -> bool {
        self.version.is_some()
    }
}

impl Expired {
    /// Whether a watch can't go on.
    pub fn ends(self, asked: Asked) -> bool {
        asked.version.is_some_and(|version| version < self.before)
    }

    /// Whether the answer itself says so.
    pub fn refuses(self, asked: Asked) -> bool {
        match self.told {
            Told::ByStatus => self.ends(asked),
            Told::InTheWatch => false,
            Told::InTheList => self.ends(asked) || asked.is_continued,
        }
    }

    /// The request as the API server gets it.
    pub fn paged(self, uri: &Uri) -> Option<Uri> {
        let text = uri.to_string();
        let is_list = self.told == Told::InTheList && text.contains("limit=500");
        is_list.then(|| text.replace("limit=500", "limit=1").parse().ok())?
    }

    /// What a watch that can't go on delivers last.
    pub fn last_words(self) -> VecDeque<Bytes> {
        let event = json!({"type": "ERROR", "object": status()});
        let is_event = self.told == Told::InTheWatch;
        let words = is_event.then(|| Bytes::from(format!("{event}\n")));
        words.into_iter().collect()
    }
}

/// As an API server words it.
pub fn status() -> Value {
    json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "reason": "Expired", "code": 410,
        "message": "too old resource version: told to by a test",
    })
}
