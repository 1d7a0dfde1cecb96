//! What is on sale, and how it gets there. Only approved rounds are visible.

use std::sync::Arc;

use app::wire::{
    AccountId, ItemDetail, ItemId, LocalText, Money, ProductId, Round, RoundId, RoundOverview,
    RoundState,
};
use async_trait::async_trait;

use super::{ChangedBy, PortError, Window};

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

/// The catalogue as those see it who run the shop.
#[async_trait]
pub trait CatalogueOverview: Send + Sync + 'static {
    /// Rounds that end after `since_ms`, by start time, at most 100 that are approved and 100 that are
    /// not, with the units that the ledger counts. Never behind a write.
    async fn overview(&self, since_ms: i64) -> Result<Vec<RoundOverview>, PortError>;
}

/// A round to be written, or as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
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

impl NewItem {
    /// What is sold.
    pub fn product(&self) -> Product {
        Product {
            product_id: self.product_id,
            title: self.title.clone(),
            description: self.description.clone(),
            picture_url: self.picture_url.clone(),
            list_price: self.list_price,
        }
    }
}

/// A product of the shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Its id.
    pub product_id: ProductId,
    /// Title.
    pub title: LocalText,
    /// A few sentences.
    pub description: LocalText,
    /// Address of its picture.
    pub picture_url: String,
    /// Ordinary price.
    pub list_price: Money,
}

/// Whether a round was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddedRow {
    /// It is there now.
    Added,
    /// A round with its id was there before; nothing was written.
    Exists,
    /// The shop has this product with another title, description, picture or list price; nothing was
    /// written.
    OtherProduct(ProductId),
}

/// How a round stands, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub state: RoundState,
    /// Nobody for a command at the server.
    pub prepared_by: Option<AccountId>,
}

/// What a reviewer decides. A reason goes with who decides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Review {
    Approve,
    SendBack,
}

/// What became of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reviewed {
    Done,
    /// Somebody decided before.
    NotWaiting,
    NotFound,
}

/// Writes of the catalogue, each with its entry in the activity log. What may be written is decided in
/// `engine::back_office`.
#[async_trait]
pub trait CatalogueWriter: Send + Sync + 'static {
    /// Whether there is no round, of whatever state.
    async fn is_empty(&self) -> Result<bool, PortError>;

    /// A round as it was written, of whatever state. Never behind a write.
    async fn round(&self, round_id: RoundId) -> Result<Option<NewRound>, PortError>;

    /// Writes a round with its items, all or nothing. The ids of its items are new.
    async fn add_round(
        &self,
        round: &NewRound,
        state: RoundState,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<AddedRow, PortError>;

    /// How a round stands. Never behind a write.
    async fn standing(&self, round_id: RoundId) -> Result<Option<Standing>, PortError>;

    /// Approves a round that waits for it, or sends it back.
    async fn review(
        &self,
        round_id: RoundId,
        review: Review,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<Reviewed, PortError>;

    /// Stops a round with words for shoppers, or lets it go on. Returns its items; `None` where
    /// there is no such round.
    async fn set_stopped(
        &self,
        round_id: RoundId,
        words: Option<&LocalText>,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<Option<Vec<ItemId>>, PortError>;
}
