//! The data folder of an embedded shop: made for its owner alone, and served by one process at a
//! time. Two gates over one ledger would promise every unit twice.

use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
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
    /// A file in it is not there and cannot be made.
    #[error("cannot make {}", .file.display())]
    MakeFile {
        /// Which.
        file: PathBuf,
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

/// Makes an empty file where there is none, for its owner alone. SQLite gives the files that it puts beside
/// its own the same rights.
///
/// # Errors
/// [`DataFolderError::MakeFile`].
pub fn make_file(file: &Path) -> Result<(), DataFolderError> {
    // One that is there may be on a disk that is for reading: whoever writes to it says so.
    if file.exists() {
        return Ok(());
    }
    let made = for_the_owner().open(file);
    made.map(drop).map_err(|source| DataFolderError::MakeFile {
        file: file.to_owned(),
        source,
    })
}

/// Whether other users of the machine may look into the folder: it was made by hand, or by an earlier
/// version.
pub fn is_open_to_others(folder: &Path) -> bool {
    const OTHERS: u32 = 0o077;
    let found = folder.metadata();
    found.is_ok_and(|found| found.permissions().mode() & OTHERS != 0)
}

/// Whether a server has the folder now. Changes nothing: a folder that never had a server has no lock.
///
/// # Errors
/// When its lock cannot be looked at.
pub fn is_taken(folder: &Path) -> io::Result<bool> {
    let file = match File::open(folder.join(LOCK)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        file => file?,
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Bytes that the folder's owner can still write to its disk.
///
/// # Errors
/// When the system does not say it.
pub fn room(folder: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(folder)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

fn for_the_owner() -> OpenOptions {
    let mut options = File::options();
    options.create(true).truncate(false).write(true).mode(0o600);
    options
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
    let file = for_the_owner().open(folder.join(LOCK)).map_err(failed)?;
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
