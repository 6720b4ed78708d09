//! All parts of the system, in the order in which they are started and ended.

use std::error::Error;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use organization_operator_harness::control_plane::ControlPlane;
use organization_operator_harness::home::Home;
use organization_operator_harness::mongo::MongoServer;
use organization_operator_harness::operator::Operator;
use organization_operator_harness::server::{Ensured, Server};
use organization_operator_harness::tools::ToolPaths;

use super::{Settings, down, operators, secret};
use organization_operator_harness::tell;

/// The database that holds the records and the tenants.
pub(super) const MASTER_DB_NAME: &str = "master_db";

/// Names of pid files of all that the operators depend on, in the order of ending.
pub(super) const SERVERS: [&str; 4] =
    ["mongo", "kube-controller-manager", "kube-apiserver", "etcd"];

pub(super) struct System {
    pub(super) cluster: ControlPlane,
    pub(super) mongo: MongoServer,
    home: Home,
    operators: Vec<Operator>,
    pub(super) binary: PathBuf,
    /// The key of the tokens: tokens stay good over restarts.
    pub(super) jwt_secret: String,
}

impl System {
    pub(super) fn new(
        home: &Home,
        tools: &ToolPaths,
        settings: &Settings,
    ) -> Result<Self, Box<dyn Error>> {
        let binary = binary(settings)?;
        let cluster = ControlPlane::new(home, tools)?;
        let mongo = MongoServer::new(home)?;
        let kubeconfig = cluster.kubeconfig().to_string_lossy().into_owned();
        let jwt_secret = secret::kept(home, "jwt-secret")?;
        let env = [
            ("KUBECONFIG", kubeconfig.as_str()),
            ("MONGO_URL", mongo.url()),
            ("MASTER_DB_NAME", MASTER_DB_NAME),
            ("LOG_FORMAT", "text"),
            ("JWT_SECRET", jwt_secret.as_str()),
            ("SELF_SERVICE", "true"),
        ];
        let count = settings.operators;
        let count = count.unwrap_or_else(|| operators::count(home));
        let operators = (1..=count)
            .map(|number| Operator::new(home, &operators::name(number), &binary, &["run"], &env))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            cluster,
            mongo,
            home: home.clone(),
            operators,
            binary,
            jwt_secret,
        })
    }

    /// Brings up what doesn't answer, and says of each part what was done.
    pub(super) fn ensure(&self, crds: &Path) -> Result<(), Box<dyn Error>> {
        for (name, ensured) in self.cluster.ensure(crds)? {
            tell(name, ensured, "");
        }
        tell(
            "mongo",
            self.mongo.ensure()?,
            &format!("  {}", self.mongo.kind()),
        );
        for name in operators::beyond(self.count()) {
            down::end(&self.home, name)?;
        }
        for operator in &self.operators {
            let name = operator.server().process().name();
            if self.runs_an_older_binary(operator) {
                tell::say(&format!(
                    "  {name:<24} has been built anew: ending the older one"
                ));
                operator.terminate()?;
            }
            tell(name, operator.server().ensure()?, "");
        }
        Ok(())
    }

    /// The operator whose addresses are told: any of them serves, whoever acts.
    pub(super) fn first(&self) -> &Operator {
        &self.operators[0]
    }

    pub(super) fn operators(&self) -> &[Operator] {
        &self.operators
    }

    fn count(&self) -> u8 {
        u8::try_from(self.operators.len()).unwrap_or(u8::MAX)
    }

    /// Every part's process with its name, in the order of ending.
    pub(super) fn servers(&self) -> Result<Vec<&Server>, Box<dyn Error>> {
        let others = [
            self.mongo.server()?,
            self.cluster.controller_manager(),
            self.cluster.apiserver(),
            self.cluster.etcd(),
        ];
        let operators = self.operators.iter().rev().map(Operator::server);
        Ok(operators.chain(others).collect())
    }

    fn runs_an_older_binary(&self, operator: &Operator) -> bool {
        let Some(pid) = operator.server().process().pid() else {
            return false;
        };
        // The link leads to the file that runs, also when its name means another one by now.
        let identity = |path: &Path| fs::metadata(path).map(|file| (file.dev(), file.ino())).ok();
        identity(format!("/proc/{pid}/exe").as_ref()) != identity(&self.binary)
    }
}

fn binary(settings: &Settings) -> Result<PathBuf, Box<dyn Error>> {
    let beside = || {
        Ok::<_, std::io::Error>(std::env::current_exe()?.with_file_name("organization-operator"))
    };
    let binary = settings.operator.clone().map_or_else(beside, Ok)?;
    let binary = binary
        .canonicalize()
        .map_err(|error| format!("{}: {error}; `make build` makes it", binary.display()))?;
    Ok(binary)
}

fn tell(name: &str, ensured: Ensured, more: &str) {
    let word = match ensured {
        Ensured::Kept => "runs",
        Ensured::Started => "started",
        Ensured::Restarted => "didn't answer: started again",
    };
    tell::say(&format!("  {name:<24} {word}{more}"));
}
