//! spec.deletionProtection: by the controller, and by admission.

use anyhow::Result;
use mongodb::bson::doc;
use serde_json::{Value, json};

use crate::{
    samples::organization_with,
    servers::servers,
    world::{World, condition},
};

const POLICY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/deploy/admission/deletion-protection.yaml"
);

fn protected(name: &str) -> Value {
    let more = json!({"deletionProtection": true, "deletionPolicy": "Delete"});
    organization_with(name, &more)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_protected_organization_stays_until_it_no_longer_is() -> Result<()> {
    let world = World::start("protected").await?;
    world.apply(&protected("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    world.insert("org_acme", doc! {"_id": 1}).await?;
    // By whom admission was skipped: the policy's message is tested beside.
    world.delete("acme").await?;
    let object = world.settled("acme", "DeletionProtected").await?;
    let stalled = condition(&object, "Stalled").map(|found| found.0);
    assert_eq!(stalled.as_deref(), Some("True"));
    assert_eq!(world.count("org_acme").await?, 1);
    assert_eq!(world.count("admins").await?, 1);

    let wish = json!({"spec": {"deletionProtection": false}});
    world.patch("acme", &wish).await?;
    world.gone("acme").await?;
    assert_eq!(world.count("organizations").await?, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_admission_policy_refuses_the_deletion_and_says_what_to_do() -> Result<()> {
    let world = World::start("admission").await?;
    let policy = std::fs::read_to_string(POLICY)?;
    // Other tests delete protected objects on purpose: this binding is for this namespace alone.
    let selector = json!({"matchLabels": {"kubernetes.io/metadata.name": world.namespace}});
    let mut documents: Vec<Value> = serde_saphyr::from_multiple(&policy)?;
    for document in &mut documents {
        document["metadata"]["name"] = json!("admission-test");
        if document["kind"] == "ValidatingAdmissionPolicyBinding" {
            document["spec"]["policyName"] = json!("admission-test");
            document["spec"]["matchResources"] = json!({"namespaceSelector": selector});
        }
    }
    let file = servers()?.home.dir().join("admission-test.json");
    let list = json!({"apiVersion": "v1", "kind": "List", "items": documents});
    std::fs::write(&file, serde_json::to_vec(&list)?)?;
    world.kubectl(&["apply", "-f", &file.to_string_lossy()])?;
    world.apply(&protected("acme")).await?;
    world.apply(&organization_with("free", &json!({}))).await?;
    world
        .eventually("a deletion is refused", || async {
            // The policy takes effect a little later; a dry run deletes nothing until then.
            match world.kubectl(&["delete", "org", "acme", "--dry-run=server"]) {
                Ok(_) => Ok(false),
                Err(refused) => Ok(refused.to_string().contains("set it to false")),
            }
        })
        .await?;
    world.kubectl(&["delete", "org", "free"])?;
    let wish = json!({"spec": {"deletionProtection": false}});
    world.patch("acme", &wish).await?;
    world.kubectl(&["delete", "org", "acme"])?;
    Ok(())
}
