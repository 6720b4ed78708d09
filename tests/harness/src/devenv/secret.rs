//! A secret that is made once, and kept with the data until `make clean`.

use std::error::Error;
use std::fs::{self, File};
use std::io::Read as _;

use organization_operator_harness::home::Home;

/// 256 random bits as hexadecimal digits: the same each time, for a home and a name.
pub(super) fn kept(home: &Home, name: &str) -> Result<String, Box<dyn Error>> {
    let path = home.dir().join(name);
    if path.exists() {
        return Ok(fs::read_to_string(&path)?);
    }
    let mut bytes = [0; 32];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    let secret = bytes.map(|byte| format!("{byte:02x}")).concat();
    Home::write_private(&path, &secret)?;
    Ok(secret)
}
