//! `up`: the system in the background.

use std::error::Error;

use organization_operator_harness::home::{Home, Lifetime};
use organization_operator_harness::tools;

use super::system::System;
use super::{PATIENCE, Settings, env_file, tour};

pub(super) fn up(settings: &Settings) -> Result<(), Box<dyn Error>> {
    // Before the home is locked: this may take minutes.
    let tools = tools::kubernetes()?;
    let helm = tools::chart_tools()?.helm;
    let launcher = std::env::current_exe()?;
    let home = Home::open(
        &settings.home,
        "up",
        PATIENCE,
        Lifetime::Detached { launcher },
    )?;
    let system = System::new(&home, &tools, settings)?;
    system.ensure(&settings.crds)?;
    let file = env_file::write(&home, &system, &helm)?;
    tour::print(&home, &system, &file, "make down");
    Ok(())
}
