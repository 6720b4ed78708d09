//! An Organization that takes a tenant over, and its text.

use std::{collections::HashSet, fmt::Write as _};

use kube::Resource as _;
use serde_json::{Value, json};

use crate::{crd::Organization, domain::record::Tenant, service::slug};

/// The longest metadata.name.
const MAX_OBJECT_NAME: usize = 57;

/// More than the names of any two organizations ever make alike.
const ATTEMPTS: u32 = 100;

/// The object of a tenant. No password is said anything about: the admin keeps his own.
pub(super) fn of(tenant: &Tenant, namespace: &str, taken: &mut HashSet<String>) -> Value {
    let record = &tenant.record;
    let email = tenant.admin.as_ref().map(|admin| admin.email.as_str());
    let mut manifest = json!({
        "apiVersion": Organization::api_version(&()),
        "kind": Organization::kind(&()),
        "metadata": {"name": object_name(tenant, taken), "namespace": namespace},
        "spec": {
            "organizationName": record.organization_name.as_str(),
            "admin": {"email": email},
            "adoptionPolicy": "IfUnowned",
        },
    });
    if record.disabled {
        manifest["spec"]["access"] = json!("Disabled");
    }
    manifest
}

/// The organization's own name where an object can have it; else one that follows from it.
fn object_name(tenant: &Tenant, taken: &mut HashSet<String>) -> String {
    let name = &tenant.record.organization_name;
    let plain = Some(name.as_str().to_owned()).filter(|name| can_name_an_object(name));
    let derived = (1..ATTEMPTS).map(|attempt| slug::object_name(name, attempt));
    let mut names = plain.into_iter().chain(derived);
    let free = names.find(|name| !taken.contains(name));
    let free = free.unwrap_or_else(|| slug::object_name(name, ATTEMPTS));
    taken.insert(free.clone());
    free
}

fn can_name_an_object(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.len() <= MAX_OBJECT_NAME
        && name.chars().all(|c| plain(c) || c == '-')
        && name.starts_with(plain)
        && name.ends_with(plain)
}

/// What an object is called, and which organization it is of.
#[must_use]
pub fn object_named(manifest: &Value) -> Option<(&str, &str)> {
    let name = manifest.pointer("/metadata/name")?.as_str()?;
    let organization = manifest.pointer("/spec/organizationName")?.as_str()?;
    Some((name, organization))
}

/// The manifests as one text. Every value is quoted, since kubectl reads YAML 1.1, in which `no` and
/// `y` are no texts.
#[must_use]
pub fn yaml(manifests: &[Value]) -> String {
    let mut text = String::new();
    for manifest in manifests {
        text.push_str("---\n");
        write_fields(&mut text, manifest, 0);
    }
    text
}

fn write_fields(text: &mut String, value: &Value, depth: usize) {
    for (key, value) in value.as_object().into_iter().flatten() {
        let indent = "  ".repeat(depth);
        // Writing to a String can't fail.
        if value.is_object() {
            let _ = writeln!(text, "{indent}{key}:");
            write_fields(text, value, depth + 1);
        } else {
            // A scalar in JSON is one in YAML.
            let _ = writeln!(text, "{indent}{key}: {value}");
        }
    }
}
