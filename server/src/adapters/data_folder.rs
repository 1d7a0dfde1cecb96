//! The data folder of an embedded shop: readable only by its owner, and used by one process at a
//! time. Two gates over one ledger would promise every unit twice.

use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// The file that is locked. It stays when the server ends; the lock is released.
const LOCK: &str = "server.lock";

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataFolderError {
    /// It does not exist and cannot be created.
    #[error("cannot make the data folder {}", .folder.display())]
    Make { folder: PathBuf, source: io::Error },
    /// A file in it does not exist and cannot be created.
    #[error("cannot make {}", .file.display())]
    MakeFile { file: PathBuf, source: io::Error },
    /// It cannot be written, or its file system has no locks.
    #[error("cannot lock the data folder {}", .folder.display())]
    Lock { folder: PathBuf, source: io::Error },
    /// Another server uses it.
    #[error("another server is using the data folder {}", .0.display())]
    Taken(PathBuf),
}

/// Creates the folder if it does not exist. It holds people's addresses and password hashes, so only
/// its owner gets access.
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

/// Creates an empty file if it does not exist, accessible only to its owner. SQLite gives its additional
/// files the same rights.
///
/// # Errors
/// [`DataFolderError::MakeFile`].
pub fn make_file(file: &Path) -> Result<(), DataFolderError> {
    // An existing file may be on a read-only disk: writing will report that.
    if file.exists() {
        return Ok(());
    }
    let made = for_the_owner().open(file);
    made.map(drop).map_err(|source| DataFolderError::MakeFile {
        file: file.to_owned(),
        source,
    })
}

/// Whether other users of the machine can read the folder, because it was made by hand or by an
/// earlier version.
pub fn is_open_to_others(folder: &Path) -> bool {
    const OTHERS: u32 = 0o077;
    let found = folder.metadata();
    found.is_ok_and(|found| found.permissions().mode() & OTHERS != 0)
}

/// Whether a server uses the folder now. Changes nothing: an unused folder has no lock file.
///
/// # Errors
/// If the lock cannot be checked.
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

/// Bytes that the folder's owner can still write to the disk.
///
/// # Errors
/// If the system does not report it.
pub fn room(folder: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(folder)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

fn for_the_owner() -> OpenOptions {
    let mut options = File::options();
    options.create(true).truncate(false).write(true).mode(0o600);
    options
}

/// Creates the folder if it does not exist, and locks other servers out until this process ends in
/// any way.
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
            // Closing the file would let the next server in while this one may still commit.
            std::mem::forget(file);
            Ok(())
        }
        Err(TryLockError::WouldBlock) => Err(DataFolderError::Taken(folder.to_owned())),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}
