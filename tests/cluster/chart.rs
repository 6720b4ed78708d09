//! The chart as it is: what Helm and the API server think of it.

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::{
    cluster::{Cluster, NAMESPACE},
    helm::{CHART, ROOT, offline, values_files},
    rendered::{RELEASE, objects, one, place, text},
};

/// Not served by a control plane of Kubernetes alone.
const OF_OTHERS: [&str; 1] = ["ServiceMonitor"];

#[test]
fn helm_has_nothing_against_it() -> Result<()> {
    offline(&["lint", "--strict", CHART])?;
    for file in values_files()? {
        offline(&["lint", "--strict", CHART, "--values", &file])?;
    }
    Ok(())
}

#[test]
fn the_api_server_takes_every_object_of_every_values_file() -> Result<()> {
    let cluster = Cluster::start()?;
    cluster.make_namespaces(&[NAMESPACE, "team-a", "team-b", "tenants"])?;
    let mut count = 0;
    for file in values_files()? {
        let all = objects(&["--values", &file])?;
        for object in all {
            if OF_OTHERS.iter().any(|kind| object["kind"] == *kind) {
                continue;
            }
            let args = ["apply", "--dry-run=server", "--filename=-"];
            let said = cluster.plane.kubectl_with(&args, &object.to_string());
            ensure!(said.is_ok(), "{file}: {}: {said:?}", place(&object));
            count += 1;
        }
    }
    println!("{count} objects taken");
    Ok(())
}

#[test]
fn the_definition_is_the_operators_own_but_for_labels_and_the_word_to_keep_it() -> Result<()> {
    let kept = objects(&[])?;
    let mut kept = one(&kept, "CustomResourceDefinition", DEFINITION)?.clone();
    let annotations = &mut kept["metadata"]["annotations"];
    ensure!(annotations["helm.sh/resource-policy"].take() == "keep");
    let own = std::fs::read_to_string(format!("{ROOT}/crds/{DEFINITION}.yaml"))?;
    let own: Value = serde_saphyr::from_str(&own)?;
    ensure!(kept["spec"] == own["spec"]);
    let version = "organization-operator.dev/definition-version";
    ensure!(kept["metadata"]["annotations"][version] == own["metadata"]["annotations"][version]);

    let dropped = objects(&["--set", "crds.keep=false"])?;
    let dropped = one(&dropped, "CustomResourceDefinition", DEFINITION)?;
    ensure!(dropped["metadata"]["annotations"]["helm.sh/resource-policy"].is_null());
    let without = objects(&["--set", "crds.enabled=false"])?;
    ensure!(one(&without, "CustomResourceDefinition", DEFINITION).is_err());
    Ok(())
}

const DEFINITION: &str = "organizations.organization-operator.dev";

#[test]
fn it_says_the_same_each_time_so_that_gitops_tools_see_no_change() -> Result<()> {
    for file in values_files()? {
        let values = ["--values", file.as_str()];
        ensure!(text(&values)? == text(&values)?, "{file}");
    }
    Ok(())
}

#[test]
fn every_pod_is_restricted_and_has_no_limit_of_the_cpu() -> Result<()> {
    let mut pods = 0;
    for file in values_files()? {
        for object in objects(&["--values", &file])? {
            let pod = match object["kind"].as_str() {
                Some("Deployment") => &object["spec"]["template"]["spec"],
                Some("Pod") => &object["spec"],
                _ => continue,
            };
            pods += 1;
            let context = &pod["securityContext"];
            ensure!(context["runAsNonRoot"] == true && context["runAsUser"] == 65532);
            ensure!(context["seccompProfile"]["type"] == "RuntimeDefault");
            for container in pod["containers"].as_array().into_iter().flatten() {
                let context = &container["securityContext"];
                ensure!(context["allowPrivilegeEscalation"] == false, "{container}");
                ensure!(context["readOnlyRootFilesystem"] == true, "{container}");
                ensure!(context["capabilities"]["drop"][0] == "ALL", "{container}");
                let resources = &container["resources"];
                ensure!(resources["requests"]["cpu"].is_string(), "{container}");
                ensure!(resources["limits"]["cpu"].is_null(), "{container}");
            }
        }
    }
    ensure!(pods >= 10, "{pods}");
    Ok(())
}

#[test]
fn a_namespaced_installation_has_nothing_of_the_cluster() -> Result<()> {
    let file = format!("{CHART}/ci/namespaced-values.yaml");
    for object in objects(&["--values", &file])? {
        let namespace = &object["metadata"]["namespace"];
        ensure!(
            namespace.is_string(),
            "{} is of the cluster",
            place(&object)
        );
    }
    Ok(())
}

#[test]
fn two_releases_of_one_name_in_two_namespaces_share_no_object_of_the_cluster_but_the_definition()
-> Result<()> {
    let of_cluster = |namespace: &str| -> Result<Vec<String>> {
        let text = offline(&["template", RELEASE, CHART, "--namespace", namespace])?;
        let objects = crate::rendered::parse(&text)?;
        let of_cluster = objects
            .iter()
            .map(place)
            .filter(|place| !place.contains('/'));
        Ok(of_cluster.collect())
    };
    let (one, other) = (of_cluster("one")?, of_cluster("other")?);
    let shared: Vec<_> = one.iter().filter(|place| other.contains(place)).collect();
    ensure!(
        shared == [&format!("CustomResourceDefinition {DEFINITION}")],
        "{shared:?}"
    );
    Ok(())
}
