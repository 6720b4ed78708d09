//! What clients send and get is told to nobody else: no password, token or address is in a log, a
//! figure, an Event or an object, whatever the log's level. Who did what is, by ids.

use anyhow::{Context as _, Result, anyhow};
use serde_json::json;

use crate::api_world::{ApiWorld, JWT_SECRET};

#[tokio::test(flavor = "multi_thread")]
async fn a_log_says_who_did_what_and_holds_nothing_that_clients_sent() -> Result<()> {
    let world = ApiWorld::with("api-canaries", &[("LOG_LEVEL", "trace")]).await?;
    let (first, second) = ("canary-First-1", "canary-Second-2");
    world
        .create("acme", "canary-a@x.io", first)
        .await?
        .with(200)?;
    world
        .log_in("canary-a@x.io", "canary-Wrong-0")
        .await?
        .with(401)?;
    world.log_in("canary-nobody@x.io", first).await?.with(401)?;
    let session = world
        .log_in("canary-a@x.io", first)
        .await?
        .with(200)?
        .json()?;
    let text = |field: &str| session[field].as_str().map(str::to_owned).context("none");
    let (access, refresh) = (text("access_token")?, text("refresh_token")?);
    let renewal = json!({"refresh_token": refresh});
    world
        .send("POST", "/admin/refresh", "", Some(&renewal))
        .await?
        .with(200)?;
    world.read("acme", &access).await?.with(200)?;
    let wish = json!({"email": "canary-b@x.io", "password": second});
    world.update("acme", &access, &wish).await?.with(200)?;
    // Refused, since the token is of before: the line tells whose it was.
    world.update("acme", &access, &wish).await?.with(401)?;
    let token = world.token("canary-b@x.io", second).await?;
    world.delete("acme", &token).await?.with(200)?;

    let log = world.service().log();
    let metrics = world.service().get("/metrics");
    let (_, metrics) = metrics.map_err(|error| anyhow!(error))?;
    let secrets = [
        first,
        second,
        "canary-Wrong",
        &access,
        &refresh,
        &token,
        JWT_SECRET,
        "canary-nobody",
    ];
    for (place, said) in [("log", &log), ("metrics", &metrics)] {
        for secret in secrets {
            assert!(!said.contains(secret), "{secret} is in the {place}");
        }
    }
    // The service's own lines hold no address at all.
    let own = |line: &&str| line.contains("http::") || line.contains("audit");
    for line in log.lines().filter(own) {
        assert!(!line.contains("canary-"), "{line}");
    }
    for (action, times) in [
        ("organization.create", 1),
        ("organization.update", 2),
        ("organization.delete", 1),
        ("admin.login", 4),
    ] {
        let told = |line: &&str| line.contains(&format!("action=\"{action}\""));
        let lines: Vec<_> = log.lines().filter(told).collect();
        assert_eq!(lines.len(), times, "{action}: {lines:#?}");
        // Of whoever fails to log in, or asks for an organization, nothing is proved.
        let is_known =
            |line: &&&str| line.contains("result=\"done\"") || line.contains("organization.update");
        for line in lines.iter().filter(is_known) {
            assert!(line.contains("organization=\""), "{line}");
            assert!(line.contains("admin=\""), "{line}");
        }
    }
    Ok(())
}
