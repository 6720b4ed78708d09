//! A container of an installed Deployment, run as a process: with its arguments, its settings and
//! the token of its `ServiceAccount`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail, ensure};
use organization_operator_harness::operator::Operator;
use serde_json::Value;

use crate::cluster::Cluster;

/// Where the chart mounts the Secret of the connection string.
const MOUNT: &str = "/etc/organization-operator/mongodb/";

/// Settings of where a process listens; two can't have one port here.
const ADDRESSES: [&str; 2] = ["HEALTH_ADDRESS", "API_ADDRESS"];

/// The binary that was built beside these tests.
pub fn binary() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let target = own.parent().and_then(Path::parent).context("no target")?;
    let binary = target.join("organization-operator");
    ensure!(binary.exists(), "{}: `make build`", binary.display());
    Ok(binary)
}

/// One pod of a Deployment.
pub struct Pod {
    template: Value,
    namespace: String,
    name: String,
    kubeconfig: String,
    /// What the kubelet would mount.
    mounted: PathBuf,
}

impl Cluster {
    /// A pod of that Deployment of `namespace`, to be run.
    pub fn pod(&self, namespace: &str, deployment: &str) -> Result<Pod> {
        let found = self.get(namespace, &format!("deployment/{deployment}"))?;
        let template = found["spec"]["template"]["spec"].clone();
        let account = template["serviceAccountName"]
            .as_str()
            .context("no account")?;
        let kubeconfig = self.plane.kubeconfig_of_account(namespace, account)?;
        let mounted = self
            .home
            .dir()
            .join(format!("mounted-{namespace}-{deployment}"));
        fs::create_dir_all(&mounted)?;
        Ok(Pod {
            template,
            namespace: namespace.to_owned(),
            name: format!("{deployment}-0"),
            kubeconfig: kubeconfig.to_string_lossy().into_owned(),
            mounted,
        })
    }

    /// Puts the keys of the pod's Secret where the kubelet would put them.
    pub fn mount(&self, pod: &Pod) -> Result<()> {
        let volume = &pod.template["volumes"][0]["secret"];
        ensure!(volume["optional"] == true, "{volume}");
        let name = volume["secretName"].as_str().context("no Secret")?;
        let args = [
            "get",
            "secret",
            name,
            "--namespace",
            &pod.namespace,
            "--output=go-template={{range $key, $value := .data}}{{$key}} {{base64decode $value}}\n{{end}}",
        ];
        for line in self.plane.kubectl(&args)?.lines() {
            let (key, value) = line.split_once(' ').context("no value")?;
            fs::write(pod.mounted.join(key), value)?;
        }
        Ok(())
    }

    /// A container's process, not started. `more` counts before what the pod says.
    pub fn container(&self, pod: &Pod, name: &str, more: &[(&str, &str)]) -> Result<Operator> {
        let container = pod.containers().find(|container| container["name"] == name);
        let container = container.with_context(|| format!("no container {name}"))?;
        let args = texts(&container["args"]);
        let mut env = vec![("KUBECONFIG".to_owned(), pod.kubeconfig.clone())];
        for variable in container["env"].as_array().into_iter().flatten() {
            let key = variable["name"].as_str().context("no name")?;
            if ADDRESSES.contains(&key) || more.iter().any(|(more, _)| *more == key) {
                continue;
            }
            env.push((key.to_owned(), pod.value(variable)?));
        }
        let given = env
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()));
        let env: Vec<_> = given.chain(more.iter().copied()).collect();
        let process = format!("{}-{}-{name}", pod.namespace, pod.name);
        let args: Vec<_> = args.iter().map(String::as_str).collect();
        Ok(Operator::new(
            &self.home,
            &process,
            &binary()?,
            &args,
            &env,
        )?)
    }
}

impl Pod {
    pub fn containers(&self) -> impl Iterator<Item = &Value> {
        self.template["containers"].as_array().into_iter().flatten()
    }

    fn value(&self, variable: &Value) -> Result<String> {
        if let Some(value) = variable["value"].as_str() {
            let mounted = format!("{}/", self.mounted.display());
            return Ok(value.replace(MOUNT, &mounted));
        }
        match variable["valueFrom"]["fieldRef"]["fieldPath"].as_str() {
            Some("metadata.name") => Ok(self.name.clone()),
            Some("metadata.namespace") => Ok(self.namespace.clone()),
            _ => bail!("{variable} is nothing that a pod knows"),
        }
    }
}

pub fn texts(list: &Value) -> Vec<String> {
    let texts = list.as_array().into_iter().flatten();
    texts
        .filter_map(Value::as_str)
        .map(ToOwned::to_owned)
        .collect()
}
