//! Products and their pictures.

use app::wire::{ListedProduct, PictureSize, ProductId, ProductQuery};
use async_trait::async_trait;

use super::{ChangedBy, PortError};

/// The shop's products. Answers include all completed writes.
#[async_trait]
pub trait Products: Send + Sync + 'static {
    /// Products, newest first, at most `limit`.
    async fn products(
        &self,
        query: &ProductQuery,
        limit: u32,
    ) -> Result<Vec<ListedProduct>, PortError>;

    async fn product(&self, product_id: ProductId) -> Result<Option<ListedProduct>, PortError>;

    /// Hides a product from the list, or shows it again, and writes the activity log. Returns whether there is
    /// such a product.
    async fn set_archived(
        &self,
        product_id: ProductId,
        archived: bool,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<bool, PortError>;
}

/// A picture as it is stored: two JPEG files, and a name derived from them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPicture {
    /// SHA-256 of the large one, in hexadecimal digits.
    pub hash: String,
    pub small: Vec<u8>,
    pub large: Vec<u8>,
}

/// The result of adding a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddedPicture {
    Added,
    /// The shop already has it; nothing was written.
    Exists,
    /// The shop has the most pictures that it may store; nothing was written.
    TooMany,
}

/// Pictures, stored in the ledger so that every instance and every backup has them.
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

    /// A picture. Pictures never change.
    async fn picture(&self, hash: &str, size: PictureSize) -> Result<Option<Vec<u8>>, PortError>;
}

/// Why a file was not accepted as a picture.
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

/// Converts a file to the stored form.
#[async_trait]
pub trait PictureMaker: Send + Sync + 'static {
    /// Decodes the file and encodes only the image again, so that nothing else of the file remains.
    async fn make(&self, file: Vec<u8>) -> Result<NewPicture, PictureError>;
}
