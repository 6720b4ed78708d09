//! Controller and API as the chart's pods run them: with their settings, and with the rights of
//! their accounts, and no others.

use std::{process::Command, time::Duration};

use anyhow::{Context as _, Result, anyhow, ensure};
use organization_operator_harness::{mongo::MongoServer, operator::Operator, wait};
use serde_json::{Value, json};

use crate::{
    cluster::{Cluster, NAMESPACE},
    http::call,
    pods::{Pod, binary, texts},
    rendered::{RELEASE, objects, one},
};

const PATIENCE: Duration = Duration::from_mins(2);

/// Hashing is slow in a build for tests.
const QUICK: &[(&str, &str)] = &[("BCRYPT_COST", "10"), ("LOG_LEVEL", "debug")];

/// An installation with its processes.
struct Installed {
    cluster: Cluster,
    controller: Operator,
    api: Operator,
    /// Where organizations are made.
    tenants: &'static str,
    flags: &'static [&'static str],
    /// Ends with this.
    _mongo: MongoServer,
}

/// Installs the chart with these flags, and starts its processes while the Secret of the connection
/// string is missing; then the Secret comes.
fn installed(
    flags: &'static [&'static str],
    tenants: &'static str,
    api: &str,
) -> Result<Installed> {
    let cluster = Cluster::start()?;
    cluster.make_namespaces(&["team-a", "team-b"])?;
    cluster.install(RELEASE, NAMESPACE, flags)?;
    let pod = cluster.pod(NAMESPACE, RELEASE)?;
    let controller = cluster.container(&pod, "controller", QUICK)?;
    controller.spawn()?;
    let waits = || {
        let (code, text) = controller.get("/readyz").map_err(|error| anyhow!(error))?;
        let named = "Secret tenancy/organization-operator-mongodb, key url";
        ensure!(code == 503 && text.contains(named), "{code} {text}");
        ensure!(controller.get("/livez").map_err(|error| anyhow!(error))?.0 == 200);
        anyhow::Ok(())
    };
    wait::until(PATIENCE, waits)?;
    let mongo = cluster.mongo()?;
    cluster.make_mongo_secret(NAMESPACE, &mongo)?;
    cluster.mount(&pod)?;
    controller.wait_ready(PATIENCE)?;

    let pod = cluster.pod(NAMESPACE, api)?;
    cluster.mount(&pod)?;
    every_setting_is_one(&pod)?;
    let api = cluster.container(&pod, "api", QUICK)?;
    api.start()?;
    Ok(Installed {
        cluster,
        controller,
        api,
        tenants,
        flags,
        _mongo: mongo,
    })
}

/// No variable of the pod is one that the program doesn't know.
fn every_setting_is_one(pod: &Pod) -> Result<()> {
    for container in pod.containers() {
        let command = texts(&container["args"]).concat();
        let help = Command::new(binary()?)
            .args([&command, "--help"])
            .output()?;
        let help = String::from_utf8(help.stdout)?;
        for variable in container["env"].as_array().into_iter().flatten() {
            let name = variable["name"].as_str().context("no name")?;
            let known = [format!("[env: {name}="), format!("[env: {name}]")];
            let is_known = known.iter().any(|known| help.contains(known));
            ensure!(is_known, "{command} knows no {name}");
        }
    }
    Ok(())
}

impl Installed {
    fn apply(&self, name: &str, spec: &Value) -> Result<()> {
        let object = json!({
            "apiVersion": "organization-operator.dev/v1alpha1",
            "kind": "Organization",
            "metadata": {"name": name, "namespace": self.tenants},
            "spec": spec,
        });
        self.cluster.plane.apply(&object.to_string())?;
        Ok(())
    }

    fn is_ready(&self, name: &str) -> Result<()> {
        self.cluster.is_ready(self.tenants, name)
    }

    fn login(&self, email: &str, password: &str) -> Result<String> {
        let body = json!({"email": email, "password": password});
        let (code, answer) = call(&self.api, "POST", "/admin/login", "", &body)?;
        ensure!(code == 200, "{code} {answer}");
        let token = answer["access_token"].as_str().context("no token")?;
        Ok(token.to_owned())
    }

    fn delete(&self, name: &str) -> Result<()> {
        let name = format!("organization/{name}");
        let args = [
            "delete",
            &name,
            "--namespace",
            self.tenants,
            "--timeout=60s",
        ];
        self.cluster.plane.kubectl(&args)?;
        Ok(())
    }

