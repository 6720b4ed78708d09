//! What the tests apply.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

/// A password, and a hash of it of cost 10.
pub const PASSWORD: &str = "canary-Secret-1";
pub const HASH: &str = "$2b$10$r5PKCjPDa1/kEixrHI2Hyu3lyYDNgAuGIeSLqiGeAZ06MLtTAe2xa";

/// An organization called as its object, whose admin's hash is in Secret login.
pub fn organization(name: &str) -> Value {
    json!({
        "apiVersion": "organization-operator.dev/v1alpha1",
        "kind": "Organization",
        "metadata": {"name": name},
        "spec": {
            "admin": {
                "email": format!("{name}@acme.example"),
                "passwordHashSecretRef": {"name": "login", "key": "hash"},
            },
        },
    })
}

/// [`organization`], with its spec merged with `more`.
pub fn organization_with(name: &str, more: &Value) -> Value {
    let mut manifest = organization(name);
    if let (Some(spec), Some(more)) = (manifest["spec"].as_object_mut(), more.as_object()) {
        spec.extend(more.clone());
    }
    manifest
}

pub fn secret(name: &str, data: &[(&str, &str)]) -> Value {
    let data: serde_json::Map<_, _> = data
        .iter()
        .map(|(key, value)| ((*key).to_owned(), json!(value)))
        .collect();
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data})
}

/// A number that `make soak` tells by that variable.
pub fn soak_setting(variable: &str) -> Result<usize> {
    let number = std::env::var(variable).with_context(|| format!("{variable} is not set"))?;
    number
        .parse()
        .with_context(|| format!("{variable} is no number"))
}
