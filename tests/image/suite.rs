//! The image and docker-compose.yml, built and run by Debian's buildah and podman as they are, with
//! stand-ins for what only registries have: base images, and the services `kube` and `mongo`. A
//! program that is missing is installed; what can't be had is a failure.

#[cfg(test)]
mod bases;
#[cfg(test)]
mod built;
#[cfg(test)]
mod command;
#[cfg(test)]
mod compose;
#[cfg(test)]
mod container;
#[cfg(test)]
mod engine;
#[cfg(test)]
mod servers;
#[cfg(test)]
mod smoke;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::compose::Compose;
use crate::container::Container;
use crate::servers::Servers;
use crate::smoke::smoke;

/// 30 MiB: what may be added to the base.
const MOST_BYTES: u64 = 30 << 20;

static BUILT: LazyLock<Result<(), String>> =
    LazyLock::new(|| built::build().map_err(|error| format!("{error:#}")));

fn is_built() -> Result<(), &'static str> {
    BUILT.as_ref().copied().map_err(String::as_str)
}

#[test]
fn the_image_adds_the_program_and_its_licence_to_the_base_and_has_no_shell() {
    is_built().unwrap();
    let files = built::files().unwrap();
    let added: Vec<_> = files.added.keys().map(PathBuf::as_path).collect();
    assert_eq!(added, ["LICENSE", "organization-operator"].map(Path::new));
    let bytes: u64 = files.added.values().sum();
    #[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
    let mib = bytes as f64 / f64::from(1 << 20);
    println!("added to the base: {mib:.1} MiB in {} files", added.len());
    assert!(bytes <= MOST_BYTES, "{mib:.1} MiB");
    for path in &files.all {
        let name = path.file_name().unwrap_or_default();
        let is_shell = ["sh", "ash", "bash", "dash", "busybox"].map(|shell| name == shell);
        assert!(!is_shell.contains(&true), "{}", path.display());
    }
}

#[test]
fn the_image_says_what_it_is_and_how_to_run_it() {
    is_built().unwrap();
    let image = built::inspect().unwrap();
    let config = &image["Config"];
    assert_eq!(config["User"], "65532:65532");
    assert_eq!(config["Entrypoint"][0], "/organization-operator");
    assert_eq!(config["Cmd"][0], "run");
    for port in ["8000/tcp", "8081/tcp"] {
        assert!(config["ExposedPorts"].get(port).is_some(), "{port}");
    }
    let labels = &config["Labels"];
    let label = |name: &str| labels[format!("org.opencontainers.image.{name}")].as_str();
    assert_eq!(label("title"), Some("organization-operator"));
    assert_eq!(label("licenses"), Some("Apache-2.0"));
    assert_eq!(label("version"), Some(built::VERSION));
    let manifest = fs::read_to_string(Path::new(built::ROOT).join("Cargo.toml")).unwrap();
    let description = label("description").unwrap();
    assert!(manifest.contains(&format!("description = \"{description}\"")));
    for name in ["source", "revision", "created"] {
        assert!(label(name).is_some(), "{name}");
    }
}

#[test]
fn a_container_with_a_read_only_root_and_no_rights_does_all_that_the_program_does() {
    is_built().unwrap();
    let servers = Servers::start().unwrap();
    let mongo = format!("--env=MONGO_URL={}", servers.mongo.url());
    let volume = format!("--volume={}:/kubeconfig:ro", servers.kubeconfig.display());
    let options = [
        "--read-only",
        "--read-only-tmpfs=false",
        "--user=65532:65532",
        "--cap-drop=all",
        "--security-opt=no-new-privileges",
        "--env=KUBECONFIG=/kubeconfig/config",
        "--env=SELF_SERVICE=true",
        "--env=JWT_SECRET_NAME=organization-operator-jwt",
        &mongo,
        &volume,
    ];
    // The image's own command: `run`.
    let container = Container::start(&servers, &options.map(str::to_owned), &[]).unwrap();
    smoke(&servers, container).unwrap();
}

#[test]
fn the_operator_of_compose_runs_as_it_is_written() {
    is_built().unwrap();
    let operator = Compose::read().unwrap().operator().unwrap();
    let servers = Servers::start().unwrap();
    servers.without_definition().unwrap();
    let options = operator.options(&servers).unwrap();
    let container = Container::start(&servers, &options, operator.command()).unwrap();
    let version = ["/organization-operator", "--version"];
    let version = container.exec(&version).unwrap();
    let (_, version) = version.rsplit_once(' ').unwrap();
    assert!(operator.image.ends_with(&format!(":{version}")));
    assert_eq!(operator.build.args["VERSION"], version);
    smoke(&servers, container).unwrap();
}
