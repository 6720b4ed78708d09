//! The operator as the MongoDB user of deploy/mongodb/role.js, on a server with authentication on.

use anyhow::{Context as _, Result, ensure};
use mongodb::{
    Database,
    bson::{Document, doc},
};
use organization_operator::crd::Organization;
use organization_operator_harness::mongo::MongoServer;
use serde_json::json;
use tokio::task::block_in_place;

use crate::{
    hand::mongo_home,
    samples::organization_with,
    servers::mongo_client,
    world::{World, condition, ready, status},
};

const ROLE: &str = "organizationOperator";
const USER: &str = "operator";
const ROOT: &str = "root";

/// The actions that role.js grants.
fn granted() -> Result<Vec<String>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/mongodb/role.js");
    let script = std::fs::read_to_string(path)?;
    let list = script
        .split_once("/* actions:begin */ [")
        .context("no list")?
        .1;
    let list = list
        .split_once("] /* actions:end */")
        .context("no end of the list")?
        .0;
    let lines = list.lines().filter_map(|line| line.split('"').nth(1));
    Ok(lines.map(ToOwned::to_owned).collect())
}

/// A server that asks who it is, and its databases as its root has them.
struct Guarded {
    server: MongoServer,
    root: mongodb::Client,
}

impl Guarded {
    async fn start(name: &str) -> Result<Self> {
        let home = mongo_home(name)?;
        let open = block_in_place(|| MongoServer::start(&home))?;
        let admin = mongo_client(open.url()).await?.database("admin");
        let root = doc! {"createUser": ROOT, "pwd": ROOT, "roles": ["root"]};
        admin.run_command(root).await?;
        let server = block_in_place(|| open.with_authentication(&home))?;
        let url = as_user(server.url(), ROOT, "admin");
        let root = mongo_client(&url).await?;
        Ok(Self { server, root })
    }

    /// The world's database as root has it; there the role is made, with these actions.
    async fn grant(&self, world: &World, actions: &[String]) -> Result<Database> {
        let database = self.root.database(world.database.name());
        let role =
            doc! {"createRole": ROLE, "privileges": privileges(&database, actions), "roles": []};
        database.run_command(role).await?;
        let user = doc! {"createUser": USER, "pwd": USER, "roles": [ROLE]};
        database.run_command(user).await?;
        Ok(database)
    }
}

fn privileges(database: &Database, actions: &[String]) -> Vec<Document> {
    vec![doc! {"resource": {"db": database.name(), "collection": ""}, "actions": actions}]
}

fn as_user(url: &str, user: &str, database: &str) -> String {
    let url = url.replace("mongodb://", &format!("mongodb://{user}:{user}@"));
    format!("{url}&authSource={database}")
}

/// A world whose operator, not started, is that user; the database is root's.
async fn world(guarded: &Guarded, name: &str, actions: &[String]) -> Result<World> {
    let mut world = World::unready(name, guarded.server.url(), &["--archive-retention=1s"]).await?;
    world.database = guarded.grant(&world, actions).await?;
    let url = as_user(guarded.server.url(), USER, world.database.name());
    world.operator = world.another_operator("granted", &[("MONGO_URL", &url)])?;
    Ok(world)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_role_of_the_script_is_enough_for_a_tenants_whole_life() -> Result<()> {
    let guarded = Guarded::start("role").await?;
    let world = world(&guarded, "role", &granted()?).await?;
    block_in_place(|| world.operator.start())?;
    for policy in ["Delete", "Archive", "Retain"] {
        let spec = json!({"deletionPolicy": policy});
        world.apply(&organization_with("acme", &spec)).await?;
        world.settled("acme", "Succeeded").await?;
        world.insert("org_acme", doc! {"_id": 1}).await?;
        let renamed = json!({"spec": {"organizationName": "acme-labs"}});
        world.patch("acme", &renamed).await?;
        world.settled("acme", "Succeeded").await?;
        // A document that came to the old name, and is taken home.
        world.insert("org_acme", doc! {"_id": 2}).await?;
        world.looked_at_again("acme", "stray").await?;
        world
            .eventually("both documents are at home", || async {
                Ok(world.count("org_acme-labs").await? == 2)
            })
            .await?;
        world.delete("acme").await?;
        world.gone("acme").await?;
    }
    let log = world.operator.log();
    let refused = log.lines().find(|line| line.contains("not authorized"));
    ensure!(refused.is_none(), "{refused:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_privilege_that_the_role_lacks_is_named() -> Result<()> {
    let guarded = Guarded::start("lacking").await?;
    let all = granted()?;
    let world = world(&guarded, "lacking", &all).await?;
    for lacking in &all {
        let fewer: Vec<_> = all.iter().filter(|it| *it != lacking).cloned().collect();
        set(&world, &fewer).await?;
        block_in_place(|| world.operator.spawn())?;
        let spec = json!({"deletionPolicy": "Delete"});
        world.apply(&organization_with("acme", &spec)).await?;
        // Made, renamed, deleted: as far as it comes.
        let told = format!("not allowed to {lacking} ");
        let mut said = world.settles_or_is_refused().await?;
        if said.is_none() {
            let renamed = json!({"spec": {"organizationName": "acme-labs"}});
            world.patch("acme", &renamed).await?;
            said = world.settles_or_is_refused().await?;
        }
        if said.is_none() {
            world.delete("acme").await?;
            said = world.settles_or_is_refused().await?;
        }
        let said = said.with_context(|| format!("{lacking} is not needed"))?;
        ensure!(said.contains(&told), "without {lacking}: {said}");

        // With it all goes on.
        set(&world, &all).await?;
        world.settles_or_is_gone().await?;
        block_in_place(|| world.operator.terminate())?;
    }
    Ok(())
}

async fn set(world: &World, actions: &[String]) -> Result<()> {
    let privileges = privileges(&world.database, actions);
    let role = doc! {"updateRole": ROLE, "privileges": privileges, "roles": []};
    world.database.run_command(role).await?;
    Ok(())
}

impl World {
    /// What MongoDB refuses, as the organization says it; `None`: nothing, it has settled or gone.
    async fn settles_or_is_refused(&self) -> Result<Option<String>> {
        let mut told = None;
        let rests = |object: Option<&Organization>| {
            let Some(object) = object else { return true };
            let is_new = status(object).observed_generation == object.metadata.generation;
            let deleted = object.metadata.deletion_timestamp.is_some();
            matches!(ready(object), Some((_, reason)) if reason == "MongoUnauthorized"
                || (is_new && !deleted && reason == "Succeeded"))
        };
        let object = self.until_in(&self.namespace, "acme", rests).await?;
        if let Some(object) = object
            && let Some((_, reason, message)) = condition(&object, "Ready")
            && reason == "MongoUnauthorized"
        {
            told = Some(message);
        }
        Ok(told)
    }

    async fn settles_or_is_gone(&self) -> Result<()> {
        let is_deleted = self.organizations().get_opt("acme").await?;
        let is_deleted = is_deleted.is_none_or(|it| it.metadata.deletion_timestamp.is_some());
        if !is_deleted {
            self.settled("acme", "Succeeded").await?;
            self.delete("acme").await?;
        }
        self.gone("acme").await
    }
}
