//! What to try, once everything runs.

use std::path::Path;

use organization_operator_harness::home::Home;

use super::system::System;
use organization_operator_harness::tell;

pub(super) fn print(home: &Home, system: &System, env_file: &Path, end: &str) {
    // As short as it can be typed.
    let here = std::env::current_dir().unwrap_or_default();
    let short = |path: &Path| {
        path.strip_prefix(&here)
            .unwrap_or(path)
            .display()
            .to_string()
    };
    let addresses = system.operators().iter();
    let addresses: Vec<_> = addresses
        .map(|operator| format!("http://{}/readyz", operator.health_address()))
        .collect();
    tell::say(&format!(
        r#"
Ready. In a shell:

  . {env}
  kubectl apply -f deploy/samples/acme.yaml                  # a Secret and an Organization
  kubectl wait --for=condition=Ready org/acme --timeout=30s
  kubectl get org                                            # -o wide shows more
  kubectl patch org acme --type merge -p '{{"spec":{{"organizationName":"acme-labs"}}}}'
  kubectl describe org acme                                  # conditions and Events
  organization-operator plan -f deploy/samples/acme.yaml     # what it would do; nothing is done
  kubectl apply -f deploy/samples/acme.yaml                  # renamed back
  kubectl delete org acme                                    # Retain: the data stays
  kubectl apply -f deploy/samples/acme.yaml                  # and is taken back

  logs     {logs}
  health   {health} and /metrics
  end      {end}"#,
        env = dotted(&short(env_file)),
        logs = short(&home.dir().join("log")),
        health = addresses.join(", "),
    ));
}

/// A relative path that `.` of a shell doesn't look for in PATH.
fn dotted(path: &str) -> String {
    if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("./{path}")
    }
}
