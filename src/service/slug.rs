//! Names of objects, from names of organizations: readable, and each organization's own.

use aws_lc_rs::digest::{SHA256, digest};

use crate::domain::names::OrgName;

/// Of the organization's name, so much is readable: with what follows it is within 57 characters.
const READABLE: usize = 40;

/// The `attempt`th name for the object of the organization called so, from 1 on: a renamed one may
/// sit where its former name put it.
pub(crate) fn object_name(name: &OrgName, attempt: u32) -> String {
    let readable: String = name
        .as_str()
        .chars()
        .map(|c| match c {
            'A'..='Z' => c.to_ascii_lowercase(),
            'a'..='z' | '0'..='9' => c,
            _ => '-',
        })
        .take(READABLE)
        .collect();
    let readable = readable.trim_matches('-');
    let readable = if readable.is_empty() { "org" } else { readable };
    // Case counts in names of organizations and not in those of objects.
    let digest = digest(&SHA256, name.as_str().as_bytes());
    let first = digest.as_ref().first_chunk().copied().unwrap_or_default();
    let unique = format!("{readable}-{:08x}", u32::from_be_bytes(first));
    match attempt {
        1 => unique,
        more => format!("{unique}-{more}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> String {
        object_name(&OrgName::parse(name).unwrap(), 1)
    }

    #[test]
    fn an_objects_name_is_readable_and_tells_names_apart_that_look_alike() {
        assert!(named("Acme_Labs").starts_with("acme-labs-"));
        assert_ne!(named("Ab"), named("ab"));
        assert!(named("--").starts_with("org-"));
        assert!(named("_x_").starts_with("x-"));
    }

    #[test]
    fn it_is_a_name_that_kubernetes_and_the_definition_take() {
        for name in ["--", "00", &"a".repeat(64), &"-a".repeat(32), "null", "_9"] {
            let name = object_name(&OrgName::parse(name).unwrap(), 99);
            assert!(name.len() <= 57, "{name}");
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
            assert!(name.chars().all(|c| plain(c) || c == '-'), "{name}");
            assert!(name.starts_with(plain) && name.ends_with(plain), "{name}");
        }
    }
}
