//! The products of the shop, as those see them who run it.

use serde::{Deserialize, Serialize};

use super::{LocalText, Money, ProductId};

/// A product. It never changes once a round has it: another text is another product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedProduct {
    /// Which product.
    pub product_id: ProductId,
    /// What it is called.
    pub title: LocalText,
    /// A few sentences.
    pub description: LocalText,
    /// Its picture: a path of the shop.
    pub picture_url: String,
    /// Ordinary price.
    pub list_price: Money,
    /// Since when it is left out of the list.
    pub archived_at_ms: Option<i64>,
}

/// Which products. What is missing restricts nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProductQuery {
    /// Words that stand in a title, in either language.
    pub search: Option<String>,
    /// Those that are archived, instead of the others.
    pub archived: bool,
    /// Added before this one: the next page.
    pub before: Option<ProductId>,
}

/// Products, the latest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductList {
    /// At most 50.
    pub products: Vec<ListedProduct>,
    /// Where the next ones begin, if there are more.
    pub next: Option<ProductId>,
}

/// A picture that is in the shop now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddedPicture {
    /// Its address, for products.
    pub picture_url: String,
}

/// The sides of the square pictures that are kept of an uploaded one, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PictureSize {
    /// For a card, and for an item's page on a screen with one pixel a point.
    Small,
    /// For screens with more, and for previews of links.
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
