//! The key of the tokens in a Secret that the operator makes where there is none: one key for all
//! replicas, and never written again.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow, ensure};
use k8s_openapi::api::core::v1::Secret;
use kube::{
    ResourceExt as _,
    api::{Patch, PatchParams},
};
use organization_operator_harness::operator::Operator;
use serde_json::{Value, json};
use tokio::task::block_in_place;

use crate::{
    api_relay::{ApiRelay, Rule},
    api_world::ApiWorld,
    rights,
    servers::servers,
    world::{PATIENCE, World},
};

const NAME: &str = "token-keys";
const EMAIL: &str = "admin@acme.example";
const PASSWORD: &str = "canary-Secret-1";

/// Keys made by hand.
const ONE: &str = "canary-9f86d081884c7d659a2feaa0c55ad015";
const TWO: &str = "canary-4f1d7a90c3b2e8654f0a9d8c7b6e5f31";

impl World {
    /// A service of its own that has its key in [`NAME`], not started.
    fn keyed(&self, name: &str, kubeconfig: &Path) -> Result<Operator> {
        let settings = [
            ("JWT_SECRET_NAME", NAME),
            ("POD_NAMESPACE", &self.namespace),
            ("KUBECONFIG", &kubeconfig.to_string_lossy()),
        ];
        self.another_process("api", name, &settings)
    }

    /// A user with the rights of a service, and none on Secrets but those that the key needs.
    async fn least_rights(&self) -> Result<std::path::PathBuf> {
        let user = format!("api-of-{}", self.namespace);
        let cluster = &servers()?.cluster;
        let kubeconfig = block_in_place(|| cluster.kubeconfig_for(&user, None))?;
        self.grant_least_rights(&user).await?;
        Ok(kubeconfig)
    }

