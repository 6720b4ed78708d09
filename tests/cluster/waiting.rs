//! `helm install --wait` on a chart of organizations: Helm reads their status as kstatus does.

use std::{fs, path::PathBuf, time::Instant};

use anyhow::{Result, ensure};

use crate::{
    cluster::{Cluster, NAMESPACE},
    rendered::RELEASE,
};

impl Cluster {
    /// A chart of one organization.
    fn chart_of(&self, name: &str, spec: &str) -> Result<PathBuf> {
        let chart = self.home.dir().join(format!("chart-{name}"));
        fs::create_dir_all(chart.join("templates"))?;
        fs::write(
            chart.join("Chart.yaml"),
            format!("apiVersion: v2\nname: {name}\nversion: 0.1.0\n"),
        )?;
        let object = format!(
            "apiVersion: organization-operator.dev/v1alpha1\nkind: Organization\n\
             metadata: {{name: {name}}}\nspec: {spec}\n"
        );
        fs::write(chart.join("templates/organization.yaml"), object)?;
        Ok(chart)
    }
}

#[test]
fn a_release_of_organizations_is_done_when_they_are_ready_and_fails_at_once_when_one_is_stalled()
-> Result<()> {
    let cluster = Cluster::start()?;
    let mongo = cluster.mongo()?;
    cluster.install(RELEASE, NAMESPACE, &[])?;
    let pod = cluster.pod(NAMESPACE, RELEASE)?;
    cluster.make_mongo_secret(NAMESPACE, &mongo)?;
    cluster.mount(&pod)?;
    let controller = cluster.container(&pod, "controller", &[])?;
    controller.start()?;

    let release = |name: &str, spec: &str| -> Result<_> {
        let chart = cluster.chart_of(name, spec)?;
        let chart = chart.to_string_lossy();
        let begin = Instant::now();
        let args = [
            "install",
            name,
            &chart,
            "--namespace",
            NAMESPACE,
            "--wait",
            "--timeout=2m",
        ];
        Ok((cluster.helm(&args), begin.elapsed().as_secs_f64()))
    };
    let (said, took) = release("acme", "{admin: {email: admin@acme.example}}")?;
    said?;
    println!("a release with an organization was ready after {took:.1} s");
    let ready = cluster.get(NAMESPACE, "organization/acme")?;
    ensure!(ready["status"]["organizationName"] == "acme", "{ready}");

    let taken = "{organizationName: acme, admin: {email: second@acme.example}}";
    let (said, took) = release("second", taken)?;
    let said = said
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default();
    ensure!(
        said.contains("organization/second") || said.contains("second"),
        "{said}"
    );
    ensure!(
        !said.contains("deadline") && took < 60.0,
        "after {took:.1} s: {said}"
    );
    println!("one with an organization that is stalled failed after {took:.1} s: {said}");
    controller.terminate()?;
    Ok(())
}
