//! How many commands a pass costs where UUIDs last, as the protocol counts them.

use organization_operator::{crd::OrganizationSpec, domain::observed::Capability};
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};

use crate::world::World;

fn spec(more: &Value) -> Result<OrganizationSpec, serde_json::Error> {
    let mut spec = json!({
        "admin": {
            "email": "a@x.io",
            "passwordHashSecretRef": {"name": "login", "key": "hash"},
        },
        "deletionPolicy": "Delete",
    });
    json_patch::merge(&mut spec, more);
    serde_json::from_value(spec)
}

impl World {
    /// Commands until everything is at rest, the looks of the last, idle round left out.
    async fn commands(&self, what: &str, idle: u64) -> Result<u64, TestCaseError> {
        let before: u64 = self.store.commands().values().sum();
        self.settle().await?;
        let after: u64 = self.store.commands().values().sum();
        println!("{what}: {} commands", after - before - idle);
        Ok(after - before - idle)
    }
}

#[tokio::test]
async fn commands_are_as_few_as_the_protocol_counts() {
    let world = World::new(Capability::Fenced).unwrap();
    let hash = "$2b$10$abcdefghijklmnopqrstuuC6qtbz1Wm3e5TqzVq0Jm1rIYbR8oqYy";
    world.cluster.put_secret("one", "login", &[("hash", hash)]);
    world
        .cluster
        .apply("one", "acme", spec(&json!({})).unwrap());
    assert_eq!(world.commands("create", 2).await.unwrap(), 7);
    assert_eq!(world.commands("nothing to do", 0).await.unwrap(), 2);
    world.cluster.apply(
        "one",
        "acme",
        spec(&json!({"organizationName": "beta"})).unwrap(),
    );
    assert_eq!(world.commands("rename", 2).await.unwrap(), 8);
    world.cluster.delete("one", "acme");
    assert_eq!(world.commands("delete", 0).await.unwrap(), 9);
}
