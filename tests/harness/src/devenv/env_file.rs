//! `.run/env`: what a shell sources to talk to the system.

use std::error::Error;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use organization_operator_harness::home::Home;

use super::system::{MASTER_DB_NAME, System};

/// Writes the file and the directory of programs that its PATH begins with.
pub(super) fn write(home: &Home, system: &System, helm: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let bin = home.dir().join("bin");
    fs::create_dir_all(&bin)?;
    link(system.cluster.kubectl_path(), &bin.join("kubectl"))?;
    link(helm, &bin.join("helm"))?;
    link(&system.binary, &bin.join("organization-operator"))?;
    let path = home.dir().join("env");
    let kubeconfig = system.cluster.kubeconfig().to_string_lossy();
    let variables = [
        ("KUBECONFIG", kubeconfig.as_ref()),
        ("MONGO_URL", system.mongo.url()),
        ("MASTER_DB_NAME", MASTER_DB_NAME),
        ("API_URL", &system.first().api_url()),
        ("JWT_SECRET", &system.jwt_secret),
    ];
    Home::write_private(&path, &content(&variables, &bin))?;
    Ok(path)
}

fn content(variables: &[(&str, &str)], bin: &Path) -> String {
    let exports = variables
        .iter()
        .map(|(name, value)| format!("export {name}={}\n", quoted(value)));
    let path = format!("export PATH={}:\"$PATH\"\n", quoted(&bin.to_string_lossy()));
    exports.chain([path]).collect()
}

/// One word to any POSIX shell, whatever is in it.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

fn link(target: &Path, link: &Path) -> std::io::Result<()> {
    // In one step, since somebody may be about to call it.
    let temporary = link.with_extension("new");
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    symlink(target, &temporary)?;
    fs::rename(&temporary, link)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_shell_reads_back_what_was_written_whatever_is_in_it() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("env");
        let value = "mongodb://u:p@h/?a=b&c=\"$HOME\" `id` it's \\ here";
        fs::write(
            &file,
            content(&[("MONGO_URL", value)], Path::new("/a b/it's")),
        )
        .unwrap();
        let script = r#". "$1"; printf '%s\n%s' "$MONGO_URL" "$PATH""#;
        let mut shell = Command::new("sh");
        shell
            .args(["-c", script, "sh"])
            .arg(&file)
            .env("PATH", "/bin");
        let output = String::from_utf8(shell.output().unwrap().stdout).unwrap();
        assert_eq!(output, format!("{value}\n/a b/it's:/bin"));
    }
}
