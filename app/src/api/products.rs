//! Products, for staff.

use leptos::prelude::*;
use server_fn::codec::GetUrl;

use crate::wire::{ApiError, Json, ProductId, ProductList};

#[cfg(feature = "ssr")]
use super::context::{back_office, visitor};
#[cfg(feature = "ssr")]
use crate::wire::ProductQuery;

/// `GET /api/admin/products`: products, the latest first, 50 at a time. `search` is a part of a title.
#[server(name = GetAdminProducts, endpoint = "/admin/products", prefix = "/api", input = GetUrl, output = Json)]
pub async fn admin_products(
    search: Option<String>,
    archived: Option<bool>,
    before: Option<ProductId>,
) -> Result<ProductList, ApiError> {
    let query = ProductQuery {
        search,
        archived: archived.unwrap_or_default(),
        before,
    };
    back_office()?.products(&visitor()?, query).await
}

/// `POST /api/admin/products/archive`: archives a product or restores it. Operators and administrators.
#[server(name = ArchiveProduct, endpoint = "/admin/products/archive", prefix = "/api", input = Json, output = Json)]
pub async fn archive_product(product_id: ProductId, archived: bool) -> Result<(), ApiError> {
    let visitor = visitor()?;
    let office = back_office()?;
    office.set_archived(&visitor, product_id, archived).await
}
