//! Products and their pictures, for those who run the shop, and the pictures for everybody.

use async_trait::async_trait;

use super::Visitor;
use crate::wire::{
    AddedPicture, ApiError, ListedProduct, PictureSize, ProductId, ProductList, ProductQuery,
};

/// What those who run the shop do with products. Every method checks who is asking, as those of
/// [`BackOffice`](super::BackOffice) do.
#[async_trait]
pub trait Products: Send + Sync + 'static {
    /// Products, the latest first. Everybody who runs the shop.
    async fn products(
        &self,
        visitor: &Visitor,
        query: ProductQuery,
    ) -> Result<ProductList, ApiError>;

    /// One product. Everybody who runs the shop.
    async fn product(
        &self,
        visitor: &Visitor,
        product_id: ProductId,
    ) -> Result<ListedProduct, ApiError>;

    /// Leaves a product out of the list, or takes it in again. Rounds that sell it stay as they are. A repeat
    /// changes nothing. Operators and administrators.
    ///
    /// # Errors
    /// `not_found`.
    async fn set_archived(
        &self,
        visitor: &Visitor,
        product_id: ProductId,
        archived: bool,
    ) -> Result<(), ApiError>;

    /// Keeps a picture, from a file as it was uploaded. The same picture again is the same. Operators and
    /// administrators.
    ///
    /// # Errors
    /// `invalid` with `picture_kind` for what is no JPEG, PNG or WebP, `picture_large` for too many bytes,
    /// `picture_pixels` for too many pixels, `picture_broken` for what cannot be decoded, `picture_count` when the
    /// shop has as many as it keeps; `busy` when others are being decoded.
    async fn add_picture(&self, visitor: &Visitor, file: Vec<u8>)
    -> Result<AddedPicture, ApiError>;
}

/// Pictures as everybody is given them.
#[async_trait]
pub trait Pictures: Send + Sync + 'static {
    /// An uploaded picture as JPEG; `None` where there is none with this hash.
    async fn picture(&self, hash: &str, size: PictureSize) -> Result<Option<Vec<u8>>, ApiError>;
}
