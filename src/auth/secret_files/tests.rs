use std::fs;

use tempfile::TempDir;

use super::*;
use crate::auth::token::NoKeys;

const ONE: &str = "b9d1c6f4a7e04c0e8d2f5a3b7c916e08";
const TWO: &str = "4f1d7a90c3b2e8654f0a9d8c7b6e5f31";
const THREE: &str = "0c7e5b1a9f38d2643b8a6d4e2f1c9750";

/// Two files, the second of a previous secret.
struct Files {
    dir: TempDir,
}

impl Files {
    fn new() -> Self {
        let files = Self {
            dir: TempDir::new().unwrap(),
        };
        files.write("current", ONE);
        files.write("previous", TWO);
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(name), text).unwrap();
    }

    fn sources(&self) -> SecretSources {
        SecretSources {
            secret_file: Some(self.path("current")),
            previous_files: vec![self.path("previous")],
            ..SecretSources::default()
        }
    }

    async fn follower(&self) -> Follower {
        let keys = load(&self.sources()).await.unwrap();
        let tokens = Tokens::new(keys, Duration::from_hours(1));
        Follower::new(Arc::new(tokens), self.sources())
    }
}

fn setting(secret: &str) -> SecretSources {
    SecretSources {
        secret: Some(SecretString::from(secret)),
        ..SecretSources::default()
    }
}

async fn keys(current: &str, previous: &[&str]) -> Keys {
    let files = Files::new();
    let mut sources = setting(current);
    for (number, secret) in previous.iter().enumerate() {
        files.write(&number.to_string(), secret);
        sources.previous_files.push(files.path(&number.to_string()));
    }
    load(&sources).await.unwrap()
}

async fn error(sources: &SecretSources) -> String {
    load(sources).await.unwrap_err().to_string()
}

#[tokio::test]
async fn secrets_come_from_the_setting_or_from_files_which_are_preferred() {
    let files = Files::new();
    assert_eq!(load(&setting(TWO)).await.unwrap(), keys(TWO, &[]).await);
    let mut sources = files.sources();
    sources.secret = Some(SecretString::from(THREE));
    assert_eq!(load(&sources).await.unwrap(), keys(ONE, &[TWO]).await);
}

#[tokio::test]
async fn one_newline_at_the_end_is_no_part_of_a_secret_and_all_else_is() {
    let files = Files::new();
    for ending in ["\n", "\r\n"] {
        files.write("current", format!("{ONE}{ending}"));
        assert_eq!(
            load(&files.sources()).await.unwrap(),
            keys(ONE, &[TWO]).await
        );
    }
    for text in [
        format!("{ONE}\n\n"),
        format!("{ONE}\r"),
        format!(" {ONE}"),
        format!("{ONE} "),
    ] {
        files.write("current", &text);
        let found = load(&files.sources()).await.unwrap();
        assert_ne!(found, keys(ONE, &[TWO]).await, "{text:?}");
        let kept = text.strip_suffix('\n').unwrap_or(&text);
        assert_eq!(found, keys(kept, &[TWO]).await, "{text:?}");
    }
}

#[tokio::test]
async fn without_a_good_secret_there_are_no_keys() {
    assert!(
        error(&SecretSources::default())
            .await
            .starts_with("JWT_SECRET is missing")
    );
    assert!(
        error(&setting(""))
            .await
            .starts_with("JWT_SECRET is missing")
    );
    assert!(error(&setting("change-me")).await.contains("well-known"));
    let mut sources = setting("change-me");
    sources.insecure_dev = true;
    assert!(load(&sources).await.is_ok());
}

