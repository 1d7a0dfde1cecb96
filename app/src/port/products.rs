//! Products and their pictures, for staff, and the pictures for everybody.

use async_trait::async_trait;

use super::Visitor;
use crate::wire::{
    AddedPicture, ApiError, ListedProduct, PictureSize, ProductId, ProductList, ProductQuery,
};

/// The staff's calls about products. Every method checks the caller, like those of
/// [`BackOffice`](super::BackOffice).
#[async_trait]
pub trait Products: Send + Sync + 'static {
    /// Products, latest first. All staff.
    async fn products(
        &self,
        visitor: &Visitor,
        query: ProductQuery,
    ) -> Result<ProductList, ApiError>;

    /// One product. All staff.
    async fn product(
        &self,
        visitor: &Visitor,
        product_id: ProductId,
    ) -> Result<ListedProduct, ApiError>;

    /// Archives a product or restores it. Rounds that sell it are unaffected. A repeat changes nothing. Operators
    /// and administrators.
    ///
    /// # Errors
    /// `not_found`.
    async fn set_archived(
        &self,
        visitor: &Visitor,
        product_id: ProductId,
        archived: bool,
    ) -> Result<(), ApiError>;

    /// Stores a picture from an uploaded file. The same picture is stored only once. Operators and administrators.
    ///
    /// # Errors
    /// `invalid` with `picture_kind` if it is no JPEG, PNG or WebP, `picture_large` for too many bytes,
    /// `picture_pixels` for too many pixels, `picture_broken` if it cannot be decoded, `picture_count` when the
    /// shop has its largest number of pictures; `busy` while other pictures are decoded.
    async fn add_picture(&self, visitor: &Visitor, file: Vec<u8>)
    -> Result<AddedPicture, ApiError>;
}

/// The public pictures.
#[async_trait]
pub trait Pictures: Send + Sync + 'static {
    /// An uploaded picture as JPEG; `None` for an unknown hash.
    async fn picture(&self, hash: &str, size: PictureSize) -> Result<Option<Vec<u8>>, ApiError>;
}
