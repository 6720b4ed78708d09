//! Where the signing secrets come from, and what happens when their files, or the cluster's Secret,
//! change.
//!
//! To rotate without a refused request: put the new secret among the previous ones everywhere, make
//! it the current one (and the former a previous one), and take the former away once its last token
//! has expired. A replica that doesn't know a key yet refuses its tokens, hence the first step.

use std::{
    convert::Infallible,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use secrecy::SecretString;
use thiserror::Error;
use tokio::time::sleep;
use zeroize::Zeroizing;

use super::{
    secret_object::{ObjectError, SecretObject},
    token::{Keys, SecretFault, SigningSecret, Tokens},
};

/// How often the files are read again, and a Secret that gave no keys yet.
const PERIOD: Duration = Duration::from_secs(2);

/// How often a Secret is read again that did. A change is taken with the second look: within 20 s.
const OBJECT_PERIOD: Duration = Duration::from_secs(10);

/// Which secrets there are.
#[derive(Clone, Default)]
pub struct SecretSources {
    /// The current secret, given as a setting.
    pub secret: Option<SecretString>,
    /// The file of the current secret; preferred to [`Self::secret`].
    pub secret_file: Option<PathBuf>,
    /// The cluster's Secret of the current one, and of another that is accepted; preferred to both.
    pub object: Option<SecretObject>,
    /// Another one that is accepted, given as a setting.
    pub previous: Option<SecretString>,
    /// The files of the others that are accepted.
    pub previous_files: Vec<PathBuf>,
    /// Let short and well-known secrets pass.
    pub insecure_dev: bool,
}

/// Why there are no keys. Names the file, never what it holds.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The current secret, given as a setting, can't be used.
    #[error(transparent)]
    Setting(SecretFault),
    /// A file can't be read, or isn't text.
    #[error("the file of JWT_SECRET or of a previous one, {path}, can't be read: {source}")]
    Unreadable {
        /// Which file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The cluster's Secret gives none.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// What a file holds can't be used.
    #[error("{path}: {fault}")]
    File {
        /// Which file.
        path: String,
        /// What is wrong with it.
        fault: SecretFault,
    },
}

impl SecretSources {
    /// Whether any of them may change.
    fn may_change(&self) -> bool {
        self.object.is_some() || self.secret_file.is_some() || !self.previous_files.is_empty()
    }
}

/// Reads them all.
///
/// # Errors
/// [`LoadError`]: one of them can't be used, and then none is.
pub async fn load(sources: &SecretSources) -> Result<Keys, LoadError> {
    // The current one first: of a pair that is exchanged meanwhile (new and former), the former is
    // then found twice, and its tokens stay good. The other way around it could be missed.
    let mut previous = Vec::new();
    let current = if let Some(object) = &sources.object {
        let stored = object.load().await?;
        previous.extend(stored.previous);
        stored.current
    } else if let Some(path) = &sources.secret_file {
        read(path, sources.insecure_dev).await?
    } else {
        let secret = sources.secret.clone();
        let secret = secret.unwrap_or_else(|| SecretString::from(""));
        SigningSecret::parse(secret, sources.insecure_dev).map_err(LoadError::Setting)?
    };
    previous.extend(load_previous(sources).await?);
    Ok(Keys::new(&current, &previous))
}

/// Reads those that are accepted beside, but for the cluster's Secret.
///
/// # Errors
/// [`LoadError`]: one of them can't be used.
pub async fn load_previous(sources: &SecretSources) -> Result<Vec<SigningSecret>, LoadError> {
    let given = sources.previous.clone();
    let given = given.map(|secret| SigningSecret::parse(secret, sources.insecure_dev));
    let mut previous = Vec::from_iter(given.transpose().map_err(LoadError::Setting)?);
    for path in &sources.previous_files {
        previous.push(read(path, sources.insecure_dev).await?);
    }
    Ok(previous)
}

async fn read(path: &Path, insecure_dev: bool) -> Result<SigningSecret, LoadError> {
    let shown = || path.display().to_string();
    let text = tokio::fs::read_to_string(path)
        .await
        .map(Zeroizing::new)
        .map_err(|source| LoadError::Unreadable {
            path: shown(),
            source,
        })?;
    let line = SecretString::from(first_line(&text));
    SigningSecret::parse(line, insecure_dev).map_err(|fault| LoadError::File {
        path: shown(),
        fault,
    })
}

/// Editors and `echo` end the line. Any other space is part of the key, as it was in the older
/// service's environment.
pub(super) fn first_line(text: &str) -> &str {
    let line = text.strip_suffix('\n').unwrap_or(text);
    line.strip_suffix('\r')
        .filter(|_| line.len() < text.len())
        .unwrap_or(line)
}

/// Keeps the keys as files and Secret have them. `tell` is told after each look whether there are
/// keys, or why there are none.
///
/// # Errors
/// None: it never ends.
pub async fn keep(
    tokens: Arc<Tokens>,
    sources: SecretSources,
    mut tell: impl FnMut(Result<(), &str>),
) -> Result<(), Infallible> {
    if !sources.may_change() {
        tell(Ok(()));
        return std::future::pending().await;
    }
    let is_object = sources.object.is_some();
    let mut follower = Follower::new(tokens, sources);
    loop {
        let looked = follower.look().await;
        tell(match &follower.complaint {
            Some(why) if !follower.has_keys() => Err(why),
            Some(_) | None => Ok(()),
        });
        match looked {
            Look::Same | Look::Unsettled | Look::StillUnusable => {}
            Look::Replaced => {
                tracing::info!("the signing secrets changed; the new ones are in use");
            }
            Look::Unusable(why) if follower.has_keys() => {
                tracing::warn!(why, "the former signing secrets stay in use");
            }
            Look::Unusable(why) => tracing::warn!(why, "there is no signing secret yet"),
        }
        let is_rested = is_object && follower.has_keys();
        sleep(if is_rested { OBJECT_PERIOD } else { PERIOD }).await;
    }
}

/// What a look at the files came to.
#[derive(Debug, PartialEq, Eq)]
enum Look {
    /// They hold the keys in use.
    Same,
    /// They hold others than a look ago.
    Unsettled,
    /// New keys are in use.
    Replaced,
    /// They can't be used, for a reason that is news.
    Unusable(String),
    /// They can't be used, for the reason that was told already.
    StillUnusable,
}

struct Follower {
    tokens: Arc<Tokens>,
    sources: SecretSources,
    /// New keys that were seen once.
    candidate: Option<Keys>,
    /// What was wrong at the last look.
    complaint: Option<String>,
}

impl Follower {
    fn new(tokens: Arc<Tokens>, sources: SecretSources) -> Self {
        Self {
            tokens,
            sources,
            candidate: None,
            complaint: None,
        }
    }

    /// New keys are taken when two looks in a row find the same: a file that is being written, or
    /// the second of two that are exchanged, may be read half-way, and would cost every session its
    /// token until the next look.
    ///
    /// The first keys are taken at once: there is no session that they could cost its token.
    async fn look(&mut self) -> Look {
        let keys = match load(&self.sources).await {
            Ok(keys) => keys,
            Err(error) => return self.complain(error.to_string()),
        };
        self.complaint = None;
        let before = self.candidate.take();
        let in_use = self.tokens.keys();
        if in_use.as_deref() == Ok(&keys) {
            Look::Same
        } else if in_use.is_err() || before.as_ref() == Some(&keys) {
            self.tokens.replace_keys(keys);
            Look::Replaced
        } else {
            self.candidate = Some(keys);
            Look::Unsettled
        }
    }

    fn has_keys(&self) -> bool {
        self.tokens.keys().is_ok()
    }

    fn complain(&mut self, why: String) -> Look {
        self.candidate = None;
        if self.complaint.as_ref() == Some(&why) {
            return Look::StillUnusable;
        }
        self.complaint = Some(why.clone());
        Look::Unusable(why)
    }
}

#[cfg(test)]
mod tests;
