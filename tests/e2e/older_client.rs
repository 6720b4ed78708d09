//! A client of the older service, as its users have it: in Python, with its own look into the
//! database. It notices nothing.

use std::{path::Path, process::Command};

use anyhow::{Result, ensure};
use organization_operator_harness::tools;
use tokio::task::block_in_place;

use crate::{
    api_world::{ApiWorld, JWT_SECRET},
    servers::servers,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_the_older_service_notices_no_change() -> Result<()> {
    // The cost that such clients find in the records.
    let world = ApiWorld::with("older-client", &[("BCRYPT_COST", "12")]).await?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/older/life.py");
    let output = block_in_place(|| {
        let mut client = Command::new(tools::older_client()?);
        client.arg(script).env_clear().envs([
            ("API_URL", world.service().api_url().as_str()),
            ("MONGO_URL", servers()?.mongo.url()),
            ("MASTER_DB_NAME", world.world.database.name()),
            ("JWT_SECRET", JWT_SECRET),
        ]);
        anyhow::Ok(client.output()?)
    })?;
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{said}{complained}\nthe operator's log:\n{}",
        world.service().log()
    );
    println!("{said}");
    Ok(())
}
