//! Kubeconfig files: one for each user, good for one apiserver.

use std::path::PathBuf;

use crate::home::Home;
use crate::pki::{Error, Pki};

/// Writes `kubeconfig-<user>` into the home, with a new certificate for `user` in `group`; gives its
/// path. A name's characters beside letters, digits and dashes become dashes in file names.
///
/// # Errors
/// The certificate can't be made, or a file not be written.
pub(crate) fn write(
    home: &Home,
    pki: &Pki,
    port: u16,
    user: &str,
    group: Option<&str>,
) -> Result<PathBuf, Error> {
    let file_name = plain(user);
    let certificate = pki.file(&format!("client-{file_name}.crt"));
    let key = pki.file(&format!("client-{file_name}.key"));
    let identity = pki.client(user, group)?;
    Home::write_private(&certificate, &identity.certificate)?;
    Home::write_private(&key, &identity.key)?;
    let credentials = format!(
        "client-certificate: {}
    client-key: {}",
        quoted(&certificate),
        quoted(&key)
    );
    write_with(home, pki, port, user, &credentials)
}

/// As [`write`], with a token that somebody else has issued.
///
/// # Errors
/// The file can't be written.
pub(crate) fn write_token(
    home: &Home,
    pki: &Pki,
    port: u16,
    user: &str,
    token: &str,
) -> Result<PathBuf, Error> {
    write_with(home, pki, port, user, &format!("token: {token}"))
}

fn write_with(
    home: &Home,
    pki: &Pki,
    port: u16,
    user: &str,
    credentials: &str,
) -> Result<PathBuf, Error> {
    let path = home.dir().join(format!("kubeconfig-{}", plain(user)));
    let content = format!(
        "apiVersion: v1
kind: Config
current-context: devenv
clusters:
- name: devenv
  cluster:
    server: https://127.0.0.1:{port}
    certificate-authority: {ca}
users:
- name: devenv
  user:
    {credentials}
contexts:
- name: devenv
  context:
    cluster: devenv
    user: devenv
",
        ca = quoted(&pki.file("ca.crt")),
    );
    Home::write_private(&path, &content)?;
    Ok(path)
}

fn plain(user: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    user.chars().map(plain).collect()
}

/// A YAML string that holds whatever a path may hold.
fn quoted(path: &std::path::Path) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', "''"))
}
