//! The domain is pure: nothing in it knows of the cluster, the database, the wire or the runtime.

use std::{fs, io, path::Path};

const FOREIGN: [&str; 8] = [
    "kube",
    "k8s_openapi",
    "mongodb",
    "axum",
    "tokio",
    "crate::crd",
    "crate::store",
    "crate::controller",
];

fn sources(dir: &Path, found: &mut Vec<(String, String)>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((path.display().to_string(), fs::read_to_string(&path)?));
        }
    }
    Ok(())
}

#[test]
fn the_domain_uses_nothing_of_the_outside() {
    let mut found = Vec::new();
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src/domain"),
        &mut found,
    )
    .unwrap();
    assert!(found.len() > 20, "the domain was found");
    for (path, text) in found {
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            for foreign in FOREIGN {
                let named = [format!("{foreign}::"), format!("use {foreign};")];
                assert!(
                    !named.iter().any(|name| line.contains(name)),
                    "{path}: {line}"
                );
            }
        }
    }
}
