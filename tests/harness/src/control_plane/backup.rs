//! What etcd holds, copied and put back.

use std::path::Path;

use super::{ControlPlane, Error, specs};

impl ControlPlane {
    /// Copies all that etcd holds to `to`, which is not there yet. All parts end for it, and are
    /// started again.
    ///
    /// # Errors
    /// A part doesn't end or start, or the copy can't be made.
    pub fn back_up(&self, to: &Path) -> Result<(), Error> {
        self.at_rest(|data| copied(data, to))
    }

    /// Puts etcd back to what [`Self::back_up`] has copied, its revision too: as all members of a
    /// cluster are whose snapshot was restored. All parts end for it, and are started again.
    ///
    /// # Errors
    /// As [`Self::back_up`].
    pub fn put_back(&self, from: &Path) -> Result<(), Error> {
        self.at_rest(|data| {
            std::fs::remove_dir_all(data)?;
            copied(from, data)
        })
    }

    fn at_rest(&self, work: impl FnOnce(&Path) -> std::io::Result<()>) -> Result<(), Error> {
        self.stop()?;
        work(&self.home.data(specs::ETCD)).map_err(Error::Backup)?;
        self.etcd.start()?;
        self.apiserver.start()?;
        Ok(self.controller_manager.start()?)
    }
}

/// A directory with all in it.
fn copied(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    // etcd refuses what others may read.
    std::fs::set_permissions(to, std::fs::metadata(from)?.permissions())?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let place = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copied(&entry.path(), &place)?;
        } else {
            std::fs::copy(entry.path(), place)?;
        }
    }
    Ok(())
}
