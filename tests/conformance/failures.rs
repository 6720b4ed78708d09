//! What becomes of a call when the way to the server, or the server, fails.

use std::{sync::Arc, time::Duration};

use anyhow::Result;
use futures::future::join_all;
use mongodb::bson::{Document, doc};
use organization_operator::store::{
    mongo::{ConnectError, MongoSettings, MongoStore, MongoTimeouts},
    port::{StoreError, TenantStore as _},
};
use secrecy::SecretString;
use tokio::time::timeout;

use crate::{
    collections::{see, uuid_of},
    faults::{Answer, Hold, LoseReply, Relayed, impatient},
    mongo_world::{Counter, open, server_url, settings},
    relay::refusal,
    samples::{CANARY, assert_discreet, own, query_owner, record, tenant_collection},
};

fn kind<T: std::fmt::Debug>(outcome: &Result<T, StoreError>) -> &'static str {
    if let Err(error) = outcome {
        assert_discreet(error);
    }
    match outcome {
        Ok(_) => "done",
        Err(StoreError::Unauthorized(_)) => "unauthorized",
        Err(StoreError::Unreachable(_)) => "unreachable",
        Err(StoreError::OutcomeUnknown(_)) => "unknown",
        Err(StoreError::Stale) => "stale",
        Err(_) => "other",
    }
}

/// Two cores, and whatever else runs on them: nothing here is about the time that an answer takes.
fn patient() -> MongoTimeouts {
    let half_a_minute = Duration::from_secs(30);
    MongoTimeouts {
        server_selection: half_a_minute,
        connect: half_a_minute,
        read: half_a_minute,
        write: half_a_minute,
        ..MongoTimeouts::default()
    }
}

#[tokio::test]
async fn a_write_whose_reply_is_lost_has_an_unknown_outcome_and_is_not_repeated() -> Result<()> {
    let relayed = Relayed::open(LoseReply::of("insert"), patient()).await?;
    let outcome = relayed.store.insert_record(&record(1, "acme")?).await;
    assert_eq!((kind(&outcome), relayed.sent("insert")), ("unknown", 1));
    assert_eq!(
        own(&relayed.opened.world, "u1").await?.record,
        record(1, "acme")?
    );
    relayed.close().await
}

#[tokio::test]
async fn a_move_whose_reply_is_lost_has_an_unknown_outcome_and_is_not_repeated() -> Result<()> {
    let rule = LoseReply::of("renameCollection");
    let relayed = Relayed::open(rule, patient()).await?;
    let world = &relayed.opened.world;
    let [acme, bolt] = ["acme", "bolt"].map(tenant_collection);
    let (acme, bolt) = (acme?, bolt?);
    world.hand.plant_collection(acme.as_str()).await?;
    let uuid = uuid_of(world, &acme).await?;
    let outcome = relayed.store.move_collection(&acme, &bolt, uuid).await;
    assert_eq!(
        (kind(&outcome), relayed.sent("renameCollection")),
        ("unknown", 1)
    );
    assert!(see(world, &bolt).await?.is_some());
    relayed.close().await
}

#[tokio::test]
async fn the_records_are_read_again_when_the_reply_is_lost() -> Result<()> {
    let relayed = Relayed::open(LoseReply::of("aggregate"), patient()).await?;
    let outcome = relayed.store.find_tenants(&query_owner("u1")).await;
    assert_eq!((kind(&outcome), relayed.sent("aggregate")), ("done", 2));
    relayed.close().await
}

#[tokio::test]
async fn a_write_whose_caller_gives_up_is_done_all_the_same() -> Result<()> {
    let rule = Hold::on("insert");
    let relayed = Relayed::open(Arc::clone(&rule) as _, patient()).await?;
    let record = record(1, "acme")?;
    tokio::select! {
        outcome = relayed.store.insert_record(&record) => anyhow::bail!("ended: {outcome:?}"),
        arrived = rule.arrived.acquire() => arrived?.forget(),
    }
    // The future is dropped; its write is on its way.
    rule.released.add_permits(1);
    // Waits for what was sent.
    relayed.store.close().await;
    assert_eq!(own(&relayed.opened.world, "u1").await?.record, record);
    relayed.opened.close().await
}

/// The first call asks what the server is: not what these tests hold up.
async fn probed(relayed: &Relayed) -> Result<()> {
    relayed.store.facts().await?;
    Ok(())
}

#[tokio::test]
async fn a_write_without_an_answer_in_time_has_an_unknown_outcome() -> Result<()> {
    let rule = Hold::on("insert");
    let relayed = Relayed::open(Arc::clone(&rule) as _, impatient()).await?;
    probed(&relayed).await?;
    let outcome = relayed.store.insert_record(&record(1, "acme")?).await;
    assert_eq!(kind(&outcome), "unknown");
    rule.released.add_permits(1);
    relayed.close().await
}

#[tokio::test]
async fn a_read_without_an_answer_in_time_means_unreachable() -> Result<()> {
    let rule = Hold::on("aggregate");
    let relayed = Relayed::open(Arc::clone(&rule) as _, impatient()).await?;
    probed(&relayed).await?;
    let outcome = relayed.store.find_tenants(&query_owner("u1")).await;
    assert_eq!(kind(&outcome), "unreachable");
    rule.released.add_permits(1);
    relayed.close().await
}