    /// A tenant's life by kubectl.
    fn by_kubectl(&self) -> Result<()> {
        let email = "admin@acme.example";
        let acme = |more: Value| {
            let mut spec = json!({"admin": {"email": email}, "deletionPolicy": "Archive"});
            for (key, value) in more.as_object().into_iter().flatten() {
                spec[key] = value.clone();
            }
            spec
        };
        self.apply("acme", &acme(json!({})))?;
        self.is_ready("acme")?;
        let secret = self.cluster.get(self.tenants, "secret/acme-admin")?;
        ensure!(
            secret["data"]["password"].is_string(),
            "no password was made"
        );
        self.apply("acme", &acme(json!({"organizationName": "acme-labs"})))?;
        self.is_ready("acme")?;
        let acme_now = self.cluster.get(self.tenants, "organization/acme")?;
        ensure!(
            acme_now["status"]["organizationName"] == "acme-labs",
            "{acme_now}"
        );
        let told = || {
            let events = self.cluster.names(self.tenants, "events.events.k8s.io")?;
            ensure!(!events.is_empty(), "no Event was told");
            anyhow::Ok(())
        };
        wait::until(PATIENCE, told)?;

        // A password of the user's own: the one that was made is deleted.
        let login = json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": "login", "namespace": self.tenants},
            "stringData": {"password": "Secret123"},
        });
        self.cluster.plane.apply(&login.to_string())?;
        let admin =
            json!({"email": email, "passwordSecretRef": {"name": "login", "key": "password"}});
        self.apply(
            "acme",
            &acme(json!({"organizationName": "acme-labs", "admin": admin})),
        )?;
        self.is_ready("acme")?;
        ensure!(
            self.cluster
                .get(self.tenants, "secret/acme-admin")?
                .is_null()
        );
        let token = self.login(email, "Secret123")?;
        let (code, me) = call(&self.api, "GET", "/org/me", &token, &json!({}))?;
        ensure!(
            code == 200 && me["organization_name"] == "acme-labs",
            "{code} {me}"
        );

        let id = acme_now["status"]["organizationId"].clone();
        self.delete("acme")?;
        let back = json!({"restoreFrom": {"organizationId": id}, "admin": admin});
        self.apply("again", &acme(back))?;
        self.is_ready("again")?;
        self.delete("again")
    }

    /// A tenant's life by HTTP.
    fn by_http(&self) -> Result<()> {
        let email = "admin@globex.example";
        let made = json!({"organization_name": "globex", "email": email, "password": "Secret123"});
        let (code, answer) = call(&self.api, "POST", "/org/create", "", &made)?;
        ensure!(code == 200 || code == 201, "{code} {answer}");
        let token = self.login(email, "Secret123")?;
        let renamed = json!({"organization_name": "globex", "new_organization_name": "globex-labs", "password": "Another456"});
        let (code, answer) = call(&self.api, "PUT", "/org/update", &token, &renamed)?;
        ensure!(code == 200, "{code} {answer}");
        let token = self.login(email, "Another456")?;
        let path = "/org/delete?organization_name=globex-labs";
        let (code, answer) = call(&self.api, "DELETE", path, &token, &json!({}))?;
        ensure!(code == 200, "{code} {answer}");
        Ok(())
    }

    /// What `helm test` runs.
    fn passes_helms_test(&self) -> Result<()> {
        let objects = objects(self.flags)?;
        let pod = one(&objects, "Pod", "organization-operator-test")?;
        let address = |operator: &Operator| format!("http://{}", operator.health_address());
        let args = texts(&pod["spec"]["containers"][0]["args"]).into_iter();
        let args: Vec<_> = args
            .map(|arg| {
                arg.replace(
                    "http://organization-operator-metrics:8081",
                    &address(&self.controller),
                )
                .replace("http://organization-operator-api:8000", &self.api.api_url())
            })
            .collect();
        ensure!(args.len() == 4, "{args:?}");
        let run = || anyhow::Ok(Command::new(binary()?).args(&args).env_clear().output()?);
        let well = run()?;
        ensure!(well.status.success(), "{well:?}");
        self.api.terminate()?;
        let unwell = run()?;
        ensure!(unwell.status.code() == Some(1), "{unwell:?}");
        Ok(self.api.start()?)
    }

    fn nothing_was_refused(&self) -> Result<()> {
        for operator in [&self.controller, &self.api] {
            let log = operator.log();
            let refused = log
                .lines()
                .find(|line| line.to_lowercase().contains("forbidden"));
            ensure!(refused.is_none(), "{refused:?}");
        }
        Ok(())
    }

    fn all_of_it(&self) -> Result<()> {
        let jwt = || {
            self.cluster
                .get(NAMESPACE, "secret/organization-operator-jwt")
        };
        let key = jwt()?["data"]["jwt-secret"].clone();
        ensure!(key.is_string(), "no key of the tokens was made");
        self.by_kubectl()?;
        self.by_http()?;
        self.passes_helms_test()?;
        ensure!(jwt()?["data"]["jwt-secret"] == key, "the key changed");
        self.by_http()?;
        self.nothing_was_refused()?;
        self.controller.terminate()?;
        Ok(self.api.terminate()?)
    }
}

#[test]
fn the_pod_of_the_default_does_all_that_it_is_for_with_its_own_rights() -> Result<()> {
    installed(&["--set", "api.selfService=true"], NAMESPACE, RELEASE)?.all_of_it()
}

#[test]
fn a_separate_api_does_so_with_rights_of_its_own_and_secrets_are_read_without_a_watch() -> Result<()>
{
    const FLAGS: &[&str] = &[
        "--set",
        "api.selfService=true,api.separate=true,secrets.watch=off",
    ];
    installed(FLAGS, NAMESPACE, "organization-operator-api")?.all_of_it()
}

#[test]
fn a_namespaced_installation_does_so_in_its_namespaces_with_roles_alone() -> Result<()> {
    const FLAGS: &[&str] = &[
        "--set",
        "api.selfService=true,watchNamespaces={team-a,team-b},clusterId=production",
    ];
    installed(FLAGS, "team-a", RELEASE)?.all_of_it()
}
