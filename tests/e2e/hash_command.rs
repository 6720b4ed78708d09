//! `organization-operator hash`, as a shell uses it.

use std::process::Stdio;

use anyhow::{Context as _, Result};
use tokio::{io::AsyncWriteExt as _, process::Command};

use crate::process::BINARY;

async fn hash(input: &[u8], args: &[&str]) -> Result<(Option<i32>, String, String)> {
    let mut child = Command::new(BINARY)
        .arg("hash")
        .args(args)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut stdin = child.stdin.take().context("no input")?;
    stdin.write_all(input).await?;
    drop(stdin);
    let output = child.wait_with_output().await?;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes);
    Ok((
        output.status.code(),
        text(output.stdout)?,
        text(output.stderr)?,
    ))
}

#[tokio::test]
async fn what_it_prints_opens_with_the_password_and_has_the_cost_that_was_asked_for() -> Result<()>
{
    let (code, hash, _) = hash(b"Secret123\n", &["--cost", "10"]).await?;
    assert_eq!(code, Some(0));
    let hash = hash.trim_end();
    assert!(hash.starts_with("$2b$10$"), "{hash}");
    assert!(bcrypt::verify("Secret123", hash)?);
    Ok(())
}

#[tokio::test]
async fn a_password_that_could_not_be_set_is_refused_with_the_rule_and_not_the_password()
-> Result<()> {
    for password in ["canary", "canary\n", "", "canary\0 1"] {
        let (code, hash, said) = hash(password.as_bytes(), &[]).await?;
        assert_eq!((code, hash.as_str()), (Some(3), ""), "{password:?}");
        assert!(said.contains("the password must"), "{said}");
        assert!(!said.contains("canary"), "{said}");
    }
    Ok(())
}
