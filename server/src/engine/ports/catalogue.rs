//! Rounds and items, and how they are added. Only approved rounds are visible.

use std::sync::Arc;

use app::wire::{
    AccountId, ItemDetail, ItemId, LocalText, Money, ProductId, Round, RoundId, RoundOverview,
    RoundState,
};
use async_trait::async_trait;

use super::{ChangedBy, PortError, Window};

/// Reads the catalogue; results may be some seconds old.
#[async_trait]
pub trait Catalogue: Send + Sync + 'static {
    /// Approved rounds that ended less than a day before `now_ms` or end later, by start time, at
    /// most 100.
    async fn rounds(&self, now_ms: i64) -> Result<Arc<Vec<Round>>, PortError>;

    /// One item of an approved round.
    async fn item(&self, item_id: ItemId) -> Result<Option<Arc<ItemDetail>>, PortError>;

    /// Items of approved rounds that end after `now_ms`, at most 10,000: those the gate must load.
    async fn sellable_items(&self, now_ms: i64) -> Result<Vec<(ItemId, Window)>, PortError>;
}

/// The catalogue for staff.
#[async_trait]
pub trait CatalogueOverview: Send + Sync + 'static {
    /// Rounds that end after `since_ms`, by start time, with the ledger's units: at most 100 approved
    /// and 100 others. Includes all completed writes.
    async fn overview(&self, since_ms: i64) -> Result<Vec<RoundOverview>, PortError>;
}

/// A round to write, or as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRound {
    pub round_id: RoundId,
    /// What it is called.
    pub title: LocalText,
    /// Opens (inclusive), epoch milliseconds.
    pub starts_at_ms: i64,
    /// Closes (exclusive), epoch milliseconds.
    pub ends_at_ms: i64,
    /// The operator's message while it is stopped.
    pub stopped: Option<LocalText>,
    /// Seconds a buyer has to pay; `None` for the shop's default.
    pub pay_window_s: Option<u32>,
    /// Its items, in the order of the page.
    pub items: Vec<NewItem>,
}

/// A product in a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewItem {
    pub item_id: ItemId,
    /// The product's id; an existing product is not changed.
    pub product_id: ProductId,
    pub title: LocalText,
    /// A few sentences.
    pub description: LocalText,
    /// Address of the product's picture.
    pub picture_url: String,
    /// The price outside the sale.
    pub list_price: Money,
    /// The price in the round.
    pub sale_price: Money,
    /// Units offered, all sellable.
    pub stock: u32,
    /// How many segments a gate outside this process splits the stock into, 1 to 64.
    pub segments: u8,
}

impl NewItem {
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
    pub product_id: ProductId,
    pub title: LocalText,
    /// A few sentences.
    pub description: LocalText,
    /// Address of its picture.
    pub picture_url: String,
    /// The price outside the sale.
    pub list_price: Money,
}

/// Whether a round was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddedRow {
    /// The round was written.
    Added,
    /// A round with this id already existed; nothing was written.
    Exists,
    /// The shop has this product with another title, description, picture or list price; nothing was
    /// written.
    OtherProduct(ProductId),
}

/// A round's state, and who prepared it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReviewState {
    pub state: RoundState,
    /// `None` for a command at the server.
    pub prepared_by: Option<AccountId>,
}

/// A reviewer's decision. Its reason is in [`ChangedBy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Review {
    Approve,
    SendBack,
}

/// The result of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reviewed {
    Done,
    /// It was already approved or sent back.
    NotWaiting,
    NotFound,
}

/// Writes the catalogue, with an entry in the activity log for each change. `engine::back_office`
/// decides what may be written.
#[async_trait]
pub trait CatalogueWriter: Send + Sync + 'static {
    /// Whether there is no round in any state.
    async fn is_empty(&self) -> Result<bool, PortError>;

    /// A round as it was written, in any state. Includes all completed writes.
    async fn round(&self, round_id: RoundId) -> Result<Option<NewRound>, PortError>;

    /// Writes a round with all its items, or nothing. The items' ids must be new.
    async fn add_round(
        &self,
        round: &NewRound,
        state: RoundState,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<AddedRow, PortError>;

    /// A round's state. Includes all completed writes.
    async fn review_state(&self, round_id: RoundId) -> Result<Option<ReviewState>, PortError>;

    /// Approves a round that waits for approval, or sends it back.
    async fn review(
        &self,
        round_id: RoundId,
        review: Review,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<Reviewed, PortError>;

    /// Stops a round with a message to shoppers, or resumes it. Returns its items; `None` if there
    /// is no such round.
    async fn set_stopped(
        &self,
        round_id: RoundId,
        words: Option<&LocalText>,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<Option<Vec<ItemId>>, PortError>;
}
