//! What a subcommand prints for others to read.

use std::io::{ErrorKind, Result, Write};

/// Writes all of it. A reader that has read enough, such as `head`, is no failure.
pub(super) fn write(out: &mut impl Write, text: &str) -> Result<()> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Broken(ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_has_read_enough_is_no_failure_but_a_full_disk_is() {
        assert!(write(&mut Broken(ErrorKind::BrokenPipe), "x").is_ok());
        assert!(write(&mut Broken(ErrorKind::StorageFull), "x").is_err());
    }
}
