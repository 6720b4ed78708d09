use anyhow::{Context as _, Result};
use kube::api::{DeleteParams, ListParams};
use serde_json::{Value, json};

use crate::{
    samples::{PASSWORD, organization, organization_with},
    world::{World, condition, status},
};

fn by_password(name: &str, secret: &str) -> Value {
    let admin = json!({
        "email": format!("{name}@acme.example"),
        "passwordSecretRef": {"name": secret, "key": "password"},
    });
    organization_with(name, &json!({"admin": admin}))
}

fn generated(name: &str) -> Value {
    organization_with(
        name,
        &json!({"admin": {"email": format!("{name}@acme.example")}}),
    )
}

impl World {
    async fn opens(&self, organization: &str, password: &str) -> Result<bool> {
        let admin = self
            .record("admins", "organization_name", organization)
            .await?;
        Ok(bcrypt::verify(password, admin.get_str("password")?)?)
    }

    async fn token_version(&self, organization: &str) -> Result<i64> {
        Ok(self
            .record("admins", "organization_name", organization)
            .await?
            .get_i64("token_version")?)
    }

    async fn generated_password(&self, secret: &str) -> Result<Option<String>> {
        let found = self.secrets().get_opt(secret).await?;
        let value = found.and_then(|found| found.data?.remove("password"));
        Ok(value.map(|value| String::from_utf8(value.0)).transpose()?)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_password_is_hashed_once_and_a_touched_secret_changes_nothing() -> Result<()> {
    let world = World::start("password").await?;
    world.apply(&by_password("acme", "login")).await?;
    world.settled("acme", "Succeeded").await?;
    assert!(world.opens("acme", PASSWORD).await?);
    assert_eq!(world.hashes()?, 1);

    world
        .put_secret("login", &[("password", PASSWORD), ("unrelated", "x")])
        .await?;
    let version =
        |object: &organization_operator::crd::Organization| status(object).credential_version;
    let first = version(&world.organizations().get("acme").await?);
    world
        .eventually("the touched Secret is noted", || async {
            Ok(version(&world.organizations().get("acme").await?) != first)
        })
        .await?;
    assert_eq!(
        (world.hashes()?, world.token_version("acme").await?),
        (1, 0)
    );

    world
        .put_secret("login", &[("password", "canary-Other-2")])
        .await?;
    world
        .eventually("the new password opens", || {
            world.opens("acme", "canary-Other-2")
        })
        .await?;
    assert!(!world.opens("acme", PASSWORD).await?);
    assert_eq!(
        (world.hashes()?, world.token_version("acme").await?),
        (2, 1)
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_hash_is_taken_as_it_is() -> Result<()> {
    let world = World::with("hash", &["--secrets-watch", "namespaces"]).await?;
    world.apply(&organization("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    assert!(world.opens("acme", PASSWORD).await?);
    let other = bcrypt::hash("canary-Other-2", 10)?;
    world.put_secret("login", &[("hash", &other)]).await?;
    world
        .eventually("the new password opens", || {
            world.opens("acme", "canary-Other-2")
        })
        .await?;
    assert_eq!(
        (world.hashes()?, world.token_version("acme").await?),
        (0, 1)
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generated_password_follows_its_secret_and_gives_way_to_a_reference() -> Result<()> {
    let world = World::start("generated").await?;
    world.apply(&generated("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    let first = world
        .generated_password("acme-admin")
        .await?
        .context("no password")?;
    assert_eq!(first.chars().count(), 24);
    assert!(world.opens("acme", &first).await?);

    world
        .secrets()
        .delete("acme-admin", &DeleteParams::default())
        .await?;
    world
        .eventually("another password is generated, and opens", || async {
            match world.generated_password("acme-admin").await? {
                Some(password) if password != first => world.opens("acme", &password).await,
                _ => Ok(false),
            }
        })
        .await?;

    world
        .put_secret("acme-admin", &[("password", "canary-Edited-3")])
        .await?;
    world
        .eventually("the edited password opens", || {
            world.opens("acme", "canary-Edited-3")
        })
        .await?;

    // A reference takes over, and the Secret that no longer opens anything goes.
    let reference =
        json!({"spec": {"admin": {"passwordSecretRef": {"name": "login", "key": "password"}}}});
    world.patch("acme", &reference).await?;
    world
        .eventually("the referenced password opens", || {
            world.opens("acme", PASSWORD)
        })
        .await?;
    world.settled("acme", "Succeeded").await?;
    assert_eq!(world.generated_password("acme-admin").await?, None);

    // Another reference, another password.
    world
        .put_secret("other", &[("key", "canary-Other-4")])
        .await?;
    let reference =
        json!({"spec": {"admin": {"passwordSecretRef": {"name": "other", "key": "key"}}}});
    world.patch("acme", &reference).await?;
    world
        .eventually("the other password opens", || {
            world.opens("acme", "canary-Other-4")
        })
        .await?;
    assert!(!world.opens("acme", PASSWORD).await?);

    // Without it, one is generated again.
    world
        .patch(
            "acme",
            &json!({"spec": {"admin": {"passwordSecretRef": null}}}),
        )
        .await?;
    world
        .eventually("a generated password opens", || async {
            match world.generated_password("acme-admin").await? {
                Some(password) => world.opens("acme", &password).await,
                None => Ok(false),
            }
        })
        .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unusable_secret_is_named_with_its_key_and_the_old_hash_keeps_serving() -> Result<()> {
    let world = World::start("unusable").await?;
    world.apply(&by_password("acme", "mine")).await?;
    world.settled("acme", "SecretNotFound").await?;
    assert_eq!(world.count("organizations").await?, 0);
    world.put_secret("mine", &[("password", PASSWORD)]).await?;
    world.settled("acme", "Succeeded").await?;

    let long = "canary-a1".repeat(9);
    for (data, reason, expected) in [
        (("other", "x"), "SecretInvalid", "is missing"),
        (("password", ""), "SecretInvalid", "is empty"),
        (("password", "canar"), "WeakPassword", "6 characters"),
        (
            ("password", "canary"),
            "WeakPassword",
            "one letter and one digit",
        ),
        (("password", "canary-1\0"), "WeakPassword", "NUL"),
        (("password", &long), "WeakPassword", "72 bytes"),
    ] {
        world
            .secrets()
            .delete("mine", &DeleteParams::default())
            .await?;
        world.put_secret("mine", &[data]).await?;
        let wanted = |object: Option<&organization_operator::crd::Organization>| {
            object
                .and_then(|object| condition(object, "Ready"))
                .is_some_and(|(_, said, message)| {
                    said == reason && message.contains(expected) && message.contains("Secret mine")
                })
        };
        world.until_in(&world.namespace, "acme", wanted).await?;
        assert!(world.opens("acme", PASSWORD).await?);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_not_ours_is_never_touched() -> Result<()> {
    let world = World::start("not-ours").await?;
    world
        .put_secret("acme-admin", &[("password", "canary-Theirs-9")])
        .await?;
    let before = world.secrets().get("acme-admin").await?;
    world.apply(&generated("acme")).await?;
    world.settled("acme", "SecretConflict").await?;
    assert_eq!(world.secrets().get("acme-admin").await?, before);
    assert_eq!(world.count("organizations").await?, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_any_log_event_status_or_metric() -> Result<()> {
    let world = World::with("canary", &["--log-level", "trace"]).await?;
    world.apply(&by_password("acme", "login")).await?;
    world.apply(&organization("beta")).await?;
    world.settled("acme", "Succeeded").await?;
    world.settled("beta", "Succeeded").await?;
    world
        .put_secret("login", &[("password", "canary-bad")])
        .await?;
    world.settled("acme", "WeakPassword").await?;
    world.apply(&by_password("taken", "login")).await?;
    world.settled("taken", "WeakPassword").await?;

    let admin = world.record("admins", "organization_name", "acme").await?;
    let events = kube::Api::<k8s_openapi::api::events::v1::Event>::namespaced(
        world.client.clone(),
        &world.namespace,
    );
    let events = serde_json::to_string(&events.list(&ListParams::default()).await?.items)?;
    let objects = serde_json::to_string(
        &world
            .organizations()
            .list(&ListParams::default())
            .await?
            .items,
    )?;
    let (_, metrics) = world.operator.get("/metrics").map_err(anyhow::Error::msg)?;
    let log = world.operator.log();
    assert!(
        log.contains("TRACE") || log.contains("DEBUG"),
        "the log holds what it should"
    );
    for (place, text) in [
        ("log", &log),
        ("Events", &events),
        ("objects", &objects),
        ("metrics", &metrics),
    ] {
        for canary in ["canary-", "$2b$", admin.get_str("password")?] {
            // The namespace is called canary-N.
            let text = text
                .replace(&world.namespace, "")
                .replace(&world.elsewhere, "");
            assert!(!text.contains(canary), "{canary} is in the {place}");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_watch_a_changed_secret_is_found_within_a_minute() -> Result<()> {
    let world = World::with("unwatched", &["--secrets-watch", "off"]).await?;
    world.apply(&organization("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    let other = bcrypt::hash("canary-Other-2", 10)?;
    world.put_secret("login", &[("hash", &other)]).await?;
    world
        .eventually("the new password opens", || {
            world.opens("acme", "canary-Other-2")
        })
        .await
}
