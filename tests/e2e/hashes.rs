use anyhow::Result;
use kube::api::{DeleteParams, Patch, PatchParams};
use organization_operator::crd::Organization;
use serde_json::json;

use crate::{
    hand::message,
    samples::{HASH, organization, organization_with},
    world::{World, ready, status},
};

impl World {
    /// Puts a Secret in another's place, with one value as base64.
    async fn replace_secret(&self, name: &str, key: &str, base64: &str) -> Result<()> {
        let secrets = self.secrets();
        if secrets.get_opt(name).await?.is_some() {
            secrets.delete(name, &DeleteParams::default()).await?;
        }
        self.apply(&json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": name}, "data": {key: base64},
        }))
        .await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bcrypt_hash_of_any_kind_is_stored_as_it_is() -> Result<()> {
    let world = World::start("kinds").await?;
    for kind in ["2a", "2b", "2x", "2y"] {
        for cost in ["10", "16"] {
            let hash = HASH
                .replacen("2b", kind, 1)
                .replacen("$10$", &format!("${cost}$"), 1);
            let name = format!("org-{kind}-{cost}");
            world.put_secret(&name, &[("hash", &hash)]).await?;
            let mut manifest = organization(&name);
            manifest["spec"]["admin"]["passwordHashSecretRef"]["name"] = json!(name);
            world.apply(&manifest).await?;
            world.settled(&name, "Succeeded").await?;
            let admin = world.record("admins", "organization_name", &name).await?;
            assert_eq!(admin.get_str("password")?, hash);
        }
    }
    assert_eq!(world.hashes()?, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_usable_hash_is_refused_by_secret_and_key_without_its_value() -> Result<()> {
    let world = World::start("no-hash").await?;
    let mut manifest = organization("acme");
    manifest["spec"]["admin"]["passwordHashSecretRef"] = json!({"name": "mine", "key": "hash"});
    world.put_secret("mine", &[("hash", HASH)]).await?;
    world.apply(&manifest).await?;
    world.settled("acme", "Succeeded").await?;

    let [short, cheap, dear, kind] = [
        &HASH[..59],
        &HASH.replacen("$10$", "$09$", 1),
        &HASH.replacen("$10$", "$17$", 1),
        &HASH.replacen("$2b$", "$2c$", 1),
    ];
    for value in [short, cheap, dear, kind, "canary-Secret-1"] {
        world
            .secrets()
            .delete("mine", &DeleteParams::default())
            .await?;
        // Gone in between: else the former refusal would stand for the next one.
        world.settled("acme", "SecretNotFound").await?;
        world.put_secret("mine", &[("hash", value)]).await?;
        let object = world.settled("acme", "SecretInvalid").await?;
        let said = message(&object);
        assert!(said.contains("Key hash of Secret mine"), "{said}");
        assert!(!said.contains(value), "{said}");
    }
    for (base64, expected) in [("/w==", "is not UTF-8"), ("", "is empty")] {
        world.replace_secret("mine", "hash", base64).await?;
        let said = |object: Option<&Organization>| {
            object.is_some_and(|object| {
                ready(object).is_some_and(|(_, reason)| reason == "SecretInvalid")
                    && message(object).contains(expected)
            })
        };
        world.until_in(&world.namespace, "acme", said).await?;
    }
    let admin = world.record("admins", "organization_name", "acme").await?;
    assert_eq!(
        admin.get_str("password")?,
        HASH,
        "the former one keeps serving"
    );
    assert_eq!(admin.get_i64("token_version").unwrap_or_default(), 0);
    Ok(())
}

fn by_password(name: &str) -> serde_json::Value {
    let admin = json!({
        "email": format!("{name}@acme.example"),
        "passwordSecretRef": {"name": "login", "key": "password"},
    });
    organization_with(name, &json!({"admin": admin}))
}

fn generated(name: &str) -> serde_json::Value {
    let admin = json!({"email": format!("{name}@acme.example")});
    organization_with(name, &json!({"admin": admin}))
}

impl World {
    /// Waits until the admin's token version is that.
    async fn tokens_are(&self, name: &str, version: i64) -> Result<()> {
        self.eventually("the tokens' version", || async {
            let admin = self.record("admins", "organization_name", name).await?;
            Ok(admin.get_i64("token_version").unwrap_or_default() == version)
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_of_a_generated_password_is_hashed_once_and_a_touch_never() -> Result<()> {
    let world = World::start("once").await?;
    world.apply(&generated("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    assert_eq!(world.hashes()?, 1);
    let secret = "acme-admin";
    world
        .secrets()
        .delete(secret, &DeleteParams::default())
        .await?;
    world.tokens_are("acme", 1).await?;
    assert_eq!(world.hashes()?, 2);
    world
        .put_secret(secret, &[("password", "canary-Edited-3")])
        .await?;
    world.tokens_are("acme", 2).await?;
    assert_eq!(world.hashes()?, 3);

    let version = |object: &Organization| status(object).credential_version;
    let before = version(&world.settled("acme", "Succeeded").await?);
    let touch = json!({"metadata": {"labels": {"touched": "by-hand"}}});
    let params = PatchParams::default();
    world
        .secrets()
        .patch(secret, &params, &Patch::Merge(touch))
        .await?;
    world
        .eventually("the touch is noted", || async {
            Ok(version(&world.organizations().get("acme").await?) != before)
        })
        .await?;
    assert_eq!(world.hashes()?, 3);
    world.tokens_are("acme", 2).await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_quick_changes_the_last_one_counts() -> Result<()> {
    let world = World::start("twice").await?;
    world.apply(&by_password("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    for round in 0..5 {
        for which in ["First", "Last"] {
            let password = format!("canary-{which}-{round}");
            world
                .put_secret("login", &[("password", &password)])
                .await?;
        }
        let last = format!("canary-Last-{round}");
        world
            .eventually("the last password opens", || async {
                let admin = world.record("admins", "organization_name", "acme").await?;
                Ok(bcrypt::verify(&last, admin.get_str("password")?)?)
            })
            .await?;
    }
    let hashes = world.hashes()?;
    println!("5 times two quick changes of a password: {hashes} hashes, the first one included");
    assert!((6..=11).contains(&hashes), "{hashes}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_neither_hashes_nor_compares_a_password() -> Result<()> {
    let world = World::start("restart").await?;
    world.apply(&by_password("acme")).await?;
    world.apply(&generated("beta")).await?;
    for name in ["acme", "beta"] {
        world.settled(name, "Succeeded").await?;
    }
    tokio::task::block_in_place(|| {
        world.operator.terminate()?;
        world.operator.start()
    })?;
    let settled = || world.metric("organization_operator_passes_total", "Settled");
    world
        .eventually("both are looked at", || async { Ok(settled()? >= 2) })
        .await?;
    let compared = world.metric("organization_operator_hash_verifications_total", "")?;
    assert_eq!((world.hashes()?, compared), (0, 0));
    Ok(())
}
