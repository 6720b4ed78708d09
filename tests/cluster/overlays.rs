//! `kubectl apply -k` of every overlay.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::{
    cluster::{Cluster, NAMESPACE},
    generated::BASE,
    helm::ROOT,
    rendered::{objects, parse, place},
};

#[test]
fn every_overlay_is_applied_and_rolled_out() -> Result<()> {
    let mut count = 0;
    for entry in fs::read_dir(format!("{ROOT}/deploy/overlays"))? {
        let folder = entry?.path();
        let folder = folder.to_string_lossy();
        let cluster = Cluster::start()?;
        // One of them makes its own.
        cluster.make_namespaces(&[NAMESPACE, "team-a", "team-b"])?;
        let said = cluster
            .plane
            .kubectl(&["apply", "--server-side", "--kustomize", &folder])?;
        let deployments: Vec<_> = said
            .lines()
            .filter_map(|line| {
                let name = line.strip_prefix("deployment.apps/")?;
                name.split(' ').next()
            })
            .collect();
        ensure!(!deployments.is_empty(), "{folder}: {said}");
        for deployment in deployments {
            let name = format!("deployment/{deployment}");
            let args = [
                "rollout",
                "status",
                &name,
                "--namespace=tenancy",
                "--timeout=60s",
            ];
            cluster.plane.kubectl(&args)?;
        }
        cluster.is_uninstalled_as_the_readme_says(&folder)?;
        count += 1;
    }
    ensure!(count >= 3, "{count} overlays");
    Ok(())
}

impl Cluster {
    /// Takes an overlay away: definition, organizations and namespaces stay.
    fn is_uninstalled_as_the_readme_says(&self, folder: &str) -> Result<()> {
        let kept = ["customresourcedefinition", "namespace", "organization"];
        let acme = json!({
            "apiVersion": "organization-operator.dev/v1alpha1",
            "kind": "Organization",
            "metadata": {"name": "acme", "namespace": NAMESPACE},
            "spec": {"admin": {"email": "admin@acme.example"}},
        });
        let crds = format!("--filename={ROOT}/crds");
        // One overlay leaves the definition to others.
        let apply = ["apply", "--server-side", "--force-conflicts", &crds];
        self.plane.kubectl(&apply)?;
        let established = ["wait", "--for=condition=Established", &crds];
        self.plane.kubectl(&established)?;
        self.plane.apply(&acme.to_string())?;
        let there = |kinds: &[&str]| -> Result<Vec<_>> {
            kinds
                .iter()
                .map(|kind| self.names(NAMESPACE, kind))
                .collect()
        };
        let before = there(&kept)?;

        let readme = fs::read_to_string(format!("{ROOT}/README.md"))?;
        let selector = readme
            .split_once("kubectl delete -k deploy/overlays/production -l '")
            .and_then(|(_, rest)| rest.split_once('\''));
        let (selector, _) = selector.context("the README has no such command")?;
        self.plane
            .kubectl(&["delete", "--kustomize", folder, "--selector", selector])?;
        ensure!(there(&kept)? == before, "{folder}: {before:?} are not kept");
        let gone = [
            "deployment",
            "service",
            "role",
            "rolebinding",
            "poddisruptionbudget",
        ];
        let of_cluster = [
            "clusterrole",
            "clusterrolebinding",
            "validatingadmissionpolicy",
        ];
        for name in there(&[&gone[..], &of_cluster].concat())?.concat() {
            ensure!(
                !name.contains("organization-operator"),
                "{folder}: {name} is left"
            );
        }
        Ok(())
    }
}

/// By their places; labels tell who made them, and no more.
fn without_labels(objects: Vec<Value>) -> BTreeMap<String, Value> {
    let objects = objects.into_iter().map(|mut object| {
        if let Some(metadata) = object["metadata"].as_object_mut() {
            metadata.remove("labels");
        }
        (place(&object), object)
    });
    objects.collect()
}

#[test]
fn the_overlay_for_production_is_the_chart_with_the_same_wishes() -> Result<()> {
    let cluster = Cluster::start()?;
    let folder = format!("{ROOT}/deploy/overlays/production");
    let built = cluster.plane.kubectl(&["kustomize", &folder])?;
    let mut built = without_labels(parse(&built)?);
    ensure!(built.remove("Namespace tenancy").is_some());
    let wishes = "--set=replicas=2,api.separate=true,networkPolicy.enabled=true,crds.keep=false";
    let rendered = without_labels(objects(&[BASE, wishes, "--no-hooks"])?);
    for (place, object) in &rendered {
        let own = built.get(place);
        ensure!(own == Some(object), "{place}:\n{object}\n{own:?}");
    }
    let more: Vec<_> = built
        .keys()
        .filter(|place| !rendered.contains_key(*place))
        .collect();
    ensure!(more.is_empty(), "{more:?}");
    Ok(())
}

#[test]
fn every_sample_is_applied_and_its_organizations_are_ready() -> Result<()> {
    let cluster = Cluster::start()?;
    let folder = Path::new(ROOT).join("deploy");
    let overlay = folder.join("overlays/development");
    let overlay = overlay.to_string_lossy();
    cluster
        .plane
        .kubectl(&["apply", "--server-side", "--kustomize", &overlay])?;
    let mongo = cluster.mongo()?;
    let pod = cluster.pod(NAMESPACE, "organization-operator")?;
    let url = cluster.home.dir().join("url");
    fs::write(&url, mongo.url())?;
    let url = [("MONGO_URL_FILE", &*url.to_string_lossy())];
    let controller = cluster.container(&pod, "controller", &url)?;
    controller.start()?;
    for entry in fs::read_dir(folder.join("samples"))? {
        let file = entry?.path();
        let file = file.to_string_lossy();
        cluster
            .plane
            .kubectl(&["apply", "--server-side", "--filename", &file])?;
    }
    let all = [
        "wait",
        "--for=condition=Ready",
        "organizations",
        "--all",
        "--timeout=120s",
    ];
    let ready = cluster.plane.kubectl(&all)?;
    ensure!(ready.lines().count() >= 4, "{ready}");
    Ok(controller.terminate()?)
}
