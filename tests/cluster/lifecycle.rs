//! Installed, upgraded, rolled back, uninstalled.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use organization_operator_harness::wait;
use serde_json::{Value, json};

use crate::{
    cluster::{Cluster, NAMESPACE},
    helm::{CHART, ROOT},
    rendered::RELEASE,
};

const CONTROLLER: &str = "deployment/organization-operator";
const API: &str = "deployment/organization-operator-api";

impl Cluster {
    /// A command on the release that waits for its end.
    fn release(&self, command: &str, args: &[&str]) -> Result<String> {
        let usual = [command, RELEASE];
        let waits = ["--namespace", NAMESPACE, "--wait", "--timeout=2m"];
        self.helm(&[&usual[..], args, &waits].concat())
    }

    fn install_and_wait(&self) -> Result<String> {
        let flags = [
            CHART,
            "--create-namespace",
            "--set=mongodb.existingSecret=mongo",
        ];
        self.release("install", &flags)
    }

    fn ready_pods(&self, deployment: &str) -> Result<Value> {
        let deployment = self.get(NAMESPACE, deployment)?;
        Ok(deployment["status"]["readyReplicas"].clone())
    }

    fn has_none(&self, kinds: &[&str]) -> Result<()> {
        for kind in kinds {
            let left = self.names(NAMESPACE, kind)?;
            let left: Vec<_> = left.iter().filter(|it| it.contains(RELEASE)).collect();
            ensure!(left.is_empty(), "{left:?}");
        }
        Ok(())
    }

    /// An organization that is made after the installation, and that nobody deletes.
    fn has_a_guarded_organization(&self) -> Result<()> {
        let acme = json!({
            "apiVersion": "organization-operator.dev/v1alpha1",
            "kind": "Organization",
            "metadata": {"name": "acme", "namespace": NAMESPACE},
            "spec": {"admin": {"email": "admin@acme.example"}, "deletionProtection": true},
        });
        self.plane.apply(&acme.to_string())?;
        // A policy counts a moment after it is there.
        let delete = [
            "delete",
            "org/acme",
            "--namespace",
            NAMESPACE,
            "--dry-run=server",
        ];
        wait::until(Duration::from_mins(1), || {
            let refused = self.plane.kubectl(&delete).err();
            let refused = refused.map(|error| error.to_string()).unwrap_or_default();
            ensure!(
                refused.contains("spec.deletionProtection is true"),
                "{refused}"
            );
            Ok(())
        })
    }
}

#[test]
fn it_is_installed_upgraded_rolled_back_and_uninstalled_and_every_organization_stays() -> Result<()>
{
    let cluster = Cluster::start()?;
    let begin = Instant::now();
    let notes = cluster.install_and_wait()?;
    let took = begin.elapsed().as_secs_f64();
    println!("helm install --wait on a simulated node: {took:.1} s");
    for told in [
        "watches all namespaces",
        "create secret generic mongo",
        "helm -n tenancy test",
    ] {
        ensure!(notes.contains(told), "no {told:?} in\n{notes}");
    }
    ensure!(cluster.ready_pods(CONTROLLER)? == 1);
    cluster.has_a_guarded_organization()?;

    let more = "--set=replicas=2,api.separate=true,api.replicas=3";
    cluster.release("upgrade", &[CHART, "--reuse-values", more])?;
    ensure!(cluster.ready_pods(CONTROLLER)? == 2);
    ensure!(cluster.ready_pods(API)? == 3);
    let budgets = cluster.names(NAMESPACE, "poddisruptionbudget")?;
    ensure!(budgets.len() == 2, "{budgets:?}");

    cluster.release("rollback", &["1"])?;
    ensure!(cluster.ready_pods(CONTROLLER)? == 1);
    ensure!(cluster.names(NAMESPACE, "deployment")?.len() == 1);
    cluster.has_none(&["poddisruptionbudget"])?;

    cluster.release("uninstall", &[])?;
    cluster.has_none(&["deployment", "service", "role", "rolebinding"])?;
    cluster.has_none(&[
        "clusterrole",
        "clusterrolebinding",
        "validatingadmissionpolicy",
    ])?;
    let organizations = cluster.names(NAMESPACE, "organization")?;
    ensure!(organizations.len() == 1, "the organization went");

    // The definition that was kept is taken back.
    cluster.install_and_wait()?;
    cluster.release("uninstall", &[]).map(drop)
}

#[test]
fn a_definition_that_kubectl_applied_is_taken_over_or_left_alone_as_told() -> Result<()> {
    let cluster = Cluster::start()?;
    let crds = format!("--filename={ROOT}/crds");
    cluster.plane.kubectl(&["apply", "--server-side", &crds])?;
    let refused = cluster.install(RELEASE, NAMESPACE, &[]).err();
    let refused = refused.map(|error| error.to_string()).unwrap_or_default();
    ensure!(
        refused.contains("CustomResourceDefinition") && refused.contains("ownership"),
        "{refused}"
    );

    cluster.install(RELEASE, NAMESPACE, &["--set=crds.enabled=false"])?;
    cluster.release("uninstall", &[])?;
    cluster.install(RELEASE, NAMESPACE, &["--take-ownership"])?;
    cluster.release("uninstall", &[])?;
    let kept = cluster.names(NAMESPACE, "customresourcedefinition")?;
    ensure!(kept.len() == 1, "{kept:?}");
    Ok(())
}
