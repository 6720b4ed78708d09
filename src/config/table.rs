//! The README's table of settings, from the flags' own definitions.

use std::collections::BTreeSet;

use clap::{Arg, Command, CommandFactory};

use super::Cli;

const BEGIN: &str = "<!-- settings:begin -->\n";
const END: &str = "<!-- settings:end -->";

fn row(arg: &Arg) -> Option<String> {
    let long = arg.get_long()?;
    let variable = arg.get_env()?.to_str()?;
    let help = arg.get_help()?.to_string().replace('|', "\\|");
    let default = arg
        .get_default_values()
        .first()
        .and_then(|value| value.to_str());
    let default = default.map_or_else(String::new, |value| format!("`{value}`"));
    Some(format!(
        "| `--{long}` | `{variable}` | {default} | {help} |\n"
    ))
}

fn rows(command: &Command) -> String {
    let mut seen = BTreeSet::new();
    let commands = std::iter::once(command).chain(command.get_subcommands());
    let args = commands.flat_map(Command::get_arguments);
    args.filter(|arg| seen.insert(arg.get_id().clone()))
        .filter_map(row)
        .collect()
}

fn table() -> String {
    format!(
        "| flag | variable | default | what it does |\n|---|---|---|---|\n{}",
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
