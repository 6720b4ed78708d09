//! The README's table of settings, from the flags' own definitions.

use std::collections::BTreeSet;

use clap::{Arg, Command, CommandFactory};

use super::Cli;

const BEGIN: &str = "<!-- settings:begin -->\n";
const END: &str = "<!-- settings:end -->";

/// `run` has all of the controller's and the service's.
const NOT_TOLD: &str = "run";

fn row(arg: &Arg, commands: &[&str]) -> Option<String> {
    if arg.is_hide_set() {
        return None;
    }
    let long = arg.get_long()?;
    let variable = arg.get_env()?.to_str()?;
    let help = arg.get_help()?.to_string().replace('|', "\\|");
    let default = arg
        .get_default_values()
        .first()
        .and_then(|value| value.to_str())
        // A flag that is not given.
        .filter(|value| *value != "false");
    let default = default.map_or_else(String::new, |value| format!("`{value}`"));
    let commands = commands.join(", ");
    Some(format!(
        "| `--{long}` | `{variable}` | {default} | {commands} | {help} |\n"
    ))
}

fn rows(command: &Command) -> String {
    let mut seen = BTreeSet::new();
    let args = std::iter::once(command)
        .chain(command.get_subcommands())
        .flat_map(Command::get_arguments);
    args.filter(|arg| seen.insert(arg.get_id().clone()))
        .filter_map(|arg| row(arg, &commands_with(arg, command)))
        .collect()
}

fn commands_with<'a>(arg: &Arg, command: &'a Command) -> Vec<&'a str> {
    let has = |command: &&Command| {
        let mut args = command.get_arguments();
        args.any(|other| other.get_long() == arg.get_long())
    };
    if has(&command) {
        return vec!["all"];
    }
    let having = command.get_subcommands().filter(has);
    having
        .map(Command::get_name)
        .filter(|name| *name != NOT_TOLD)
        .collect()
}

fn table() -> String {
    format!(
        "| flag | variable | default | of | what it does |\n|---|---|---|---|---|\n{}",
        rows(&Cli::command())
    )
}

#[test]
fn the_readme_has_every_setting_as_the_flags_define_it() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).unwrap();
    let (written, after) = rest.split_once(END).unwrap();
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(path, format!("{before}{BEGIN}{}{END}{after}", table())).unwrap();
    } else {
        assert_eq!(written, table(), "run the tests once with UPDATE_README=1");
    }
}
