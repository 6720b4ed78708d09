//! What the README promises, by kubectl alone.

use anyhow::{Context as _, Result};
use tokio::task::block_in_place;

use crate::{servers::servers, world::World};

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/samples/acme.yaml");
const READY: [&str; 4] = ["wait", "--for=condition=Ready", "org/acme", "--timeout=30s"];

impl World {
    /// kubectl in the namespace of this world; gives what it says.
    pub fn kubectl(&self, args: &[&str]) -> Result<String> {
        let args = [args, &["-n", &self.namespace]].concat();
        let cluster = &servers()?.cluster;
        Ok(block_in_place(|| cluster.kubectl(&args))?)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_is_applied_waited_for_renamed_described_and_deleted() -> Result<()> {
    let world = World::start("sample").await?;
    world.kubectl(&["apply", "-f", SAMPLE])?;
    world.kubectl(&READY)?;
    let admin = world.record("admins", "organization_name", "acme").await?;
    assert!(bcrypt::verify("Change-me-1", admin.get_str("password")?)?);

    let name = r#"{"spec":{"organizationName":"acme-labs"}}"#;
    world.kubectl(&["patch", "org", "acme", "--type=merge", "-p", name])?;
    // Ready is about this very generation, so the wait is for the rename.
    let renamed = "--for=jsonpath={.status.organizationName}=acme-labs";
    world.kubectl(&["wait", renamed, "org/acme", "--timeout=30s"])?;
    world.kubectl(&READY)?;
    world
        .eventually("its Events tell its life", || async {
            let text = world.kubectl(&["describe", "org", "acme"])?;
            let told = ["Created", "Renamed"].iter().all(|reason| {
                let mut lines = text.lines();
                lines.any(|line| line.contains("Normal") && line.contains(reason))
            });
            Ok(told)
        })
        .await?;
    let text = world.kubectl(&["describe", "org", "acme"])?;
    for said in [
        "The organization is served as the spec says.",
        "Collection org_acme-labs is there.",
        "Organization acme is in collection org_acme.",
        "Organization acme is now called acme-labs, in collection org_acme-labs.",
    ] {
        assert!(text.contains(said), "{said:?} is not in\n{text}");
    }

    // The short names, the category and the field selector.
    for query in ["org", "organizations", "tenancy"] {
        assert!(
            world.kubectl(&["get", query])?.contains("acme-labs"),
            "{query}"
        );
    }
    let selector = "--field-selector=spec.organizationName=acme-labs";
    assert!(
        world
            .kubectl(&["get", "org", selector])?
            .contains("acme-labs")
    );
    let row = world.kubectl(&["get", "org", "acme", "--no-headers"])?;
    let row: Vec<_> = row.split_whitespace().collect();
    let age = row.len().checked_sub(1).context("no row")?;
    assert_eq!(
        row[..age],
        ["acme", "True", "Succeeded", "acme-labs", "org_acme-labs"]
    );

    world.kubectl(&["delete", "org", "acme", "--timeout=30s"])?;
    assert!(
        world
            .collections()
            .await?
            .contains(&"org_acme-labs".to_owned())
    );
    Ok(())
}
