//! Adds a picture from a file.

use super::Deps;
use crate::engine::ports::{AddedPicture, ChangedBy, PictureError, PortError};

/// Most bytes of a file: enough for a photo of a good phone camera.
pub const MAX_FILE: usize = 5 * 1024 * 1024;
/// Most pictures in the ledger: some 4 GiB, which a backup still copies in minutes. At the very most 40
/// GiB: each has two files, of up to 1 MiB each if they show noise.
const MOST: u64 = 20_000;

/// Why a picture was not added.
#[derive(Debug, thiserror::Error)]
pub enum AddPictureError {
    /// The file was not accepted.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The shop already has [`MOST`] pictures.
    #[error("the shop keeps at most {MOST} pictures")]
    TooMany,
    /// The ledger failed. A repeat adds the picture once.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Stores the picture in a file. Returns its hash, which is the same for the same file.
///
/// # Errors
/// See [`AddPictureError`]; after an error nothing is written.
pub async fn add_picture(
    deps: &Deps,
    file: Vec<u8>,
    by: &ChangedBy,
) -> Result<String, AddPictureError> {
    if file.len() > MAX_FILE {
        return Err(PictureError::TooLarge.into());
    }
    let picture = deps.maker.make(file).await?;
    let now_ms = deps.clock.now_ms();
    let added = deps
        .pictures
        .add_picture(&picture, MOST, by, now_ms)
        .await?;
    match added {
        AddedPicture::TooMany => Err(AddPictureError::TooMany),
        AddedPicture::Exists => Ok(picture.hash),
        AddedPicture::Added => {
            tracing::info!(picture = picture.hash, by = by.name, "a picture was added");
            Ok(picture.hash)
        }
    }
}
