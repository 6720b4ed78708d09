//! `organization-operator hash`: the bcrypt hash of a password, for those who keep no password in a
//! Secret.

use std::{
    io::{self, BufRead, IsTerminal as _, Write as _},
    num::NonZeroUsize,
    process::ExitCode,
};

use anyhow::Context as _;
use secrecy::{ExposeSecret as _, SecretString};

use super::{exit, fail};
use crate::{auth::pool::HashPool, config::HashArgs, domain::password::check_strength};

/// Prints the hash, or why the password can't be used.
pub fn run(args: &HashArgs) -> anyhow::Result<ExitCode> {
    let password = if io::stdin().is_terminal() {
        ask().context("the password can't be asked for")?
    } else {
        read(&mut io::stdin().lock()).context("the password can't be read")?
    };
    if let Err(fault) = check_strength(password.expose_secret()) {
        return Ok(fail(format!("the password {fault}"), exit::FAILED));
    }
    let pool = HashPool::start(NonZeroUsize::MIN, 1)?;
    let hash = futures::executor::block_on(pool.hash(password, args.cost))?;
    writeln!(io::stdout(), "{}", hash.expose())?;
    Ok(ExitCode::from(exit::OK))
}

/// Twice, since it can't be seen.
fn ask() -> io::Result<SecretString> {
    loop {
        let password = SecretString::from(rpassword::prompt_password("Password: ")?);
        let again = SecretString::from(rpassword::prompt_password("Again: ")?);
        if password.expose_secret() == again.expose_secret() {
            return Ok(password);
        }
        eprintln!("They differ.");
    }
}

/// All of it but the end of the last line, which `echo` adds and nobody means.
fn read(input: &mut impl BufRead) -> io::Result<SecretString> {
    let mut text = zeroize::Zeroizing::new(String::new());
    input.read_to_string(&mut text)?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    Ok(SecretString::from(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_of_the_last_line_is_no_part_of_the_password() {
        for (input, password) in [
            ("Secret123", "Secret123"),
            ("Secret123\n", "Secret123"),
            ("Secret123\r\n", "Secret123"),
            (" Secret 123 \n\n", " Secret 123 \n"),
        ] {
            let read = read(&mut input.as_bytes()).unwrap();
            assert_eq!(read.expose_secret(), password);
        }
    }
}
