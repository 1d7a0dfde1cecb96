//! The data folder of an embedded shop: made for its owner alone, and served by one process at a
//! time. Two gates over one ledger would promise every unit twice.

use std::{
    fs::{DirBuilder, File, TryLockError},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

/// The file that is locked. It stays when the server ends; the lock does not.
const LOCK: &str = "server.lock";

/// Why a data folder cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum DataFolderError {
    /// It is not there and cannot be made.
    #[error("cannot make the data folder {}", .folder.display())]
    Make {
        /// Which.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It cannot be written, or its file system knows no locks.
    #[error("cannot lock the data folder {}", .folder.display())]
    Lock {
        /// Which.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another server has it.
    #[error("another server is using the data folder {}", .0.display())]
    Taken(PathBuf),
}

/// Makes the folder where there is none. It holds addresses of people and hashes of their passwords:
/// nobody but its owner looks into it.
///
/// # Errors
/// [`DataFolderError::Make`].
pub fn make(folder: &Path) -> Result<(), DataFolderError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|source| DataFolderError::Make {
        folder: folder.to_owned(),
        source,
    })
}

/// Makes the folder where there is none, and keeps other servers out of it for as long as this
/// process lives, however it ends.
///
/// # Errors
/// See [`DataFolderError`].
pub fn lock_for_life(folder: &Path) -> Result<(), DataFolderError> {
    make(folder)?;
    let failed = |source| DataFolderError::Lock {
        folder: folder.to_owned(),
        source,
    };
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join(LOCK))
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {
            // Closed, it would let the next server in while a commit of this one is under way.
            std::mem::forget(file);
            Ok(())
        }
        Err(TryLockError::WouldBlock) => Err(DataFolderError::Taken(folder.to_owned())),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}
