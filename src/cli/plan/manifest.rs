//! A file of manifests: one Organization, and Secrets that come with it.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context as _, bail};
use k8s_openapi::api::core::v1::Secret;
use kube::{Resource, ResourceExt};
use secrecy::SecretSlice;
use serde::Deserialize;
use serde_json::Value;
use tokio::io::AsyncReadExt;

use crate::{
    controller::{
        cluster::{ObservedSecret, SecretOwner},
        dry_run::PlannedSecret,
    },
    crd::Organization,
    domain::credential::SecretName,
};

/// What a file held.
pub struct Manifest {
    /// The one Organization.
    pub organization: Organization,
    /// The Secrets, by name.
    pub secrets: Vec<(SecretName, PlannedSecret)>,
}

/// Reads the file, or standard input for `-`; objects without a namespace get `namespace`.
pub async fn read(path: &Path, namespace: &str) -> anyhow::Result<Manifest> {
    let mut text = String::new();
    if path == Path::new("-") {
        tokio::io::stdin()
            .read_to_string(&mut text)
            .await
            .context("standard input can't be read")?;
    } else {
        text = tokio::fs::read_to_string(path)
            .await
            .with_context(|| format!("{} can't be read", path.display()))?;
    }
    parse(&text, namespace)
}

fn parse(text: &str, namespace: &str) -> anyhow::Result<Manifest> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text).context("it is no YAML")?;
    let mut organizations = Vec::new();
    let mut secrets = Vec::new();
    for document in documents.into_iter().filter(|document| !document.is_null()) {
        match document.get("kind").and_then(Value::as_str) {
            Some("Organization") => organizations.push(parse_organization(document, namespace)?),
            Some("Secret") => secrets.push(parse_secret(document)?),
            _ => bail!("it holds something that is neither an Organization nor a Secret"),
        }
    }
    match <[Organization; 1]>::try_from(organizations) {
        Ok([organization]) => Ok(Manifest {
            organization,
            secrets,
        }),
        Err(found) => bail!(
            "it holds {} Organizations; a plan is made for one",
            found.len()
        ),
    }
}

fn parse_organization(document: Value, namespace: &str) -> anyhow::Result<Organization> {
    let expected = Organization::api_version(&());
    let found = document
        .get("apiVersion")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if found != expected {
        bail!("its Organization is of {found:?}; it has to be of {expected}");
    }
    let mut organization =
        Organization::deserialize(document).context("its Organization can't be read")?;
    if organization.metadata.name.is_none() {
        bail!("its Organization has no metadata.name");
    }
    organization
        .metadata
        .namespace
        .get_or_insert_with(|| namespace.to_owned());
    Ok(organization)
}

/// The error of a Secret that can't be read would hold what is in it.
fn parse_secret(document: Value) -> anyhow::Result<(SecretName, PlannedSecret)> {
    let Ok(secret) = Secret::deserialize(document) else {
        bail!("its Secret can't be read");
    };
    let name = SecretName(secret.name_any());
    Ok((name, Box::new(move || planned(&secret))))
}

fn planned(secret: &Secret) -> ObservedSecret {
    let encoded = secret
        .data
        .iter()
        .flatten()
        .map(|(key, value)| (key.clone(), value.0.clone()));
    let text = secret.string_data.iter().flatten();
    let text = text.map(|(key, value)| (key.clone(), value.clone().into_bytes()));
    let data: BTreeMap<_, _> = encoded
        .chain(text)
        .map(|(key, value)| (key, SecretSlice::from(value)))
        .collect();
    ObservedSecret {
        uid: secret.uid().unwrap_or_else(|| "planned".to_owned()),
        resource_version: secret.resource_version().unwrap_or_default(),
        owner: SecretOwner::Other,
        data,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORGANIZATION: &str = "
apiVersion: organization-operator.dev/v1alpha1
kind: Organization
metadata: {name: acme}
spec: {admin: {email: admin@acme.example}}
";

    fn refusal(text: &str) -> String {
        format!("{:#}", parse(text, "team").err().expect("it is refused"))
    }

    #[test]
    fn secrets_that_come_with_the_organization_are_taken_from_the_file() {
        let secret = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {password: Secret123}\n";
        let manifest = parse(&format!("{ORGANIZATION}{secret}"), "team").unwrap();
        assert_eq!(manifest.organization.namespace().as_deref(), Some("team"));
        assert_eq!(manifest.secrets[0].0.0, "login");
        assert!(manifest.secrets[0].1().data.contains_key("password"));
    }

    #[test]
    fn what_is_not_one_organization_is_refused() {
        assert!(refusal("").contains("0 Organizations"));
        assert!(refusal(&format!("{ORGANIZATION}---{ORGANIZATION}")).contains("2 Organizations"));
        assert!(refusal("kind: Pod").contains("neither"));
        assert!(refusal("kind: Organization\napiVersion: v9").contains("v1alpha1"));
        assert!(refusal("{").contains("no YAML"));
    }

    #[test]
    fn the_refusal_of_a_secret_holds_nothing_of_it() {
        let text = refusal("kind: Secret\nstringData: {password: [canary]}");
        assert!(!text.contains("canary"), "{text}");
    }
}
