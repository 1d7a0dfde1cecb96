//! [`app::port::Products`] over the engine: checks the caller's permission, calls one use case.

use app::{
    port::{Products, Visitor},
    routes,
    wire::{
        AddedPicture, ApiError, ListedProduct, Permission, ProductId, ProductList, ProductQuery,
    },
};
use async_trait::async_trait;

use super::add_picture;
use crate::engine::{
    back_office::calls::{OfficeCalls, permitted},
    paging::{TO_READ, page},
    ports::ChangedBy,
    wire_errors::port_error,
};

#[async_trait]
impl Products for OfficeCalls {
    async fn products(
        &self,
        visitor: &Visitor,
        query: ProductQuery,
    ) -> Result<ProductList, ApiError> {
        permitted(Permission::SeeProducts, visitor)?;
        let found = self.products.products.products(&query, TO_READ).await;
        let (products, next) = page(found.map_err(port_error)?, |product| product.product_id);
        Ok(ProductList { products, next })
    }

    async fn product(
        &self,
        visitor: &Visitor,
        product_id: ProductId,
    ) -> Result<ListedProduct, ApiError> {
        permitted(Permission::SeeProducts, visitor)?;
        let found = self.products.products.product(product_id).await;
        found.map_err(port_error)?.ok_or(ApiError::NotFound)
    }

    async fn set_archived(
        &self,
        visitor: &Visitor,
        product_id: ProductId,
        archived: bool,
    ) -> Result<(), ApiError> {
        let me = permitted(Permission::ChangeProducts, visitor)?;
        let by = ChangedBy::account(me, visitor.ip, None);
        let (deps, now_ms) = (&self.products, self.products.clock.now_ms());
        let set = deps
            .products
            .set_archived(product_id, archived, &by, now_ms);
        match set.await.map_err(port_error)? {
            true => Ok(()),
            false => Err(ApiError::NotFound),
        }
    }

    async fn add_picture(
        &self,
        visitor: &Visitor,
        file: Vec<u8>,
    ) -> Result<AddedPicture, ApiError> {
        let me = permitted(Permission::ChangeProducts, visitor)?;
        let by = ChangedBy::account(me, visitor.ip, None);
        let hash = add_picture::add_picture(&self.products, file, &by).await?;
        Ok(AddedPicture {
            picture_url: routes::picture(&hash),
        })
    }
}
