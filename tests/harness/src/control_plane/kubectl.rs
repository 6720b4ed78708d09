//! kubectl, as an administrator.

use std::io::Write;
use std::process::{Command, Stdio};

use super::{ControlPlane, Error};

impl ControlPlane {
    /// Runs kubectl as administrator, with nothing of the caller's environment; gives its output.
    ///
    /// # Errors
    /// It fails; with what it said.
    pub fn kubectl(&self, args: &[&str]) -> Result<String, Error> {
        self.kubectl_with(args, "")
    }

    /// As [`Self::kubectl`], with that on its standard input.
    ///
    /// # Errors
    /// As [`Self::kubectl`].
    pub fn kubectl_with(&self, args: &[&str], input: &str) -> Result<String, Error> {
        let mut command = Command::new(&self.kubectl);
        command
            .args(args)
            .env_clear()
            .env("KUBECONFIG", &self.kubeconfig);
        // Its cache and its preferences (kuberc) are read from here.
        command.env("HOME", self.home.dir());
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().map_err(Error::NoKubectl)?;
        if let Some(mut stdin) = child.stdin.take() {
            // Where it doesn't read to the end, it says why.
            let _ = stdin.write_all(input.as_bytes());
        }
        let output = child.wait_with_output().map_err(Error::NoKubectl)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(Error::Kubectl {
            command: args.join(" "),
            message,
        })
    }

    /// `kubectl apply --server-side` of these manifests; gives its output.
    ///
    /// # Errors
    /// It fails; with what it said.
    pub fn apply(&self, manifests: &str) -> Result<String, Error> {
        self.kubectl_with(&["apply", "--server-side", "-f", "-"], manifests)
    }
}
