//! Serves uploaded pictures to everybody.

use app::{
    port::Pictures,
    wire::{ApiError, PictureSize},
};
use async_trait::async_trait;

use super::ShopFront;
use crate::engine::wire_errors::port_error;

#[async_trait]
impl Pictures for ShopFront {
    async fn picture(&self, hash: &str, size: PictureSize) -> Result<Option<Vec<u8>>, ApiError> {
        let pictures = &self.engine.products.pictures;
        pictures.picture(hash, size).await.map_err(port_error)
    }
}
