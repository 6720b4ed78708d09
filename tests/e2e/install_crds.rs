//! The definition (CRD) that is older or newer than the operator, and the operator that puts its own
//! in place.

use anyhow::{Result, anyhow, ensure};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{
    Api, ResourceExt as _,
    api::{Patch, PatchParams},
};
use organization_operator_harness::{control_plane::ControlPlane, operator::Operator};
use serde_json::{Value, json};
use tokio::{task::block_in_place, time::Instant};

use crate::{
    api_world::JWT_SECRET,
    own_cluster::{definitions, own_cluster},
    samples::organization,
    world::{PATIENCE, World},
};

const DEFINITION: &str = "organizations.organization-operator.dev";
const VERSION: &str = "organization-operator.dev/definition-version";
const SPEC: &str = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties";
const INSTALLS: (&str, &str) = ("INSTALL_CRDS", "true");
const ALONE: (&str, &str) = ("LEADER_ELECTION", "false");

impl World {
    fn api_of_definitions(&self) -> Api<CustomResourceDefinition> {
        Api::all(self.client.clone())
    }

    /// A JSON patch of the definition.
    async fn edit_definition(&self, operations: Value) -> Result<()> {
        let patch = Patch::Json::<()>(serde_json::from_value(operations)?);
        self.api_of_definitions()
            .patch(DEFINITION, &PatchParams::default(), &patch)
            .await?;
        Ok(())
    }

    /// A field of the spec's schema, as stored; null: there is none.
    async fn field(&self, name: &str) -> Result<Value> {
        let stored = self.api_of_definitions().get(DEFINITION).await?;
        let stored = serde_json::to_value(stored)?;
        Ok(stored
            .pointer(&format!("{SPEC}/{name}"))
            .cloned()
            .unwrap_or_default())
    }

    /// Waits until it lives, isn't ready, and says that of the definition.
    async fn waits_for_the_definition(&self, operator: &Operator, said: &str) -> Result<()> {
        let answer = |path: &str| operator.get(path).map_err(|error| anyhow!(error));
        let line = format!("definition: {said}");
        self.eventually(&line, || async {
            // Before its first answer there is none.
            Ok(answer("/readyz").is_ok_and(|(code, text)| code == 503 && text.contains(&line)))
        })
        .await?;
        ensure!(answer("/livez")?.0 == 200, "it doesn't live");
        Ok(())
    }

    /// Starts it, and has it ready and an organization served.
    async fn serves(&self, operator: &Operator, name: &str) -> Result<()> {
        block_in_place(|| operator.spawn())?;
        goes_on(operator)?;
        self.apply(&organization(name)).await?;
        self.settled(name, "Succeeded").await?;
        block_in_place(|| operator.terminate())?;
        Ok(())
    }
}

fn goes_on(operator: &Operator) -> Result<()> {
    Ok(block_in_place(|| operator.wait_ready(PATIENCE))?)
}

fn grant(cluster: &ControlPlane, user: &str, role: &str, rules: &[&str]) -> Result<()> {
    let mut create = vec!["create", "clusterrole", role];
    create.extend(rules);
    block_in_place(|| cluster.kubectl(&create))?;
    let (role, user) = (format!("--clusterrole={role}"), format!("--user={user}"));
    let name = role.replace("--clusterrole=", "");
    let bind = ["create", "clusterrolebinding", &name, &role, &user];
    block_in_place(|| cluster.kubectl(&bind))?;
    Ok(())
}

