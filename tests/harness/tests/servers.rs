//! The servers are real: what tests of the operator rely on is true of them.

use std::path::Path;
use std::time::{Duration, Instant};

use organization_operator_harness::control_plane::ControlPlane;
use organization_operator_harness::home::{self, Home};
use organization_operator_harness::mongo::MongoServer;
use organization_operator_harness::operator::Operator;
use organization_operator_harness::wait::until;

const CRDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/crds");
const SOON: Duration = Duration::from_secs(30);

fn home() -> Result<Home, home::Error> {
    Home::temporary(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("servers"))
}

#[test]
fn a_control_plane_keeps_its_objects_over_kills_deletes_namespaces_and_asks_for_rights() {
    let begin = Instant::now();
    let cluster = ControlPlane::start(&home().unwrap(), Path::new(CRDS)).unwrap();
    println!("control plane up in {:?}", begin.elapsed());
    cluster.kubectl(&["create", "namespace", "one"]).unwrap();

    for server in [
        cluster.etcd(),
        cluster.apiserver(),
        cluster.controller_manager(),
    ] {
        let begin = Instant::now();
        server.kill9().unwrap();
        assert!(server.probe().is_err());
        server.start().unwrap();
        println!(
            "{} killed and up again in {:?}",
            server.process().name(),
            begin.elapsed()
        );
    }
    let get = || cluster.kubectl(&["get", "namespace", "one", "-o", "name"]);
    assert_eq!(until(SOON, get).unwrap(), "namespace/one\n");

    // An owned Secret goes with its owner, as a tenant's password does.
    let probe = r#"{"apiVersion":"harness.organization-operator.dev/v1","kind":"Probe","metadata":{"name":"p"}}"#;
    let file = cluster.kubeconfig().with_file_name("probe.json");
    std::fs::write(&file, probe).unwrap();
    cluster
        .kubectl(&["apply", "-n", "one", "-f", &file.to_string_lossy()])
        .unwrap();
    let uid = cluster.kubectl(&["get", "probe/p", "-n", "one", "-o=jsonpath={.metadata.uid}"]);
    let owner = format!(
        r#"{{"metadata":{{"ownerReferences":[{{"apiVersion":"harness.organization-operator.dev/v1","kind":"Probe","name":"p","uid":"{}"}}]}}}}"#,
        uid.unwrap()
    );
    cluster
        .kubectl(&["create", "secret", "generic", "s", "-n", "one"])
        .unwrap();
    cluster
        .kubectl(&["patch", "secret", "s", "-n", "one", "-p", &owner])
        .unwrap();
    let begin = Instant::now();
    cluster
        .kubectl(&["delete", "probe/p", "-n", "one"])
        .unwrap();
    cluster
        .kubectl(&[
            "wait",
            "--for=delete",
            "secret/s",
            "-n",
            "one",
            "--timeout=30s",
        ])
        .unwrap();
    println!("owned secret collected in {:?}", begin.elapsed());

    let begin = Instant::now();
    cluster
        .kubectl(&["delete", "namespace", "one", "--timeout=60s"])
        .unwrap();
    println!("namespace deleted in {:?}", begin.elapsed());

    let stranger = cluster
        .kubeconfig_for("stranger@example.com", None)
        .unwrap();
    let flag = format!("--kubeconfig={}", stranger.display());
    let refusal = cluster
        .kubectl(&[&flag, "get", "secrets"])
        .unwrap_err()
        .to_string();
    assert!(
        refusal.contains("forbidden") && refusal.contains("stranger@example.com"),
        "{refusal}"
    );

    // In the other order than they depend on each other: each must cope with the other's absence.
    cluster.stop().unwrap();
    for server in [
        cluster.apiserver(),
        cluster.controller_manager(),
        cluster.etcd(),
    ] {
        assert_eq!(server.process().pid(), None);
    }
}

#[test]
fn a_database_is_up_on_the_same_port_after_it_was_stopped_and_killed() {
    let begin = Instant::now();
    let mongo = MongoServer::start(&home().unwrap()).unwrap();
    println!("{:?} up in {:?}", mongo.kind(), begin.elapsed());
    let server = mongo.server().unwrap();
    for end in [
        |s: &_| organization_operator_harness::server::Server::stop(s),
        |s: &_| organization_operator_harness::server::Server::kill9(s),
    ] {
        end(server).unwrap();
        assert!(server.probe().is_err());
        server.start().unwrap();
        server.probe().unwrap();
    }
}

#[test]
fn an_operator_that_cant_start_is_an_error_with_its_logs_tail() {
    let args = ["-c", "echo 'MONGO_URL is missing' >&2; exit 2"];
    let operator = Operator::new(
        &home().unwrap(),
        "operator",
        Path::new("/bin/sh"),
        &args,
        &[],
    )
    .unwrap();
    let error = operator.start().unwrap_err().to_string();
    assert!(
        error.contains("exit status: 2") && error.contains("MONGO_URL is missing"),
        "{error}"
    );
}
