//! What an operator in a container must do: all that it would do on its own.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::container::Container;
use crate::servers::Servers;

/// A change is made within 8 s, or refused.
const ANSWER: Duration = Duration::from_secs(20);

/// Goes through a tenant's whole life over HTTP, and that of one by kubectl; then ends it.
///
/// # Errors
/// What is otherwise than it should be.
pub fn smoke(servers: &Servers, container: Container) -> Result<()> {
    container.exec(&["/organization-operator", "health"])?;
    container.check_health()?;
    is_confined(&container)?;
    let at_rest = container.status("VmRSS")?;
    over_http(&container.api_url())?;
    servers.sample_gets_ready()?;
    // What was healthy still is.
    container.check_health()?;
    let peak = container.status("VmHWM")?;
    let start = container.start;
    let end = container.terminate()?;
    println!("ready after {start:.2?}, {at_rest} at rest, {peak} at most, ended in {end:.2?}");
    Ok(())
}

/// As the kernel sees it, whatever the engine was told.
fn is_confined(container: &Container) -> Result<()> {
    let is = |name: &str, wish: &str| {
        let value = container.status(name)?;
        ensure!(value == wish, "{name} is {value:?}");
        Ok(())
    };
    is("Uid", "65532\t65532\t65532\t65532")?;
    is("Gid", "65532\t65532\t65532\t65532")?;
    for set in ["CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb"] {
        is(set, "0000000000000000")?;
    }
    is("NoNewPrivs", "1")?;
    let root = container.root_mount()?;
    let is_read_only = root.split(',').any(|option| option == "ro");
    ensure!(is_read_only, "/ is mounted {root}");
    for shell in ["/bin/sh", "/bin/bash", "/bin/busybox", "/usr/bin/sh"] {
        let ran = container.exec(&[shell, "-c", "exit"]);
        ensure!(ran.is_err(), "{shell} is there");
    }
    Ok(())
}

fn over_http(url: &str) -> Result<()> {
    let config = ureq::Agent::config_builder().timeout_global(Some(ANSWER));
    // An answer other than 2xx is an error.
    let agent = ureq::Agent::new_with_config(config.build());
    let name_in = |body: Value| body["organization_name"].as_str().map(str::to_owned);

    let admin = json!({"email": "admin@globex.io", "password": "Secret123"});
    let mut wish = admin.clone();
    wish["organization_name"] = "globex".into();
    let create = agent.post(format!("{url}/org/create"));
    let made: Value = create.send_json(&wish)?.body_mut().read_json()?;
    ensure!(name_in(made) == Some("globex".into()), "POST /org/create");

    let login = agent.post(format!("{url}/admin/login"));
    let login: Value = login.send_json(&admin)?.body_mut().read_json()?;
    let token = login["access_token"].as_str().context("no token")?;
    let bearer = format!("Bearer {token}");
    let me = || -> Result<Option<String>> {
        let me = agent.get(format!("{url}/org/me"));
        let body = me.header("authorization", &bearer).call()?;
        Ok(name_in(body.into_body().read_json()?))
    };
    ensure!(me()? == Some("globex".into()), "GET /org/me");

    let rename = json!({"organization_name": "globex", "new_organization_name": "globex-labs"});
    let update = agent.put(format!("{url}/org/update"));
    update.header("authorization", &bearer).send_json(&rename)?;
    ensure!(me()? == Some("globex-labs".into()), "GET /org/me, renamed");

    let path = "org/delete?organization_name=globex-labs";
    let delete = agent.delete(format!("{url}/{path}"));
    delete.header("authorization", &bearer).call()?;
    ensure!(me().is_err(), "the token of one that is gone is good");
    Ok(())
}
