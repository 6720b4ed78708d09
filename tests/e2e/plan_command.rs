use std::process::{Command, Output};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::{
    process::BINARY,
    samples::{organization, organization_with},
    servers::servers,
    world::World,
};

impl World {
    /// `organization-operator plan` as a person calls it.
    fn plan(&self, manifest: &Value, more: &[&str]) -> Result<Output> {
        let file = servers()?
            .home
            .dir()
            .join(format!("{}.json", self.namespace));
        std::fs::write(&file, manifest.to_string())?;
        let output = Command::new(BINARY)
            .args(["plan", "-f", &file.to_string_lossy(), "-n", &self.namespace])
            .args(["--adoption-namespaces", &self.namespace])
            .args(more)
            .env_clear()
            .env("KUBECONFIG", servers()?.cluster.kubeconfig())
            .env("MONGO_URL", servers()?.mongo.url())
            .env("MASTER_DB_NAME", self.database.name())
            .output()?;
        Ok(output)
    }
}

fn text(output: &Output) -> String {
    let (out, error) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    format!("{out}{error}")
}

#[tokio::test(flavor = "multi_thread")]
async fn it_prints_the_steps_takes_none_and_says_by_its_exit_code_what_there_is() -> Result<()> {
    let world = World::start("plan").await?;
    let acme = organization("acme");
    let before = world.collections().await?;
    let output = world.plan(&acme, &[])?;
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    for line in [
        "add the finalizer",
        "claim the name acme",
        "insert the admin",
        "create collection org_acme",
    ] {
        assert!(text(&output).contains(line), "{}", text(&output));
    }
    assert_eq!(world.collections().await?, before);
    assert!(world.organizations().get_opt("acme").await?.is_none());

    world.apply(&acme).await?;
    world.settled("acme", "Succeeded").await?;
    let output = world.plan(&acme, &[])?;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("Nothing to do"));

    let renamed = organization_with("acme", &json!({"organizationName": "beta"}));
    let output = world.plan(&renamed, &[])?;
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(
        text(&output).contains("rename collection org_acme to org_beta"),
        "{}",
        text(&output)
    );

    let output = world.plan(&acme, &["--delete"])?;
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(
        text(&output).contains("release it, with all data"),
        "{}",
        text(&output)
    );

    world.database.create_collection("org_foreign").await?;
    let output = world.plan(&organization("foreign"), &[])?;
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    assert!(
        text(&output).contains("CollectionConflict"),
        "{}",
        text(&output)
    );
    let output = world.plan(&json!({"kind": "Pod"}), &[])?;
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    let code = Command::new(BINARY)
        .arg("plan")
        .output()
        .context("no binary")?
        .status
        .code();
    assert_eq!(code, Some(2));
    Ok(())
}

#[test]
fn a_bad_setting_is_one_clear_line_and_exit_code_2() {
    for (variable, value) in [
        ("SWEEP_INTERVAL", "often"),
        ("MONGO_URL", "canary"),
        ("MASTER_DB_NAME", "a/b"),
    ] {
        let output = Command::new(BINARY)
            .arg("controller")
            .env_clear()
            .env(variable, value)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", text(&output));
        let flag = variable.to_lowercase().replace('_', "-");
        assert!(
            text(&output).contains(&format!("--{flag}")),
            "{}",
            text(&output)
        );
    }
}
