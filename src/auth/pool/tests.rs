use std::error::Error;
use std::sync::mpsc::Sender as Gate;

use futures::poll;

use super::*;

type TestResult = Result<(), Box<dyn Error>>;

/// bcrypt's lowest: a millisecond.
const COST: u32 = 4;

fn pool(threads: usize, queue: usize) -> HashPool {
    HashPool::start(NonZeroUsize::new(threads).unwrap(), queue).unwrap()
}

fn secret(password: &str) -> SecretString {
    SecretString::from(password)
}

fn record(hash: &str) -> BcryptHash {
    BcryptHash::from_record(hash.to_owned())
}

/// Occupies a thread; returns once the thread is at it. Dropping the gate lets it go on.
async fn occupy(pool: &HashPool) -> (Gate<()>, oneshot::Receiver<()>) {
    let (gate, closed) = mpsc::channel::<()>();
    let (start, started) = oneshot::channel();
    let done = pool.reserve().await.submit(move || {
        let _ = start.send(());
        let _ = closed.recv();
    });
    started.await.unwrap();
    (gate, done)
}

#[tokio::test]
async fn a_hash_matches_its_password_and_no_other() -> TestResult {
    let pool = pool(2, 2);
    let hash = pool.hash(secret("correct horse 1"), COST).await?;
    assert_eq!(hash.cost(), Some(COST));
    assert!(hash.expose().starts_with("$2b$04$"));
    assert!(
        pool.verify(secret("correct horse 1"), hash.clone(), COST)
            .await?
    );
    assert!(
        !pool
            .verify(secret("correct horse 2"), hash.clone(), COST)
            .await?
    );
    assert_ne!(
        pool.hash(secret("correct horse 1"), COST).await?,
        hash,
        "the salt is fresh"
    );
    assert_eq!(
        (pool.hashes(), pool.verifications(), pool.queued()),
        (2, 2, 0)
    );
    Ok(())
}

