//! A file becomes a picture of the shop.

use super::Deps;
use crate::engine::ports::{AddedPicture, ChangedBy, PictureError, PortError};

/// Most bytes of a file: what a telephone's camera makes at its best.
pub const MAX_FILE: usize = 5 * 1024 * 1024;
/// Most pictures that the ledger keeps: some 4 GiB, which a backup still copies in minutes. It is 40 GiB
/// at the very most: each has two files, of a MiB if they show noise.
const MOST: u64 = 20_000;

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum AddPictureError {
    /// The file.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The shop has [`MOST`].
    #[error("the shop keeps at most {MOST} pictures")]
    TooMany,
    /// The ledger. A repeat adds the picture once.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Keeps the picture that a file shows. Returns its hash, which is the same for the same file.
///
/// # Errors
/// See [`AddPictureError`]; then nothing is written.
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
