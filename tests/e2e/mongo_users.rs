//! Who the tests' database servers let in: root, which is the tests themselves, and in the database of
//! each world its operator, by the role of deploy/mongodb/role.js. So the whole suite runs with that
//! role's privileges.

use anyhow::{Context as _, Result, anyhow};
use mongodb::{
    Database,
    bson::{Document, doc},
};
use organization_operator_harness::{
    home::Home,
    mongo::{Kind, MongoServer},
};
use tokio::runtime::Runtime;

use crate::servers::{mongo_client, servers};

const ROLE: &str = "organizationOperator";
const USER: &str = "operator";
const ROOT: &str = "root";

/// The actions that role.js grants.
pub fn granted() -> Result<Vec<String>> {
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

/// The server, which from now on asks who it is; its URL is root's. The caller's is as it is.
pub fn guarded(server: MongoServer, home: &Home) -> Result<MongoServer> {
    if server.kind() == Kind::Given {
        return Ok(server);
    }
    let make_root = || {
        Runtime::new()?.block_on(async {
            let admin = mongo_client(server.url()).await?.database("admin");
            let root = doc! {"createUser": ROOT, "pwd": ROOT, "roles": ["root"]};
            admin.run_command(root).await?;
            anyhow::Ok(())
        })
    };
    // Whoever needs a server first may be on a thread that drives futures already.
    let made = std::thread::scope(|scope| scope.spawn(make_root).join());
    made.map_err(|_| anyhow!("root's making panicked"))??;
    Ok(server.with_authentication(home, ROOT, ROOT)?)
}

/// Makes the operator of a database, where the server asks who it is; `root_url` is root's.
pub async fn admit(root_url: &str, database: &str) -> Result<()> {
    if !is_root(root_url)? {
        return Ok(());
    }
    let database = mongo_client(root_url).await?.database(database);
    grant(&database, "createRole", &granted()?).await?;
    let user = doc! {"createUser": USER, "pwd": USER, "roles": [ROLE]};
    database.run_command(user).await?;
    Ok(())
}

/// From now on its operator may do these actions; `database` is root's.
pub async fn allow(database: &Database, actions: &[String]) -> Result<()> {
    grant(database, "updateRole", actions).await
}

async fn grant(database: &Database, command: &str, actions: &[String]) -> Result<()> {
    let resource = doc! {"db": database.name(), "collection": ""};
    let privileges = vec![doc! {"resource": resource, "actions": actions}];
    let mut role = Document::from_iter([(command.to_owned(), ROLE.into())]);
    role.extend(doc! {"privileges": privileges, "roles": []});
    database.run_command(role).await?;
    Ok(())
}

/// The URL of a database's operator, where that is root's; others are as they are.
pub fn as_operator(url: &str, database: &str) -> Result<String> {
    if !is_root(url)? {
        return Ok(url.to_owned());
    }
    let (scheme, rest) = url.split_once("://").context("no scheme")?;
    let (_, rest) = rest.split_once('@').context("no user")?;
    let (hosts, options) = rest.split_once('?').unwrap_or((rest, ""));
    let others = options
        .split('&')
        .filter(|option| !option.is_empty() && !option.starts_with("authSource="));
    let source = format!("authSource={database}");
    let options: Vec<_> = others.chain([source.as_str()]).collect();
    Ok(format!(
        "{scheme}://{USER}:{USER}@{hosts}?{}",
        options.join("&")
    ))
}

/// Whether that is how the tests themselves come to a server, and it asks.
fn is_root(url: &str) -> Result<bool> {
    let own = format!("{ROOT}:{ROOT}");
    let roots = [Some(own.as_str()), user_of(servers()?.mongo.url())];
    Ok(user_of(url).is_some_and(|user| roots.contains(&Some(user))))
}

/// Name and password in a URL.
fn user_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let hosts = rest.split(['/', '?']).next()?;
    hosts.rsplit_once('@').map(|(user, _)| user)
}
