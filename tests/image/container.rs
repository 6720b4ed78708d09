//! A container of the image, run by podman as a process that ends with this one.

use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use organization_operator_harness::probe::{expect_200, http_get};
use organization_operator_harness::process::{Process, Spec};
use organization_operator_harness::{log, wait};

use crate::built;
use crate::command::output;
use crate::servers::Servers;

/// crun, which podman prefers, and Debian's default limits fail where this is a container itself.
const HERE: [&str; 6] = [
    "--runtime=runc",
    "run",
    "--pull=never",
    "--ulimit=nofile=1024:1024",
    "--ulimit=nproc=1024:1024",
    "--network=host",
];

/// A start takes a second on an idle machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// --shutdown-grace, and what the engine takes.
const GRACE: Duration = Duration::from_secs(25);

/// An operator in a container. Dropped, it is removed by its name.
pub struct Container {
    name: String,
    process: Process,
    health_port: u16,
    api_port: u16,
    /// From the call of podman to the first 200 of /readyz.
    pub start: Duration,
}

impl Container {
    /// Runs the image with `options` of podman's and `command`, on loopback ports of its own, and
    /// waits until it is ready.
    ///
    /// # Errors
    /// It ends or doesn't get ready: with the end of its log.
    pub fn start(servers: &Servers, options: &[String], command: &[String]) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("organization-operator-test-{}-{number}", std::process::id());
        let health_port = servers.home.port(&name)?;
        let api_port = servers.home.port(&format!("{name}-api"))?;
        let addresses = [
            format!("--env=HEALTH_ADDRESS=127.0.0.1:{health_port}"),
            format!("--env=API_ADDRESS=127.0.0.1:{api_port}"),
            // When the engine asks after it is systemd's affair, which isn't everywhere; the test
            // asks itself.
            "--health-interval=disable".to_owned(),
            format!("--name={name}"),
            built::NAME.to_owned(),
        ];
        let args = HERE.iter().map(|arg| (*arg).to_owned());
        let spec = Spec {
            name: name.clone(),
            program: "podman".into(),
            args: args
                .chain(options.iter().cloned())
                .chain(addresses)
                .chain(command.iter().cloned())
                .collect(),
            env: Vec::new(),
            sweep: Some(format!("podman --runtime=runc rm --force --time=0 {name}")),
        };
        let process = Process::new(&servers.home, spec);
        let begin = Instant::now();
        process.start()?;
        let mut this = Self {
            name,
            process,
            health_port,
            api_port,
            start: Duration::ZERO,
        };
        this.wait_ready()?;
        this.start = begin.elapsed();
        Ok(this)
    }

    fn wait_ready(&self) -> Result<()> {
        let ready = || match self.process.ended() {
            Some(status) => Ok(Err(format!("it ended ({status})"))),
            None => expect_200(http_get(self.health_port, "/readyz")).map(Ok),
        };
        let outcome = wait::until(PATIENCE, ready).unwrap_or_else(Err);
        outcome.map_err(|reason| anyhow::anyhow!("it isn't ready: {reason}\n{}", self.log_tail()))
    }

    /// Where the HTTP API is.
    pub fn api_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.api_port)
    }

    /// Runs a program in it; gives what it printed.
    ///
    /// # Errors
    /// There is none, or it fails.
    pub fn exec(&self, command: &[&str]) -> Result<String> {
        let podman = ["--runtime=runc", "exec", &self.name];
        output("podman", &[&podman, command].concat())
    }

    /// Runs the image's HEALTHCHECK.
    ///
    /// # Errors
    /// It has none, or isn't healthy.
    pub fn check_health(&self) -> Result<()> {
        let check = ["--runtime=runc", "healthcheck", "run", &self.name];
        output("podman", &check).map(drop)
    }

    /// Field `name` of the kernel's account of its process.
    ///
    /// # Errors
    /// There is no such process or field.
    pub fn status(&self, name: &str) -> Result<String> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid()?))?;
        let value = |line: &str| {
            line.strip_prefix(name)?
                .strip_prefix(':')
                .map(str::to_owned)
        };
        let value = status.lines().find_map(value);
        Ok(value.with_context(|| format!("no {name}"))?.trim().into())
    }

    /// How its / is mounted.
    ///
    /// # Errors
    /// It has no process.
    pub fn root_mount(&self) -> Result<String> {
        let mounts = fs::read_to_string(format!("/proc/{}/mountinfo", self.pid()?))?;
        // Fields: id, parent, device, root, mount point, options.
        let fields = mounts.lines().map(|line| line.split(' '));
        let mut root = fields.filter_map(|mut fields| {
            let point = fields.nth(4)?;
            (point == "/").then(|| fields.next())?
        });
        root.next_back().map(str::to_owned).context("it has no /")
    }

    fn pid(&self) -> Result<String> {
        let format = "--format={{.State.Pid}}";
        output("podman", &["inspect", format, &self.name])
    }

    /// SIGTERM; gives how long it took to end. What it left is removed.
    ///
    /// # Errors
    /// It doesn't end in its grace, or with another code than 0.
    pub fn terminate(self) -> Result<Duration> {
        let begin = Instant::now();
        let kill = ["--runtime=runc", "kill", "--signal=TERM", &self.name];
        output("podman", &kill)?;
        let status = wait::until(GRACE, || self.process.ended().ok_or("it goes on"));
        let status = status.map_err(|reason| {
            anyhow::anyhow!("told to end, {reason} after {GRACE:?}\n{}", self.log_tail())
        })?;
        ensure!(
            status == "exit status: 0",
            "told to end, it ended with {status}\n{}",
            self.log_tail()
        );
        Ok(begin.elapsed())
    }

    fn log_tail(&self) -> String {
        log::tail_of(&self.process.log(), 40)
    }
}
