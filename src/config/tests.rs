use clap::Parser;

use super::*;

fn refused(setting: &[&str]) -> String {
    let args = ["organization-operator", "controller"]
        .iter()
        .chain(setting);
    let error = Cli::try_parse_from(args).expect_err("it is refused");
    assert_eq!(error.exit_code(), 2);
    error.to_string()
}

#[test]
fn a_bad_setting_is_named_and_exits_with_2() {
    for (setting, named) in [
        (["--mongo-url", "localhost:27017"], "--mongo-url"),
        (["--master-db-name", "a.b"], "--master-db-name"),
        (["--master-db-name", "admin"], "--master-db-name"),
        (["--mongo-read-timeout", "0s"], "--mongo-read-timeout"),
        (["--sweep-interval", "often"], "--sweep-interval"),
        (["--concurrency", "0"], "--concurrency"),
        (["--bcrypt-cost", "9"], "--bcrypt-cost"),
        (["--bcrypt-cost", "15"], "--bcrypt-cost"),
        (["--secrets-watch", "some"], "--secrets-watch"),
        (["--health-address", "8081"], "--health-address"),
        (["--log-format", "xml"], "--log-format"),
    ] {
        let line = refused(&setting);
        assert!(line.contains(named), "{line}");
    }
}

#[test]
fn no_debug_print_of_the_settings_shows_the_connection_string() {
    let args = [
        "organization-operator",
        "controller",
        "--mongo-url",
        "mongodb://me:canary@host",
    ];
    let cli = Cli::try_parse_from(args).unwrap();
    assert!(!format!("{cli:?}").contains("canary"));
}

#[test]
fn records_without_an_owner_are_adopted_from_the_operators_own_namespace_unless_told_otherwise() {
    let adoption = |more: &[&str]| {
        let args = [
            "organization-operator",
            "controller",
            "--operator-namespace",
            "tenancy",
        ];
        match Cli::try_parse_from(args.iter().chain(more))
            .unwrap()
            .command
        {
            Command::Controller(args) => {
                let cluster = &args.process.cluster;
                args.controller
                    .tenancy
                    .allowances(cluster)
                    .adoption_namespaces
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(adoption(&[]), ["tenancy"]);
    assert_eq!(adoption(&["--adoption-namespaces", "a,b"]), ["a", "b"]);
}
