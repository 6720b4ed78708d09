//! Where the signing secrets come from, and what happens when their files change.
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
use tokio::time::{MissedTickBehavior, interval};
use zeroize::Zeroizing;

use super::token::{Keys, SecretFault, SigningSecret, Tokens};

/// How often the files are read again.
const PERIOD: Duration = Duration::from_secs(2);

/// Which secrets there are.
#[derive(Debug, Clone, Default)]
pub struct SecretSources {
    /// The current secret, given as a setting.
    pub secret: Option<SecretString>,
    /// The file of the current secret; preferred to [`Self::secret`].
    pub secret_file: Option<PathBuf>,
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
    fn has_files(&self) -> bool {
        self.secret_file.is_some() || !self.previous_files.is_empty()
    }
}

/// Reads them all.
///
/// # Errors
/// [`LoadError`]: one of them can't be used, and then none is.
pub async fn load(sources: &SecretSources) -> Result<Keys, LoadError> {
    // The current one first: of a pair that is exchanged meanwhile (new and former), the former is
    // then found twice, and its tokens stay good. The other way around it could be missed.
    let current = if let Some(path) = &sources.secret_file {
        read(path, sources.insecure_dev).await?
    } else {
        let secret = sources.secret.clone();
        let secret = secret.unwrap_or_else(|| SecretString::from(""));
        SigningSecret::parse(secret, sources.insecure_dev).map_err(LoadError::Setting)?
    };
    let given = sources.previous.clone();
    let given = given.map(|secret| SigningSecret::parse(secret, sources.insecure_dev));
    let mut previous = Vec::from_iter(given.transpose().map_err(LoadError::Setting)?);
    for path in &sources.previous_files {
        previous.push(read(path, sources.insecure_dev).await?);
    }
    Ok(Keys::new(&current, &previous))
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
    // Editors and `echo` end the line. Any other space is part of the key, as it was in the older
    // service's environment.
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line
        .strip_suffix('\r')
        .filter(|_| line.len() < text.len())
        .unwrap_or(line);
    SigningSecret::parse(SecretString::from(line), insecure_dev).map_err(|fault| LoadError::File {
        path: shown(),
        fault,
    })
}

/// Keeps the keys as the files have them.
///
/// # Errors
/// None: it never ends.
pub async fn keep(tokens: Arc<Tokens>, sources: SecretSources) -> Result<(), Infallible> {
    if !sources.has_files() {
        return std::future::pending().await;
    }
    let mut follower = Follower::new(tokens, sources);
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match follower.look().await {
            Look::Same | Look::Unsettled | Look::StillUnusable => {}
            Look::Replaced => {
                tracing::info!("the signing secrets changed; the new ones are in use");
            }
            Look::Unusable(why) => tracing::warn!(why, "the former signing secrets stay in use"),
        }
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
    async fn look(&mut self) -> Look {
        let keys = match load(&self.sources).await {
            Ok(keys) => keys,
            Err(error) => return self.complain(error.to_string()),
        };
        self.complaint = None;
        let before = self.candidate.take();
        if keys == *self.tokens.keys() {
            Look::Same
        } else if before.as_ref() == Some(&keys) {
            self.tokens.replace_keys(keys);
            Look::Replaced
        } else {
            self.candidate = Some(keys);
            Look::Unsettled
        }
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