fn put_back(cluster: &ControlPlane) -> Result<()> {
    block_in_place(|| cluster.ensure(&definitions()))?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_definition_is_named_and_waited_for_or_replaced_and_a_newer_one_is_left()
-> Result<()> {
    let cluster = own_cluster("install")?;
    let world = World::with("install", &[]).await?;
    let world = world.moved_to(&cluster, &[ALONE]).await?;
    // The chart's account may not: there the definition is the chart's.
    let administrator = cluster.kubeconfig().to_string_lossy();
    let may_install = [INSTALLS, ("KUBECONFIG", &administrator)];
    let installing = world.another_operator("installing", &may_install)?;

    // Older: a field and a value less. Controller and service say so, and go on by themselves.
    let older = json!([
        {"op": "remove", "path": format!("{SPEC}/displayName")},
        {"op": "replace", "path": format!("{SPEC}/access/enum"), "value": ["Enabled"]},
        {"op": "replace", "path": "/metadata/annotations", "value": {}},
    ]);
    world.edit_definition(older.clone()).await?;
    let key = ("JWT_SECRET", JWT_SECRET);
    let service = world.another_process("api", "service", &[key])?;
    for process in [&world.operator, &service] {
        block_in_place(|| process.spawn())?;
    }
    let older_said = format!(
        "CustomResourceDefinition {DEFINITION} is older than this operator: it lacks \
         spec.access: \"Disabled\", spec.displayName; apply the one"
    );
    for process in [&world.operator, &service] {
        world.waits_for_the_definition(process, &older_said).await?;
    }
    put_back(&cluster)?;
    for process in [&world.operator, &service] {
        goes_on(process)?;
        block_in_place(|| process.terminate())?;
    }

    // The same, and an operator that may put its own in place.
    world.edit_definition(older).await?;
    ensure!(world.field("displayName").await?.is_null());
    world.serves(&installing, "acme").await?;
    ensure!(
        !world.field("displayName").await?.is_null(),
        "it is replaced"
    );
    let stored = world.api_of_definitions().get(DEFINITION).await?;
    let appliers = stored.managed_fields().iter();
    let mut appliers = appliers.filter(|it| it.operation.as_deref() == Some("Apply"));
    ensure!(appliers.any(|it| it.manager.as_deref() == Some("organization-operator")));
    ensure!(stored.annotations().contains_key(VERSION));

    // Newer, by what it has or by its number alone: left, and lived with.
    let later = json!([
        {"op": "add", "path": format!("{SPEC}/later"), "value": {"type": "string"}},
    ]);
    world.edit_definition(later).await?;
    world.serves(&installing, "beta").await?;
    ensure!(
        !world.field("later").await?.is_null(),
        "a newer one was replaced"
    );
    ensure!(installing.log().contains("newer than this operator"));
    world
        .edit_definition(json!([{"op": "remove", "path": format!("{SPEC}/later")}]))
        .await?;
    let version = format!("/metadata/annotations/{}", VERSION.replace('/', "~1"));
    let numbered = json!([
        {"op": "replace", "path": version, "value": "999"},
        {"op": "replace", "path": format!("{SPEC}/displayName/maxLength"), "value": 4000},
    ]);
    world.edit_definition(numbered).await?;
    world.serves(&installing, "gamma").await?;
    ensure!(
        world.field("displayName").await?["maxLength"] == 4000,
        "it was replaced"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_none_it_is_put_in_place_once_the_rights_are_there() -> Result<()> {
    let cluster = own_cluster("install-anew")?;
    let world = World::with("install-anew", &[]).await?;
    let user = "installer";
    let kubeconfig = block_in_place(|| cluster.kubeconfig_for(user, None))?;
    let kubeconfig = kubeconfig.to_string_lossy().into_owned();
    let world = world
        .moved_to(&cluster, &[ALONE, INSTALLS, ("KUBECONFIG", &kubeconfig)])
        .await?;
    let delete = ["delete", "crd", DEFINITION, "--timeout=60s"];
    block_in_place(|| cluster.kubectl(&delete))?;
    block_in_place(|| world.operator.spawn())?;
    let process = world.operator.server().process().pid();

    let refused = format!("--install-crds: CustomResourceDefinition {DEFINITION}: ");
    world
        .waits_for_the_definition(&world.operator, &refused)
        .await?;
    let (_, text) = world
        .operator
        .get("/readyz")
        .map_err(|error| anyhow!(error))?;
    ensure!(text.contains("forbidden") && text.contains(user), "{text}");
    ensure!(
        world
            .operator
            .log()
            .contains("organizations are not served")
    );
    let crds = "--resource=customresourcedefinitions.apiextensions.k8s.io";
    let named = format!("--resource-name={DEFINITION}");
    grant(
        &cluster,
        user,
        "install-crds",
        &["--verb=get,patch", crds, &named],
    )?;
    // To make one by server-side apply is to create it, whatever it will be called.
    grant(&cluster, user, "make-crds", &["--verb=create", crds])?;
    let made = Instant::now();
    world
        .eventually("it is put in place", || async {
            let found = world.api_of_definitions().get_opt(DEFINITION).await?;
            Ok(found.is_some())
        })
        .await?;
    println!("put in place {:.1?} after the rights were", made.elapsed());
    // All else that it needs.
    grant(&cluster, user, "all-else", &["--verb=*", "--resource=*.*"])?;
    goes_on(&world.operator)?;
    world.apply(&organization("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    ensure!(
        world.operator.server().process().pid() == process,
        "it is the same process"
    );
    Ok(())
}