#[tokio::test]
async fn an_error_names_the_file_and_not_what_is_in_it() {
    let files = Files::new();
    let bad: [(&str, &[u8]); 4] = [
        ("current", b""),
        ("current", b"\n"),
        ("previous", b"canary-canary"),
        ("previous", b"canary\xff canary canary canary canary"),
    ];
    for (name, text) in bad {
        let files = Files::new();
        files.write(name, text);
        let error = error(&files.sources()).await;
        assert!(
            error.contains(&*files.path(name).to_string_lossy()),
            "{error}"
        );
        assert!(error.contains("JWT_SECRET"), "{error}");
        assert!(
            !error.contains("canary") && !error.contains('\n'),
            "{error}"
        );
    }
    fs::remove_file(files.path("previous")).unwrap();
    assert!(error(&files.sources()).await.contains("can't be read"));
}

#[tokio::test]
async fn a_change_is_taken_when_it_was_seen_twice() {
    let files = Files::new();
    let mut follower = files.follower().await;
    assert_eq!(follower.look().await, Look::Same);
    files.write("current", THREE);
    assert_eq!(follower.look().await, Look::Unsettled);
    files.write("previous", ONE);
    assert_eq!(
        follower.look().await,
        Look::Unsettled,
        "still being written"
    );
    assert_eq!(*follower.tokens.keys().unwrap(), keys(ONE, &[TWO]).await);
    assert_eq!(follower.look().await, Look::Replaced);
    assert_eq!(*follower.tokens.keys().unwrap(), keys(THREE, &[ONE]).await);
    assert_eq!(follower.look().await, Look::Same);
}

#[tokio::test]
async fn a_change_that_is_taken_back_at_once_never_was() {
    let files = Files::new();
    let mut follower = files.follower().await;
    files.write("current", THREE);
    assert_eq!(follower.look().await, Look::Unsettled);
    files.write("current", ONE);
    assert_eq!(follower.look().await, Look::Same);
    files.write("current", THREE);
    assert_eq!(follower.look().await, Look::Unsettled);
}

#[tokio::test]
async fn what_can_not_be_used_is_told_once_and_leaves_the_keys_alone() {
    let files = Files::new();
    let mut follower = files.follower().await;
    for bad in ["", "change-me"] {
        files.write("current", bad);
        let Look::Unusable(why) = follower.look().await else {
            panic!("{bad:?} was taken");
        };
        assert!(why.contains("JWT_SECRET"), "{why}");
        assert_eq!(follower.look().await, Look::StillUnusable);
    }
    fs::remove_file(files.path("current")).unwrap();
    assert!(matches!(follower.look().await, Look::Unusable(_)));
    assert_eq!(follower.look().await, Look::StillUnusable);
    assert_eq!(*follower.tokens.keys().unwrap(), keys(ONE, &[TWO]).await);

    // It comes back, and goes again: that is news.
    files.write("current", ONE);
    assert_eq!(follower.look().await, Look::Same);
    fs::remove_file(files.path("current")).unwrap();
    assert!(matches!(follower.look().await, Look::Unusable(_)));
}

#[tokio::test]
async fn without_files_there_is_nothing_to_follow_and_no_end() {
    let tokens = Tokens::new(keys(ONE, &[]).await, Duration::from_hours(1));
    let mut told = false;
    let mut kept = Box::pin(keep(Arc::new(tokens), setting(ONE), |it| told = it.is_ok()));
    assert!(futures::poll!(&mut kept).is_pending());
    drop(kept);
    assert!(told);
}

#[tokio::test]
async fn the_first_keys_are_taken_at_once_and_until_then_no_token_is_good_or_bad() {
    let files = Files::new();
    let tokens = Arc::new(Tokens::without_keys(Duration::from_hours(1)));
    let mut follower = Follower::new(Arc::clone(&tokens), files.sources());
    files.write("current", "change-me");
    assert!(matches!(follower.look().await, Look::Unusable(_)));
    let checked = tokens.check("what", jiff::Timestamp::UNIX_EPOCH);
    assert_eq!(checked.err(), Some(NoKeys.into()));
    files.write("current", ONE);
    assert_eq!(follower.look().await, Look::Replaced);
    assert_eq!(*tokens.keys().unwrap(), keys(ONE, &[TWO]).await);
}
