//! Products and their pictures.

use app::wire::{ListedProduct, PictureSize, ProductId, ProductQuery};
use async_trait::async_trait;

use super::{ChangedBy, PortError};

/// The products of the shop. Answers are never behind a write.
#[async_trait]
pub trait Products: Send + Sync + 'static {
    /// Products, the latest first, at most `limit`.
    async fn products(
        &self,
        query: &ProductQuery,
        limit: u32,
    ) -> Result<Vec<ListedProduct>, PortError>;

    /// One product.
    async fn product(&self, product_id: ProductId) -> Result<Option<ListedProduct>, PortError>;

    /// Leaves a product out of the list, or takes it in again; written into the activity log. Whether there is
    /// such a product.
    async fn set_archived(
        &self,
        product_id: ProductId,
        archived: bool,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<bool, PortError>;
}

/// A picture as it is kept: two JPEG files, and the name that follows from them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPicture {
    /// SHA-256 of the large one, in hexadecimal digits.
    pub hash: String,
    pub small: Vec<u8>,
    pub large: Vec<u8>,
}

/// What became of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddedPicture {
    Added,
    /// The shop has it already; nothing was written.
    Exists,
    /// The shop has as many pictures as it keeps; nothing was written.
    TooMany,
}

/// Pictures in the ledger, so that every instance has them, and every backup.
#[async_trait]
pub trait Pictures: Send + Sync + 'static {
    /// Adds a picture unless there are `most`; written into the activity log.
    async fn add_picture(
        &self,
        picture: &NewPicture,
        most: u64,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<AddedPicture, PortError>;

    /// A picture, which never changes.
    async fn picture(&self, hash: &str, size: PictureSize) -> Result<Option<Vec<u8>>, PortError>;
}

/// Why a file was not taken as a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    #[error("a picture is a JPEG, PNG or WebP")]
    Kind,
    #[error("the file has too many bytes")]
    TooLarge,
    #[error("the picture has too many pixels")]
    TooManyPixels,
    #[error("the picture cannot be decoded")]
    Broken,
    #[error("other pictures are being decoded")]
    Busy,
}

/// Makes of a file what is kept of it.
#[async_trait]
pub trait PictureMaker: Send + Sync + 'static {
    /// Decodes the file, and encodes what it shows anew: nothing else of the file is left.
    async fn make(&self, file: Vec<u8>) -> Result<NewPicture, PictureError>;
}
