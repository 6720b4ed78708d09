//! Requests made from the API's own description, valid and not: none gives a server error, and no
//! answer is one that the description doesn't have.

use std::process::Command;

use anyhow::{Result, ensure};
use organization_operator_harness::tools;
use tokio::task::block_in_place;

use crate::api_world::ApiWorld;

/// What is left to make more requests, once each operation was tried: seconds.
const AT_MOST: &str = "100";

/// What is said of an answer. What a client may send, and is answered with success, is the wire
/// contract's to say: clients of the older service may send more than a schema can tell.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
     response_headers_conformance,response_schema_conformance,allow_header_conformance";

#[tokio::test(flavor = "multi_thread")]
async fn no_request_gives_a_server_error_or_an_answer_that_is_not_documented() -> Result<()> {
    let world = ApiWorld::start("fuzzing").await?;
    let tenant = world.made("fuzzed").await?;
    let token = world.token_of(&tenant).await?;
    let seed = std::env::var("SEED").unwrap_or_else(|_| rand::random::<u32>().to_string());
    println!("SEED={seed}");
    let home = tempfile::tempdir()?;
    let output = block_in_place(|| {
        let mut client = Command::new(tools::schemathesis()?);
        // It keeps what it found in the working directory.
        client.current_dir(home.path());
        client
            .arg("run")
            .arg(format!("{}/openapi.json", world.service().api_url()));
        client
            .arg("--header")
            .arg(format!("Authorization: Bearer {token}"));
        client.args(["--checks", CHECKS, "--max-time", AT_MOST, "--seed", &seed]);
        client.args(["--no-color", "--continue-on-failure", "--no-shrink"]);
        client.args(["--request-timeout", "10", "--generation-database", "none"]);
        anyhow::Ok(client.output()?)
    })?;
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    let complained = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{complained}");
    let errors: Vec<_> = world
        .service()
        .log()
        .lines()
        .filter(|line| line.contains(" ERROR "))
        .map(str::to_owned)
        .collect();
    ensure!(errors.is_empty(), "{errors:?}");
    Ok(())
}