async fn answered(command: &'static str, reply: Document) -> Result<&'static str> {
    let rule = Arc::new(Answer(command, reply));
    let relayed = Relayed::open(rule, patient()).await?;
    let outcome = match command {
        "aggregate" => relayed
            .store
            .find_tenants(&query_owner("u1"))
            .await
            .map(drop),
        _ => relayed.store.insert_record(&record(1, "acme")?).await,
    };
    let kind = kind(&outcome);
    if let Err(StoreError::Unauthorized(text) | StoreError::OutcomeUnknown(text)) = &outcome {
        assert!(text.contains("organizations"), "{text}");
    }
    relayed.close().await?;
    Ok(kind)
}

#[tokio::test]
async fn what_a_server_refuses_is_told_apart() -> Result<()> {
    let failed = |code, name: &str| refusal(code, name, CANARY);
    let write_error = doc! {"index": 0, "code": 8, "codeName": "UnknownError", "errmsg": CANARY};
    let concern = doc! {"code": 64, "codeName": "WriteConcernTimeout", "errmsg": CANARY};
    let cases = [
        ("aggregate", failed(13, "Unauthorized"), "unauthorized"),
        ("insert", failed(13, "Unauthorized"), "unauthorized"),
        (
            "insert",
            failed(10_107, "NotWritablePrimary"),
            "unreachable",
        ),
        (
            "insert",
            failed(11_602, "InterruptedDueToReplStateChange"),
            "unknown",
        ),
        ("insert", failed(8, "UnknownError"), "other"),
        (
            "insert",
            doc! {"ok": 1, "n": 0, "writeErrors": [write_error]},
            "other",
        ),
        // On the primary, but perhaps not for long.
        (
            "insert",
            doc! {"ok": 1, "n": 1, "writeConcernError": concern},
            "unknown",
        ),
    ];
    for (command, reply, expected) in cases {
        let described = format!("{command}: {reply}");
        assert_eq!(answered(command, reply).await?, expected, "{described}");
    }
    Ok(())
}

const NOBODY: &str = "mongodb://root:canary-7c3e@127.0.0.1:1/?directConnection=true";

async fn without_server() -> Result<MongoStore> {
    let settings = MongoSettings {
        timeouts: impatient(),
        ..settings("nowhere", Arc::new(Counter::default()))
    };
    Ok(MongoStore::connect(settings, &SecretString::from(NOBODY)).await?)
}

#[tokio::test]
async fn without_a_server_every_call_says_so_and_the_store_is_made_all_the_same() -> Result<()> {
    let store = without_server().await?;
    let outcomes = [
        store.ping().await,
        store.ensure_indexes().await,
        store.find_tenants(&query_owner("u1")).await.map(drop),
        store.insert_record(&record(1, "acme")?).await,
        store.facts().await.map(drop),
    ];
    for outcome in outcomes {
        assert_eq!(kind(&outcome), "unreachable");
    }
    store.close().await;
    Ok(())
}

#[tokio::test]
async fn without_a_server_nobody_waits_behind_the_others() -> Result<()> {
    let store = without_server().await?;
    let query = query_owner("u1");
    let calls = (0..30).map(|_| store.find_tenants(&query));
    let calls: Vec<_> = calls.collect();
    // One after the other they would take thirty times the 200 ms of a server selection.
    let outcomes = timeout(Duration::from_secs(3), join_all(calls)).await?;
    assert!(
        outcomes
            .iter()
            .all(|outcome| kind(outcome) == "unreachable")
    );
    store.close().await;
    Ok(())
}

#[tokio::test]
async fn another_url_is_taken_without_a_restart() -> Result<()> {
    let opened = open().await?;
    let store = without_server().await?;
    assert_eq!(kind(&store.ping().await), "unreachable");
    store.reconnect(&SecretString::from(server_url()?)).await?;
    assert_eq!(kind(&store.ping().await), "done");
    // One that can't be used changes nothing.
    let outcome = store
        .reconnect(&SecretString::from("localhost:27017"))
        .await;
    assert_eq!(outcome, Err(ConnectError::Url));
    assert_eq!(kind(&store.ping().await), "done");
    store.close().await;
    opened.close().await
}

#[tokio::test]
async fn a_wrong_password_is_said_plainly() -> Result<()> {
    let url = server_url()?.replace("mongodb://", &format!("mongodb://nobody:{CANARY}@"));
    let settings = settings("nowhere", Arc::new(Counter::default()));
    let store = MongoStore::connect(settings, &SecretString::from(url)).await?;
    assert_eq!(kind(&store.ping().await), "unauthorized");
    store.close().await;
    Ok(())
}

#[tokio::test]
async fn no_part_of_a_bad_url_is_in_its_error() -> Result<()> {
    for url in [
        "",
        CANARY,
        "http://canary-7c3e",
        "mongodb://root:canary-7c3e/x@localhost",
        "mongodb://root:canary-7c3e@localhost:port",
        "mongodb://root@localhost/?canary-7c3e=1",
        "mongodb://localhost/?tls=true&tlsCAFile=/canary-missing",
        "mongodb://localhost/?timeoutMS=canary-7c3e",
    ] {
        let settings = settings("nowhere", Arc::new(Counter::default()));
        let outcome = MongoStore::connect(settings, &SecretString::from(url)).await;
        let Err(error) = outcome else {
            anyhow::bail!("taken: {url}");
        };
        let text = format!("{error} {error:?}");
        assert!(!text.contains(CANARY), "{text}");
    }
    Ok(())
}
