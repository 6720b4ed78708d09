//! The file of the connection string. What a setting says is wrong for good; a file is put there by
//! others, and may come late, change, and go.

use std::{
    io,
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use crate::{
    config::MongoArgs,
    store::mongo::{ConnectError, MongoStore},
};

/// Why a file gives no URL. Holds nothing of what is in it.
#[derive(Debug, Error)]
pub enum UrlFault {
    /// There is no such file.
    #[error("{place} is missing: there is no file {}", path.display())]
    Missing {
        /// Where the URL comes from, in the words of whoever put it there.
        place: String,
        /// Which file.
        path: PathBuf,
    },
    /// Nothing is in it.
    #[error("{place} is empty")]
    Empty {
        /// As in [`Self::Missing`].
        place: String,
    },
    /// It is no file of text, or not for us to read.
    #[error("{place} can't be read: {source}")]
    Unreadable {
        /// As in [`Self::Missing`].
        place: String,
        /// Why.
        source: io::Error,
    },
    /// No client can be made of it.
    #[error("{place}: {source}")]
    Unusable {
        /// As in [`Self::Missing`].
        place: String,
        /// Why.
        source: ConnectError,
    },
}

/// The file, and what is known of it.
#[derive(Debug)]
pub struct UrlFile {
    path: PathBuf,
    place: String,
    /// What the store was given last.
    known: Option<SecretString>,
    /// What was wrong at the last look.
    complaint: Option<String>,
}

impl UrlFile {
    /// The one that the settings name, if they name one.
    #[must_use]
    pub fn of(args: &MongoArgs) -> Option<Self> {
        let path = args.mongo_url_file.clone()?;
        let place = args.mongo_url_source.clone();
        Some(Self {
            place: place.unwrap_or_else(|| format!("--mongo-url-file {}", path.display())),
            path,
            known: None,
            complaint: None,
        })
    }

    /// What it holds, at this moment.
    ///
    /// # Errors
    /// [`UrlFault`], of any kind but the last.
    pub async fn read(&self) -> Result<SecretString, UrlFault> {
        let place = || self.place.clone();
        match read_trimmed(&self.path).await {
            Ok(url) if url.expose_secret().is_empty() => Err(UrlFault::Empty { place: place() }),
            Ok(url) => Ok(url),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(UrlFault::Missing {
                place: place(),
                path: self.path.clone(),
            }),
            Err(source) => Err(UrlFault::Unreadable {
                place: place(),
                source,
            }),
        }
    }

    /// What was wrong at the last look; `None`: nothing.
    #[must_use]
    pub fn complaint(&self) -> Option<&str> {
        self.complaint.as_deref()
    }

    /// Looks at it, and gives the store what is new in it. What can't be used leaves the store on the
    /// former URL, if it has one, and is tried again with the next look.
    pub async fn follow(&mut self, store: &MongoStore) {
        match self.take_up(store).await {
            Ok(()) => self.complaint = None,
            Err(fault) => {
                let why = fault.to_string();
                if self.complaint.as_ref() != Some(&why) {
                    let has_former = store.is_connected();
                    tracing::warn!(why, has_former, "the MongoDB URL can't be used");
                }
                self.complaint = Some(why);
            }
        }
    }

    async fn take_up(&mut self, store: &MongoStore) -> Result<(), UrlFault> {
        let url = self.read().await?;
        let known = self.known.as_ref().map(ExposeSecret::expose_secret);
        if known == Some(url.expose_secret()) {
            return Ok(());
        }
        let given = store.reconnect(&url).await;
        given.map_err(|source| UrlFault::Unusable {
            place: self.place.clone(),
            source,
        })?;
        tracing::info!(from = self.place, "a MongoDB URL is in use");
        self.known = Some(url);
        Ok(())
    }
}

/// Editors and `echo` end the line.
async fn read_trimmed(path: &Path) -> io::Result<SecretString> {
    let text = tokio::fs::read_to_string(path)
        .await
        .map(zeroize::Zeroizing::new)?;
    Ok(SecretString::from(text.trim()))
}
