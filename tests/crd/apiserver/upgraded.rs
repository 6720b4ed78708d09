//! Objects that an earlier, laxer definition let in, once this one judges them: refused or not, they
//! must still be told what is wrong, and be let go.

use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use organization_operator::crd::{FINALIZER, definition};
use organization_operator_harness::wait;
use serde_json::{Value, json};

use super::client::{Namespace, STRICT, cluster};
use crate::cases::{Judge, cases, valid};

/// A kind of its own, so that no other test sees the laxer definition.
const GROUP: &str = "upgraded.example";

/// Until another definition is served: some 100 times what it takes on an idle machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Nobody is helped by rules for the whole object, by a missing spec or by another type than a rule
/// expects: these the API server judges anew at each write. So no later version may begin to ask
/// for one of them.
const LOCKED: [&str; 3] = [
    "a name that YAML takes for a boolean",
    "no spec",
    "a metadata.name of 58 characters",
];

fn stricter() -> Result<Value> {
    let mut definition = definition::definition()?;
    definition["metadata"]["name"] = json!(format!("organizations.{GROUP}"));
    definition["spec"]["group"] = json!(GROUP);
    // Else `kubectl get org` could mean either.
    definition["spec"]["names"]["shortNames"] = json!([]);
    definition["spec"]["names"]["categories"] = json!([]);
    Ok(definition)
}

fn laxer() -> Result<Value> {
    let mut definition = stricter()?;
    let version = &mut definition["spec"]["versions"][0];
    version["selectableFields"] = json!([]);
    version["schema"]["openAPIV3Schema"] =
        json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    Ok(definition)
}

fn kubectl(verb: &[&str], object: &Value) -> Result<String> {
    let file = cluster()?.kubeconfig().with_file_name("upgraded.json");
    std::fs::write(&file, object.to_string())?;
    Ok(cluster()?.kubectl(&[verb, &["-f", &file.to_string_lossy()]].concat())?)
}

fn install(definition: &Value) -> Result<()> {
    kubectl(&["apply", "--server-side"], definition)?;
    let established = "--for=condition=Established";
    kubectl(&["wait", established, "--timeout=60s"], definition)?;
    Ok(())
}

fn of_this_kind(mut object: Value) -> Value {
    object["apiVersion"] = json!(format!("{GROUP}/v1alpha1"));
    object
}

fn wait_until_it_judges(namespace: &Namespace) -> Result<()> {
    let mut odd = of_this_kind(valid("odd"));
    odd["spec"]["access"] = json!("Sometimes");
    let create = ["create", "--dry-run=server", "-n", namespace.name];
    wait::until(PATIENCE, || match kubectl(&create, &odd) {
        Err(error) if error.to_string().contains("Unsupported value") => Ok(()),
        other => bail!("the laxer definition is still served: {other:?}"),
    })
}

/// What the operator and a person do with an object that is refused, to its end.
async fn live_on(namespace: &Namespace, path: &str) -> Result<bool> {
    for (path, change) in [
        (
            format!("{path}/status"),
            json!({"status": {"observedGeneration": 1}}),
        ),
        (
            path.to_owned(),
            json!({"metadata": {"labels": {"team": "a"}}}),
        ),
    ] {
        if namespace.request("PATCH", &path, &change).await?.is_err() {
            return Ok(false);
        }
    }
    let deleted = namespace.request("DELETE", path, &json!({})).await?;
    deleted.map_err(|refusal| anyhow!("{refusal:?}"))?;
    let released = json!({"metadata": {"finalizers": null}});
    Ok(namespace.request("PATCH", path, &released).await?.is_ok())
}

#[tokio::test]
async fn an_object_that_got_in_before_a_rule_can_be_told_labelled_and_let_go() -> Result<()> {
    let namespace = Namespace::make("upgraded").await?;
    let all = format!(
        "/apis/{GROUP}/v1alpha1/namespaces/{}/organizations",
        namespace.name
    );
    install(&laxer()?)?;
    let refused = |case: &crate::cases::Case| {
        case.old.is_none() && matches!(case.by, Judge::Rule | Judge::Schema)
    };
    let mut standing = Vec::new();
    for (number, case) in cases()?.into_iter().filter(refused).enumerate() {
        let mut object = of_this_kind(case.object);
        if object["metadata"]["name"] == "acme" {
            object["metadata"]["name"] = json!(format!("case-{number}"));
        }
        object["metadata"]["finalizers"] = json!([FINALIZER]);
        let made = namespace
            .request("POST", &format!("{all}{STRICT}"), &object)
            .await?;
        made.map_err(|refusal| anyhow!("{}: {refusal:?}", case.it))?;
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        standing.push((case.it, format!("{all}/{name}")));
    }

    install(&stricter()?)?;
    wait_until_it_judges(&namespace)?;
    let mut locked = Vec::new();
    for (it, path) in standing {
        if !live_on(&namespace, &path).await? {
            locked.push(it);
        }
    }
    assert_eq!(locked, LOCKED);
    Ok(())
}
