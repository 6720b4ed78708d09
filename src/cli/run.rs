//! `organization-operator run`: the controller and the HTTP service in one process.

use std::process::ExitCode;

use tokio_util::sync::CancellationToken;

use super::{
    api::{self, Listening},
    elected::{self, Ends, Losing},
    process::Process,
};
use crate::{
    config::RunCommand,
    runtime::{database::Indexed, readiness::Need},
};

/// Runs both until the process is told to stop.
pub async fn run(command: RunCommand) -> anyhow::Result<ExitCode> {
    let RunCommand {
        process,
        controller: controlling,
        api: serving,
    } = command;
    let listening = Listening::begin(&process, &serving).await?;
    let needs = Need::OF_CONTROLLER.into_iter().chain(Need::OF_API);
    let process = Process::begin(process, needs, Indexed::TenantsAndTokens).await?;
    // What is answered while the service drains is still made: the controller ends after it.
    let drained = CancellationToken::new();
    let served = api::serve(
        process.parts.clone(),
        serving,
        listening,
        process.lifecycle.stop(),
    );
    let after = drained.clone().drop_guard();
    process.lifecycle.start("api", async move {
        let _after = after;
        served.await
    });
    let ends = Ends {
        handover: process.lifecycle.stop(),
        stop: drained,
    };
    // The admins' logins need neither the Lease nor the API server.
    let losing = Losing::EndsIfTaken;
    let controlled = elected::control(process.parts.clone(), controlling, ends, losing);
    process.lifecycle.start("controller", controlled);
    Ok(process.run().await)
}