#[tokio::test]
async fn hashes_of_the_older_service_match_with_each_prefix() -> TestResult {
    let pool = pool(1, 0);
    let rest = "04$CS5wnOHX1pT33tLX5IOrAOGEzDzL2S7igz7fKVC89fBRzmKBR.e16";
    for version in ["2a", "2b", "2x", "2y"] {
        let hash = record(&format!("${version}${rest}"));
        assert!(
            pool.verify(secret("pässwörd1"), hash.clone(), COST).await?,
            "{version}"
        );
        assert!(
            !pool.verify(secret("passwörd1"), hash, COST).await?,
            "{version}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn nul_counts_when_it_is_compared() -> TestResult {
    let pool = pool(1, 0);
    let hash = record("$2b$04$LUQ2QObzYiSYZuqCXeJu6ebEj0y.sxpcadvopQv1ToDpmehOuLfDO");
    assert!(pool.verify(secret("abc\0def1"), hash.clone(), COST).await?);
    for other in ["abc", "abc\0", "abc\0def2", "abcdef1"] {
        assert!(
            !pool.verify(secret(other), hash.clone(), COST).await?,
            "{other:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn seventy_two_bytes_are_hashed_and_a_longer_password_never_matches() -> TestResult {
    let pool = pool(1, 0);
    let fits = "a".repeat(71) + "1";
    let theirs = record("$2b$04$zkdSp.06aoIb7yfa8JVKvOOPFDaFZdaH9V2jm7GJNEccIFYEyH21q");
    let ours = pool.hash(secret(&fits), COST).await?;
    for hash in [theirs, ours] {
        assert!(pool.verify(secret(&fits), hash.clone(), COST).await?);
        assert!(!pool.verify(secret(&format!("{fits}x")), hash, COST).await?);
    }
    assert_eq!(
        pool.verifications(),
        4,
        "a longer password costs as much as any"
    );
    let refused = pool.hash(secret(&format!("{fits}x")), COST).await;
    assert!(matches!(refused, Err(HashError::TooLong)), "{refused:?}");
    assert_eq!(pool.hashes(), 1);
    Ok(())
}

#[tokio::test]
async fn a_cheaper_hash_is_compared_with_at_the_cost_that_is_asked_for() -> TestResult {
    let pool = pool(1, 0);
    let (cheap, dear) = (COST, COST + 3);
    let hash = pool.hash(secret("correct horse 1"), cheap).await?;
    for (password, matches) in [("correct horse 1", true), ("correct horse 2", false)] {
        let before = pool.rounds();
        let verified = pool.verify(secret(password), hash.clone(), dear).await?;
        assert_eq!(verified, matches);
        assert_eq!(pool.rounds() - before, 1 << dear, "{password}");
    }
    let dearer = pool.hash(secret("correct horse 1"), dear).await?;
    let before = pool.rounds();
    assert!(
        pool.verify(secret("correct horse 1"), dearer, cheap)
            .await?
    );
    assert_eq!(pool.rounds() - before, 1 << dear);
    Ok(())
}

#[tokio::test]
async fn a_damaged_hash_matches_nothing_and_costs_nothing() -> TestResult {
    let pool = pool(1, 0);
    for damaged in [
        "",
        "plain",
        "$2b$99$CS5wnOHX1pT33tLX5IOrAOGEzDzL2S7igz7fKVC89fBRzmKBR.e16",
    ] {
        assert!(
            !pool.verify(secret(damaged), record(damaged), COST).await?,
            "{damaged}"
        );
    }
    assert_eq!(pool.verifications(), 0);
    Ok(())
}

#[tokio::test]
async fn a_cost_that_bcrypt_lacks_is_an_error() {
    let refused = pool(1, 0).hash(secret("canary-password-1"), 3).await;
    let error = refused.expect_err("cost 3");
    assert!(matches!(error, HashError::Bcrypt(_)), "{error:?}");
    assert!(!format!("{error:?} {error}").contains("canary"));
}

#[tokio::test]
async fn a_full_queue_is_busy_at_once_for_some_and_a_wait_for_others() -> TestResult {
    let pool = pool(1, 1);
    let (gate, _running) = occupy(&pool).await;
    let mut waiting = Box::pin(pool.hash(secret("first in line 1"), COST));
    assert!(poll!(waiting.as_mut()).is_pending());
    assert_eq!(pool.queued(), 1);

    let refused = pool.hash(secret("one too many 1"), COST).await;
    assert!(matches!(refused, Err(HashError::Busy)), "{refused:?}");
    let refused = pool
        .verify(secret("one too many 1"), record(""), COST)
        .await;
    assert!(matches!(refused, Err(HashError::Busy)), "{refused:?}");
    let mut patient = Box::pin(pool.reserve());
    assert!(poll!(patient.as_mut()).is_pending());

    drop(gate);
    waiting.await?;
    let hash = patient.await.hash(secret("patience pays 1"), COST).await?;
    assert!(pool.verify(secret("patience pays 1"), hash, COST).await?);
    Ok(())
}

#[tokio::test]
async fn no_more_jobs_run_at_a_time_than_there_are_threads() -> TestResult {
    let pool = pool(2, 8);
    let (first, _running) = occupy(&pool).await;
    let (second, _running_too) = occupy(&pool).await;
    let mut third = Box::pin(pool.hash(secret("third in line 3"), COST));
    assert!(poll!(third.as_mut()).is_pending());
    assert_eq!((pool.queued(), pool.hashes()), (1, 0));
    drop(first);
    third.await?;
    assert_eq!((pool.queued(), pool.hashes()), (0, 1));
    drop(second);
    Ok(())
}

#[tokio::test]
async fn a_job_whose_caller_has_gone_is_skipped() -> TestResult {
    let pool = pool(1, 8);
    let (gate, _running) = occupy(&pool).await;
    let mut gone = Box::pin(pool.hash(secret("impatient caller 1"), COST));
    assert!(poll!(gone.as_mut()).is_pending());
    drop(gone);
    drop(gate);
    // Queued after it, on the only thread: when this is done, so is the other.
    pool.reserve().await.submit(|| ()).await?;
    assert_eq!((pool.hashes(), pool.queued()), (0, 0));
    Ok(())
}

#[tokio::test]
async fn a_panic_is_an_error_for_that_job_alone() -> TestResult {
    let pool = pool(1, 0);
    for _ in 0..3 {
        let lost = pool
            .reserve()
            .await
            .submit(|| panic!("a panic that this test wants"));
        let lost: Result<(), _> = lost.await;
        assert!(lost.is_err());
    }
    // The only thread lives, and the only place is free.
    pool.hash(secret("life goes on 1"), COST).await?;
    Ok(())
}

#[tokio::test]
async fn dropping_the_pool_ends_its_threads_and_computes_no_more() {
    let pool = pool(2, 8);
    let counts = Arc::clone(&pool.counts);
    let (first, running) = occupy(&pool).await;
    let (second, running_too) = occupy(&pool).await;
    for _ in 0..4 {
        let mut gone = Box::pin(pool.hash(secret("too late now 1"), COST));
        assert!(poll!(gone.as_mut()).is_pending());
    }
    drop((first, second));
    drop(pool);
    // Each thread held what its jobs held; joined, it holds nothing.
    assert_eq!(Arc::strong_count(&counts), 1);
    assert_eq!(counts.hashes.load(Ordering::Relaxed), 0);
    assert_eq!((running.await, running_too.await), (Ok(()), Ok(())));
}
