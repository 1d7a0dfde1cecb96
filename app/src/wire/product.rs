//! The shop's products, as staff see them.

use serde::{Deserialize, Serialize};

use super::{LocalText, Money, ProductId};

/// A product. It never changes once a round has it: other texts make another product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedProduct {
    pub product_id: ProductId,
    pub title: LocalText,
    /// A few sentences.
    pub description: LocalText,
    /// Its picture: a path of the shop.
    pub picture_url: String,
    /// Ordinary price.
    pub list_price: Money,
    /// When it was archived.
    pub archived_at_ms: Option<i64>,
}

/// A filter for products. Missing fields restrict nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProductQuery {
    /// Words in a title, in either language.
    pub search: Option<String>,
    /// Archived products, instead of the others.
    pub archived: bool,
    /// Added before this one: the next page.
    pub before: Option<ProductId>,
}

/// Products, the latest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductList {
    /// At most 50.
    pub products: Vec<ListedProduct>,
    /// The start of the next page, if there is one.
    pub next: Option<ProductId>,
}

/// A stored picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddedPicture {
    /// Its address, for products.
    pub picture_url: String,
}

/// Sizes of the square pictures that are stored of an uploaded one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PictureSize {
    /// For a card, and for an item's page on a screen with one pixel a point.
    Small,
    /// For denser screens, and for previews of links.
    Large,
}

impl PictureSize {
    /// Pixels.
    pub const fn side(self) -> u32 {
        match self {
            PictureSize::Small => 480,
            PictureSize::Large => 960,
        }
    }
}
