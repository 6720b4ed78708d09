//! The command lines of the control plane.

use std::path::Path;

use super::Error;
use crate::home::Home;
use crate::kubeconfig;
use crate::pki::Pki;
use crate::process::Spec;
use crate::tools::ChartTools;

pub(super) const ETCD: &str = "etcd";
pub(super) const APISERVER: &str = "kube-apiserver";
pub(super) const CONTROLLER_MANAGER: &str = "kube-controller-manager";
pub(super) const SCHEDULER: &str = "kube-scheduler";
pub(super) const KWOK: &str = "kwok";

/// What an organization and its neighbours need: namespaces that can be deleted, owner references,
/// service accounts, Deployments. The others would only cost time and memory.
const CONTROLLERS: &str = "garbage-collector-controller,namespace-controller,\
    serviceaccount-controller,serviceaccount-token-controller,\
    root-ca-certificate-publisher-controller,clusterrole-aggregation-controller,\
    validatingadmissionpolicy-status-controller,deployment-controller,replicaset-controller";

pub(super) fn etcd(home: &Home, program: &Path) -> Result<Spec, Error> {
    let client = format!("http://127.0.0.1:{}", home.port("etcd")?);
    let peer = format!("http://127.0.0.1:{}", home.port("etcd-peer")?);
    Ok(spec(
        ETCD,
        program,
        &[
            ("data-dir", &home.data(ETCD).to_string_lossy()),
            ("listen-client-urls", &client),
            ("advertise-client-urls", &client),
            ("listen-peer-urls", &peer),
            ("initial-advertise-peer-urls", &peer),
            ("initial-cluster", &format!("default={peer}")),
            // Survives the end of any process; only the machine's own would lose the last writes.
            ("unsafe-no-fsync", "true"),
            ("log-level", "warn"),
        ],
    ))
}

pub(super) fn apiserver(home: &Home, pki: &Pki, program: &Path) -> Result<Spec, Error> {
    let file = |name| pki.file(name).to_string_lossy().into_owned();
    Ok(spec(
        APISERVER,
        program,
        &[
            (
                "etcd-servers",
                &format!("http://127.0.0.1:{}", home.port("etcd")?),
            ),
            ("bind-address", "127.0.0.1"),
            ("advertise-address", "127.0.0.1"),
            ("secure-port", &home.port("kube-apiserver")?.to_string()),
            ("client-ca-file", &file("ca.crt")),
            ("tls-cert-file", &file("apiserver.crt")),
            ("tls-private-key-file", &file("apiserver.key")),
            ("service-account-issuer", "https://kubernetes.default.svc"),
            ("service-account-key-file", &file("service-account.pub")),
            (
                "service-account-signing-key-file",
                &file("service-account.key"),
            ),
            ("service-cluster-ip-range", "10.0.0.0/24"),
            ("authorization-mode", "RBAC"),
            ("allow-privileged", "true"),
            // Nobody looks for the service `kubernetes`, and loopback isn't allowed as its address.
            ("endpoint-reconciler-type", "none"),
            ("profiling", "false"),
        ],
    ))
}

pub(super) fn controller_manager(home: &Home, pki: &Pki, program: &Path) -> Result<Spec, Error> {
    let file = |name| pki.file(name).to_string_lossy().into_owned();
    let port = home.port(APISERVER)?;
    let config = kubeconfig::write(home, pki, port, "system:kube-controller-manager", None)?;
    let config = config.to_string_lossy().into_owned();
    Ok(spec(
        CONTROLLER_MANAGER,
        program,
        &[
            ("kubeconfig", &config),
            ("authentication-kubeconfig", &config),
            ("authorization-kubeconfig", &config),
            ("bind-address", "127.0.0.1"),
            ("secure-port", &home.port(CONTROLLER_MANAGER)?.to_string()),
            ("tls-cert-file", &file("apiserver.crt")),
            ("tls-private-key-file", &file("apiserver.key")),
            ("root-ca-file", &file("ca.crt")),
            (
                "service-account-private-key-file",
                &file("service-account.key"),
            ),
            // Each controller with rights of its own, as kubeadm has it.
            ("use-service-account-credentials", "true"),
            ("controllers", CONTROLLERS),
            // There is one; nothing to wait for.
            ("leader-elect", "false"),
            // A test that deletes a hundred objects shouldn't wait for a client's own brake.
            ("kube-api-qps", "200"),
            ("kube-api-burst", "400"),
            ("profiling", "false"),
        ],
    ))
}

pub(super) fn scheduler(home: &Home, pki: &Pki, program: &Path) -> Result<Spec, Error> {
    let file = |name| pki.file(name).to_string_lossy().into_owned();
    let port = home.port(APISERVER)?;
    let config = kubeconfig::write(home, pki, port, "system:kube-scheduler", None)?;
    let config = config.to_string_lossy().into_owned();
    Ok(spec(
        SCHEDULER,
        program,
        &[
            ("kubeconfig", &config),
            ("authentication-kubeconfig", &config),
            ("authorization-kubeconfig", &config),
            ("bind-address", "127.0.0.1"),
            ("secure-port", &home.port(SCHEDULER)?.to_string()),
            ("tls-cert-file", &file("apiserver.crt")),
            ("tls-private-key-file", &file("apiserver.key")),
            ("leader-elect", "false"),
            ("profiling", "false"),
        ],
    ))
}

pub(super) fn kwok(home: &Home, kubeconfig: &Path, tools: &ChartTools) -> Result<Spec, Error> {
    Ok(spec(
        KWOK,
        &tools.kwok,
        &[
            ("kubeconfig", &kubeconfig.to_string_lossy()),
            ("config", &tools.stages.to_string_lossy()),
            ("server-address", &format!("127.0.0.1:{}", home.port(KWOK)?)),
            (
                "manage-nodes-with-annotation-selector",
                "kwok.x-k8s.io/node=fake",
            ),
            ("node-lease-duration-seconds", "40"),
        ],
    ))
}

fn spec(name: &str, program: &Path, flags: &[(&str, &str)]) -> Spec {
    Spec {
        name: name.to_owned(),
        program: program.to_owned(),
        args: flags
            .iter()
            .map(|(flag, value)| format!("--{flag}={value}"))
            .collect(),
        env: Vec::new(),
        sweep: None,
    }
}
