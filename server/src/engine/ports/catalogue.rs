//! What is on sale, and how it gets there. Only approved rounds are visible.

use std::sync::Arc;

use app::wire::{ItemDetail, ItemId, LocalText, Money, ProductId, Round, RoundId};
use async_trait::async_trait;

use super::{PortError, Window};

/// Reads of the catalogue; may be some seconds old.
#[async_trait]
pub trait Catalogue: Send + Sync + 'static {
    /// Approved rounds that ended less than a day before `now_ms` or end later, by start time, at
    /// most 100.
    async fn rounds(&self, now_ms: i64) -> Result<Arc<Vec<Round>>, PortError>;

    /// One item of an approved round.
    async fn item(&self, item_id: ItemId) -> Result<Option<Arc<ItemDetail>>, PortError>;

    /// Items of approved rounds that end after `now_ms`, at most 10,000: what the gate must know.
    async fn sellable_items(&self, now_ms: i64) -> Result<Vec<(ItemId, Window)>, PortError>;
}

/// An approved round to be written.
#[derive(Clone, Debug)]
pub struct NewRound {
    /// Its id.
    pub round_id: RoundId,
    /// What it is called.
    pub title: LocalText,
    /// Opens (inclusive), epoch milliseconds.
    pub starts_at_ms: i64,
    /// Closes (exclusive), epoch milliseconds.
    pub ends_at_ms: i64,
    /// The operator's words when it is stopped.
    pub stopped: Option<LocalText>,
    /// Seconds a buyer has to pay; `None`: the shop's default.
    pub pay_window_s: Option<u32>,
    /// What it sells, in the order of the page.
    pub items: Vec<NewItem>,
}

/// A product, sold in a round.
#[derive(Clone, Debug)]
pub struct NewItem {
    /// The item's id.
    pub item_id: ItemId,
    /// The product's id; a product that exists already is left as it is.
    pub product_id: ProductId,
    /// Title.
    pub title: LocalText,
    /// A few sentences.
    pub description: LocalText,
    /// Address of its picture.
    pub picture_url: String,
    /// Ordinary price.
    pub list_price: Money,
    /// Price in the round.
    pub sale_price: Money,
    /// Units offered, all sellable.
    pub stock: u32,
    /// How many pieces a gate outside this process splits the stock into, 1 to 64.
    pub segments: u8,
}

/// Writes of the catalogue. What may be written is decided in `engine::back_office`.
#[async_trait]
pub trait CatalogueWriter: Send + Sync + 'static {
    /// Whether there is no round, of whatever state.
    async fn is_empty(&self) -> Result<bool, PortError>;

    /// Writes a round with its items, all or nothing. Its ids are new.
    async fn add_round(&self, round: &NewRound) -> Result<(), PortError>;
}
