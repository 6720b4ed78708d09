//! docker-compose.yml: what it promises, and its `operator` as arguments of podman.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde_json::Value;

use crate::built::ROOT;
use crate::servers::Servers;

/// The file, as far as its services differ.
#[derive(Debug, Deserialize)]
pub struct Compose {
    pub services: BTreeMap<String, Value>,
    pub volumes: BTreeMap<String, Value>,
}

/// All that `operator` may have: a key that isn't understood here isn't tried here, and is refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    pub image: String,
    pub build: Build,
    command: Vec<String>,
    environment: BTreeMap<String, String>,
    network_mode: String,
    volumes: Vec<String>,
    read_only: bool,
    cap_drop: Vec<String>,
    security_opt: Vec<String>,
    stop_grace_period: String,
    healthcheck: HealthCheck,
    depends_on: BTreeMap<String, Value>,
    restart: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Build {
    context: String,
    pub args: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HealthCheck {
    test: Vec<String>,
    interval: String,
    timeout: String,
    retries: u32,
}

impl Compose {
    /// Reads it.
    ///
    /// # Errors
    /// It can't be read, or isn't what compose takes.
    pub fn read() -> Result<Self> {
        let text = fs::read_to_string(Path::new(ROOT).join("docker-compose.yml"))?;
        Ok(serde_saphyr::from_str(&text)?)
    }

    /// Its `operator`.
    ///
    /// # Errors
    /// It has none, or one with more than this knows how to try.
    pub fn operator(&self) -> Result<Operator> {
        let service = self.services.get("operator").context("no `operator`")?;
        Ok(serde_json::from_value(service.clone())?)
    }
}

impl Operator {
    /// podman's options, with `kube` and `mongo` replaced by `servers`.
    ///
    /// # Errors
    /// It asks for what these can't stand in for.
    pub fn options(&self, servers: &Servers) -> Result<Vec<String>> {
        ensure!(self.build.context == ".", "its Dockerfile is another one");
        // The servers' loopback takes the place of kube's.
        ensure!(self.network_mode == "service:kube");
        ensure!(self.depends_on.keys().eq(["kube", "mongo"]));
        ensure!(self.volumes == ["kubeconfig:/kubeconfig:ro"]);
        let mut options = vec![format!(
            "--volume={}:/kubeconfig:ro",
            servers.kubeconfig.display()
        )];
        for (name, value) in &self.environment {
            let value = match name.as_str() {
                "MONGO_URL" => value.replace("mongodb://mongo:27017/", &servers.mongo_root()?),
                _ => value.clone(),
            };
            options.push(format!("--env={name}={value}"));
        }
        if self.read_only {
            options.push("--read-only".to_owned());
            // podman alone would add writable places in memory.
            options.push("--read-only-tmpfs=false".to_owned());
        }
        options.extend(self.cap_drop.iter().map(|cap| format!("--cap-drop={cap}")));
        for option in &self.security_opt {
            ensure!(option == "no-new-privileges:true", "{option}: not tried");
            options.push("--security-opt=no-new-privileges".to_owned());
        }
        let grace = self.stop_grace_period.trim_end_matches('s');
        options.push(format!("--stop-timeout={grace}"));
        let check = &self.healthcheck;
        let [kind, program @ ..] = check.test.as_slice() else {
            anyhow::bail!("its health check is empty");
        };
        ensure!(kind == "CMD", "there is no shell for {kind}");
        options.push(format!("--health-cmd={}", serde_json::to_string(program)?));
        options.push(format!("--health-timeout={}", check.timeout));
        options.push(format!("--health-retries={}", check.retries));
        Ok(options)
    }

    /// What the program is given.
    pub fn command(&self) -> &[String] {
        &self.command
    }
}

/// No engine is needed for these.
mod tests {
    use super::*;

    fn strings<'a>(service: &'a Value, key: &str) -> Vec<&'a str> {
        let list = service[key].as_array();
        list.into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }

    #[test]
    fn every_port_is_published_to_this_machine_alone() {
        let compose = Compose::read().unwrap();
        let services = compose.services.values();
        let ports: Vec<_> = services.flat_map(|s| strings(s, "ports")).collect();
        assert_eq!(ports, ["127.0.0.1:6443:6443", "127.0.0.1:8000:8000"]);
    }

    #[test]
    fn state_is_in_volumes_of_its_own_and_of_this_machine_only_the_samples_are_read() {
        let compose = Compose::read().unwrap();
        for (name, service) in &compose.services {
            for volume in strings(service, "volumes") {
                let (source, place) = volume.split_once(':').unwrap();
                let is_own = compose.volumes.contains_key(source);
                let is_sample = source == "./deploy/samples" && place.ends_with(":ro");
                assert!(is_own || is_sample, "{name}: {volume}");
            }
        }
    }

    #[test]
    fn nothing_starts_before_what_it_needs_is_healthy() {
        let compose = Compose::read().unwrap();
        let needs = |name: &str| {
            let depends = compose.services[name]["depends_on"].as_object();
            let condition = |(name, how): (&String, &Value)| {
                assert_eq!(how["condition"], "service_healthy", "{name}");
                assert!(compose.services[name]["healthcheck"]["test"].is_array());
                name.clone()
            };
            depends.unwrap().iter().map(condition).collect::<Vec<_>>()
        };
        assert_eq!(needs("operator"), ["kube", "mongo"]);
        assert_eq!(needs("demo"), ["operator"]);
    }

    #[test]
    fn nothing_is_privileged_or_may_become_so_and_images_are_of_one_version() {
        let compose = Compose::read().unwrap();
        for (name, service) in &compose.services {
            assert!(service.get("privileged").is_none(), "{name}");
            let options = strings(service, "security_opt");
            assert_eq!(options, ["no-new-privileges:true"], "{name}");
            let image = service["image"].as_str().unwrap();
            let (_, tag) = image.rsplit_once(':').unwrap();
            assert!(tag.matches('.').count() >= 2, "{name}: {image}");
        }
        assert_eq!(
            compose.services["demo"]["image"],
            compose.services["kube"]["image"]
        );
    }

    #[test]
    fn the_operator_ends_and_comes_back_as_it_says() {
        let operator = Compose::read().unwrap().operator().unwrap();
        assert_eq!(operator.restart, "unless-stopped");
        assert!(operator.read_only);
        assert_eq!(operator.cap_drop, ["ALL"]);
        // Longer than --shutdown-grace, which is 20 s.
        assert_eq!(operator.stop_grace_period, "30s");
        assert_eq!(operator.healthcheck.interval, "3s");
    }
}
