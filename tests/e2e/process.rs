//! The operator's process, and as whom it comes to its servers: as itself, also where the way there is
//! given in the name of somebody who may do anything.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use kube::config::Kubeconfig;
use organization_operator_harness::operator::Operator;

use crate::{mongo_users, rights, servers::servers};

pub const BINARY: &str = env!("CARGO_BIN_EXE_organization-operator");

/// An operator's process, not started, of a world with that namespace and that database; of settings
/// that are there twice the last one holds.
pub fn operator(
    (namespace, database): (&str, &str),
    name: &str,
    args: &[&str],
    settings: &[(&str, &str)],
) -> Result<Operator> {
    let home = &servers()?.home;
    let last = |wanted: &str| {
        let mut found = settings.iter().rev().filter(|(key, _)| *key == wanted);
        let (_, value) = found.next().with_context(|| format!("no {wanted}"))?;
        anyhow::Ok(*value)
    };
    let mongo_url = mongo_users::as_operator(last("MONGO_URL")?, database)?;
    let name = format!("operator-{name}");
    let kubeconfig = Path::new(last("KUBECONFIG")?);
    let copy = home.dir().join(format!("kubeconfig-{name}"));
    let kubeconfig = as_operator(kubeconfig, namespace, copy)?;
    let kubeconfig = kubeconfig.to_string_lossy();
    let own = [
        ("MONGO_URL", mongo_url.as_str()),
        ("KUBECONFIG", &kubeconfig),
    ];
    let settings: Vec<_> = settings.iter().copied().chain(own).collect();
    Ok(Operator::new(
        home,
        &name,
        Path::new(BINARY),
        args,
        &settings,
    )?)
}

/// The kubeconfig, or, where nobody is named in it, a copy in which the operator is: whoever comes by a
/// relay is an administrator, and acts as whom he says.
fn as_operator(kubeconfig: &Path, namespace: &str, copy: PathBuf) -> Result<PathBuf> {
    let mut content = Kubeconfig::read_from(kubeconfig)?;
    let user = content.auth_infos.first_mut().context("no user")?;
    let user = user.auth_info.get_or_insert_default();
    if user.client_certificate.is_some() || user.token.is_some() || user.impersonate.is_some() {
        return Ok(kubeconfig.to_owned());
    }
    user.impersonate = Some(rights::account(namespace));
    std::fs::write(&copy, serde_json::to_string(&content)?)?;
    Ok(copy)
}
