//! Stand-ins for the Dockerfile's base images, where the real ones can't be had: made from Debian's
//! packages, and tagged with the names of the real ones, so that the Dockerfile is used as it is.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use organization_operator_harness::tell;

use crate::command::{self, output};

/// The Debian of both: the program is linked against the glibc of one and runs on the other's.
const SUITE: &str = "trixie";

const BUILDER: &str = "docker.io/library/rust:1.95-trixie";
pub const FINAL: &str = "gcr.io/distroless/cc-debian13:nonroot";

/// Says of an image that it is a stand-in, and what it was made from.
const LABEL: &str = "organization-operator.stand-in";

/// To be raised with every change of a recipe below.
const RECIPES: u8 = 1;

/// What the real one has: glibc, libgcc, certificates, time zones.
const LIBRARIES: &str = "base-files,ca-certificates,libc6,libgcc-s1,libstdc++6,tzdata";

/// Makes of the directory `$1`, which holds packages that nobody has configured, what the real one
/// holds, and prints it as an archive. No program is among it, so no shell either.
const AS_DISTROLESS: &str = r#"
set -eu
cd "$1"
cat usr/share/ca-certificates/mozilla/*.crt > etc/ssl/certs/ca-certificates.crt
mkdir -p home/nonroot
chown 65532:65532 home/nonroot
printf '%s\n' root:x:0:0:root:/root:/sbin/nologin nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin > etc/passwd
printf '%s\n' root:x:0: nonroot:x:65532: > etc/group
exec tar --create --numeric-owner lib lib64 usr/lib/*-linux-gnu usr/lib64 usr/lib/os-release usr/share/zoneinfo \
    etc/group etc/os-release etc/passwd etc/ssl/certs home tmp
"#;

/// Has both base images there. Real ones stay as they are.
///
/// # Errors
/// This machine's Rust is another one than the Dockerfile's, or Debian's packages can't be had.
pub fn ensure_present() -> Result<()> {
    let rust = output("rustc", &["--version"])?;
    ensure!(
        rust.starts_with("rustc 1.95."),
        "{BUILDER} is to be stood in for by Rust 1.95, and here is {rust}"
    );
    let recipe = format!("{rust}, {SUITE}, {RECIPES}");
    if is_due(BUILDER, &recipe)? {
        let sysroot = output("rustc", &["--print", "sysroot"])?;
        let toolchain = format!("copy-in {sysroot}/bin {sysroot}/lib /usr/local");
        let script = r#"set -eu; mmdebstrap --quiet --variant=minbase --include=ca-certificates,gcc,libc6-dev \
            --customize-hook="$2" "$1" -"#;
        let archive = shell(script, &[SUITE, &toolchain]);
        let path = "ENV PATH=/usr/local/bin:/usr/bin:/bin";
        import(
            archive,
            BUILDER,
            &recipe,
            &[path, "ENV CARGO_HOME=/usr/local/cargo"],
        )?;
    }
    if is_due(FINAL, &recipe)? {
        let script = r#"set -eu
            dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
            mmdebstrap --quiet --variant=extract --include="$2" "$1" "$dir/root" >&2
            sh -c "$3" as-distroless "$dir/root""#;
        let archive = shell(script, &[SUITE, LIBRARIES, AS_DISTROLESS]);
        let certificates = "ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt";
        let home = "WORKDIR /home/nonroot";
        import(archive, FINAL, &recipe, &[certificates, "USER 65532", home])?;
    }
    Ok(())
}

/// There is none, or a stand-in by another recipe.
fn is_due(image: &str, recipe: &str) -> Result<bool> {
    if output("podman", &["image", "exists", image]).is_err() {
        return Ok(true);
    }
    let format = format!("{{{{index .Labels \"{LABEL}\"}}}}");
    let made_by = output("podman", &["image", "inspect", "--format", &format, image])?;
    Ok(!made_by.is_empty() && made_by != recipe)
}

fn shell(script: &str, args: &[&str]) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", script, "stand-in"]).args(args);
    shell
}

/// Makes an image of the archive that `archive` prints.
fn import(mut archive: Command, image: &str, recipe: &str, changes: &[&str]) -> Result<()> {
    tell::progress(&format!("Making a stand-in for {image}, once."));
    let mut made = archive
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("sh can't be started")?;
    let bytes = made.stdout.take().context("it has no output")?;
    let label = format!("LABEL {LABEL}=\"{recipe}\"");
    let mut import = Command::new("podman");
    import.args(["import", "--quiet"]);
    for change in changes.iter().chain([&label.as_str()]) {
        import.args(["--change", change]);
    }
    let imported = import.args(["-", image]).stdin(bytes).output();
    let status = made.wait().context("what makes it can't be waited for")?;
    let imported = imported.context("podman can't be started")?;
    let complete = status.success() && imported.status.success();
    if !complete {
        // Half an image under that name would pass for a whole one.
        let _ = command::output("podman", &["image", "rm", "--force", image]);
    }
    ensure!(
        complete,
        "{image}: its packages: {status}; `podman import`: {} {}",
        imported.status,
        String::from_utf8_lossy(&imported.stderr).trim()
    );
    Ok(())
}