    async fn grant_least_rights(&self, user: &str) -> Result<()> {
        let organizations = json!({
            "apiGroups": ["organization-operator.dev"], "resources": ["organizations"],
            "verbs": ["get", "list", "watch", "create", "patch", "delete"],
        });
        let making = json!({"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]});
        let reading = json!({
            "apiGroups": [""], "resources": ["secrets"], "resourceNames": [NAME], "verbs": ["get"],
        });
        for (namespace, rules) in [
            (&self.namespace, json!([organizations, making, reading])),
            (&self.elsewhere, json!([organizations])),
        ] {
            self.grant(namespace, user, &rules).await?;
        }
        Ok(())
    }

    async fn grant(&self, namespace: &str, user: &str, rules: &Value) -> Result<()> {
        let rbac = "rbac.authorization.k8s.io";
        let role = json!({
            "apiVersion": format!("{rbac}/v1"), "kind": "Role",
            "metadata": {"name": "api"}, "rules": rules,
        });
        self.apply_in(namespace, &role).await?;
        let binding = json!({
            "apiVersion": format!("{rbac}/v1"), "kind": "RoleBinding",
            "metadata": {"name": "api"},
            "roleRef": {"apiGroup": rbac, "kind": "Role", "name": "api"},
            "subjects": [{"apiGroup": rbac, "kind": "User", "name": user}],
        });
        self.apply_in(namespace, &binding).await
    }

    async fn change_keys(&self, data: &Value) -> Result<()> {
        let patch = Patch::Merge(json!({"stringData": data}));
        self.secrets()
            .patch(NAME, &PatchParams::default(), &patch)
            .await?;
        Ok(())
    }

    async fn keys(&self) -> Result<Secret> {
        Ok(self.secrets().get(NAME).await?)
    }
}

fn value(secret: &Secret, key: &str) -> Result<String> {
    let data = secret.data.as_ref().context("no data")?;
    let bytes = data.get(key).with_context(|| format!("no {key}"))?;
    Ok(String::from_utf8(bytes.0.clone())?)
}

/// Waits until it lives, isn't ready, and says that of its key.
async fn waits_for_keys(world: &World, service: &Operator, said: &str) -> Result<()> {
    let line = format!("jwt-secret: {said}");
    world
        .eventually(&line, || async {
            // Before its first answer there is none.
            let answer = service.get("/readyz");
            Ok(answer.is_ok_and(|(code, text)| code == 503 && text.contains(&line)))
        })
        .await?;
    let (code, _) = service.get("/livez").map_err(|error| anyhow!(error))?;
    ensure!(code == 200, "it doesn't live");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_that_start_together_make_one_key_with_the_least_rights() -> Result<()> {
    let api = ApiWorld::apart("jwt-name").await?;
    let world = &api.world;
    api.create("acme", EMAIL, PASSWORD).await?.with(200)?;
    let kubeconfig = world.least_rights().await?;
    let [one, two] = ["one", "two"].map(|name| world.keyed(name, &kubeconfig));
    let replicas = [one?, two?];
    block_in_place(|| {
        replicas.iter().try_for_each(Operator::spawn)?;
        replicas.iter().try_for_each(|it| it.wait_ready(PATIENCE))
    })?;

    let made = world.keys().await?;
    let key = value(&made, "jwt-secret")?;
    ensure!(key.len() == 64, "{} characters", key.len());
    let label = made.labels().get("app.kubernetes.io/managed-by");
    ensure!(label.is_some_and(|by| by == "organization-operator"));
    let who_made = replicas.iter().filter(|it| it.log().contains("was made"));
    ensure!(who_made.count() == 1, "one of both has made it");
    for (from, to) in [(0, 1), (1, 0)] {
        let token = api.token_at(&replicas[from], EMAIL, PASSWORD).await?;
        api.read_at(&replicas[to], "acme", &token)
            .await?
            .with(200)?;
        // The key of the setting, which is given too, doesn't count.
        api.read("acme", &token).await?.with(401)?;
    }

    // A service that a person asks for more than it may is told of as any other fault of the Secret.
    world.grant(&world.namespace, "nobody", &json!([])).await?;
    let third = world.keyed("three", &kubeconfig)?;
    block_in_place(|| third.spawn())?;
    let secret = format!("Secret {}/{NAME} can't be read: ", world.namespace);
    waits_for_keys(world, &third, &secret).await?;
    for replica in &replicas {
        let log = replica.log();
        ensure!(!log.contains(&key), "the log holds the key");
    }
    ensure!(world.keys().await?.metadata.resource_version == made.metadata.resource_version);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_made_by_hand_is_used_followed_and_never_written() -> Result<()> {
    let api = ApiWorld::apart("jwt-hand").await?;
    let world = &api.world;
    api.create("acme", EMAIL, PASSWORD).await?.with(200)?;
    world
        .put_secret(NAME, &[("jwt-secret", "too short, canary")])
        .await?;
    let cluster = servers()?.cluster.kubeconfig();
    let service = world.keyed("keyed", cluster)?;
    block_in_place(|| service.spawn())?;
    let place = format!("Secret {}/{NAME}, key jwt-secret", world.namespace);
    waits_for_keys(
        world,
        &service,
        &format!("{place}: JWT_SECRET is too short"),
    )
    .await?;
    let refused = api.log_in_at(&service, EMAIL, PASSWORD).await?;
    ensure!(refused.status == 503, "{refused:?}");
    ensure!(api.read_at(&service, "acme", "a.b.c").await?.status == 503);
    ensure!(value(&world.keys().await?, "jwt-secret")? == "too short, canary");
    let no_text = Patch::Merge(json!({"data": {"jwt-secret": "//79"}}));
    world
        .secrets()
        .patch(NAME, &PatchParams::default(), &no_text)
        .await?;
    waits_for_keys(world, &service, &format!("{place} holds no text")).await?;
    world.change_keys(&json!({"jwt-secret": ""})).await?;
    waits_for_keys(
        world,
        &service,
        &format!("{place}: JWT_SECRET is missing or empty"),
    )
    .await?;

    world
        .change_keys(&json!({"jwt-secret": format!("{ONE}\n")}))
        .await?;
    block_in_place(|| service.wait_ready(PATIENCE))?;
    let first = api.token_at(&service, EMAIL, PASSWORD).await?;

    // Exchanged: the former one is accepted until it is taken away.
    world
        .change_keys(&json!({"jwt-secret": TWO, "jwt-secret-previous": ONE}))
        .await?;
    let named = |token: &str| token.split('.').next().map(str::to_owned);
    world
        .eventually("tokens are signed with the new key", || async {
            api.read_at(&service, "acme", &first).await?.with(200)?;
            Ok(named(&api.token_at(&service, EMAIL, PASSWORD).await?) != named(&first))
        })
        .await?;
    // One that can't be used leaves all as it was.
    let second = api.token_at(&service, EMAIL, PASSWORD).await?;
    world
        .change_keys(&json!({"jwt-secret": "change-me"}))
        .await?;
    world
        .eventually("it is told", || async {
            Ok(service.log().contains("JWT_SECRET is a well-known default"))
        })
        .await?;
    for token in [&first, &second] {
        api.read_at(&service, "acme", token).await?.with(200)?;
    }
    block_in_place(|| service.wait_ready(PATIENCE))?;
    world
        .change_keys(&json!({"jwt-secret": TWO, "jwt-secret-previous": ""}))
        .await?;
    world
        .eventually("the former key is forgotten", || async {
            Ok(api.read_at(&service, "acme", &first).await?.status == 401)
        })
        .await?;
    api.read_at(&service, "acme", &second).await?.with(200)?;
    ensure!(!service.log().contains("canary"), "the log holds a key");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_api_server_is_away_at_the_start_the_key_is_waited_for() -> Result<()> {
    let relay = ApiRelay::start("jwt-away").await?;
    relay.set(Rule::Away);
    let (_, kubeconfig) = relay.setting()?;
    let world = World::unready("jwt-away", servers()?.mongo.url(), &[]).await?;
    let user = rights::account(&world.namespace);
    world.grant_least_rights(&user).await?;
    let service = world.keyed("keyed", Path::new(kubeconfig))?;
    block_in_place(|| service.spawn())?;
    let secret = format!("Secret {}/{NAME} can't be read: ", world.namespace);
    waits_for_keys(&world, &service, &secret).await?;
    relay.set(Rule::Pass);
    block_in_place(|| service.wait_ready(PATIENCE))?;
    ensure!(value(&world.keys().await?, "jwt-secret")?.len() == 64);
    Ok(())
}
