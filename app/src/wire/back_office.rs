//! What those who run the shop send.

use serde::{Deserialize, Serialize};

use super::{ItemId, LocalText, Money, RoundId};

/// A round to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundDraft {
    /// What it is called, in both languages.
    pub title: LocalText,
    /// Opens at this instant (inclusive).
    pub starts_at_ms: i64,
    /// Closes at this instant (exclusive).
    pub ends_at_ms: i64,
    /// Seconds a buyer has to pay; the shop's default otherwise.
    pub pay_window_s: Option<u32>,
    /// What it sells, in the order of the page.
    pub items: Vec<ItemDraft>,
}

/// A new product, to be sold in a round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemDraft {
    /// What it is called, in both languages.
    pub title: LocalText,
    /// A few sentences.
    pub description: LocalText,
    /// Its picture: a path of the shop.
    pub picture_url: String,
    /// Ordinary price.
    pub list_price: Money,
    /// Price in this round.
    pub sale_price: Money,
    /// Units offered.
    pub stock: u32,
    /// Pieces that a cluster's gate splits the stock into.
    #[serde(default = "one")]
    pub segments: u8,
}

fn one() -> u8 {
    1
}

/// A round that was added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddedRound {
    /// The round.
    pub round_id: RoundId,
    /// Its items, in the order of the page.
    pub item_ids: Vec<ItemId>,
}
