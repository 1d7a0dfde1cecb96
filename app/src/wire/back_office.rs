//! Data that staff send and read.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{AccountId, ApiError, ItemId, LocalText, Money, Phase, RoundId};

/// An operator's name for a round or a product: 1 to 64 lower-case letters, digits and hyphens. The
/// same key always means the same object. An id of the shop is also a key, and means the object
/// with that id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Key(String);

const MAX_KEY: usize = 64;

impl Key {
    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key for an id.
    pub fn of_id(id: Uuid) -> Self {
        Self(id.to_string())
    }

    /// The id, if this key is one.
    pub fn id(&self) -> Option<Uuid> {
        let id = Uuid::try_parse(&self.0).ok()?;
        (Self::of_id(id) == *self).then_some(id)
    }
}

impl FromStr for Key {
    type Err = ApiError;

    fn from_str(text: &str) -> Result<Self, ApiError> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let fits = (1..=MAX_KEY).contains(&text.len()) && text.chars().all(plain);
        match fits {
            true => Ok(Self(text.to_owned())),
            false => Err(ApiError::Invalid {
                field: "key".to_owned(),
            }),
        }
    }
}

impl TryFrom<String> for Key {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map_err(|_| {
            format!("a key has 1 to {MAX_KEY} lower-case letters, digits and hyphens: {text:?}")
        })
    }
}

impl From<Key> for String {
    fn from(key: Key) -> String {
        key.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A round to be added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundDraft {
    /// The key of the round, so that a repeated call adds nothing.
    pub key: Key,
    /// Its title, in both languages.
    pub title: LocalText,
    /// Opens at this instant (inclusive).
    pub starts_at_ms: i64,
    /// Closes at this instant (exclusive).
    pub ends_at_ms: i64,
    /// Seconds a buyer has to pay; the shop's default otherwise.
    pub pay_window_s: Option<u32>,
    /// Its items, in the order of the page.
    pub items: Vec<ItemDraft>,
}

/// A product to be sold in a round. A product that the shop already has must have the same
/// description.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemDraft {
    /// The key of the product; a round has it once.
    pub product: Key,
    /// Its title, in both languages.
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
    /// Segments of the stock at a cluster's gate.
    #[serde(default = "one")]
    pub segments: u8,
}

fn one() -> u8 {
    1
}

/// Whether a round may be sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoundState {
    /// It was prepared and waits for approval.
    Submitted,
    /// It is on sale in its window.
    Approved,
    /// It was sent back: it will not be sold.
    SentBack,
}

/// A round that was added, now or by an earlier call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddedRound {
    pub round_id: RoundId,
    /// Its items, in the order of the page.
    pub item_ids: Vec<ItemId>,
    /// Whether this call added it; otherwise it existed already, with the same content.
    pub is_new: bool,
    /// Whether it is approved, or must be approved first.
    pub state: RoundState,
}

/// A round as staff see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundOverview {
    pub round_id: RoundId,
    pub title: LocalText,
    /// Opens at this instant (inclusive).
    pub starts_at_ms: i64,
    /// Closes at this instant (exclusive).
    pub ends_at_ms: i64,
    /// Whether it may be sold.
    pub state: RoundState,
    /// The account that prepared it; none for a command at the server.
    pub prepared_by: Option<AccountId>,
    /// That account's name at that time.
    pub prepared_by_name: Option<String>,
    /// Why it was sent back.
    pub sent_back_because: Option<String>,
    /// The content to approve, while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_approve: Option<RoundDraft>,
    /// The hash of that content; sent back with the approval.
    pub content_hash: String,
    /// The words for shoppers while it is stopped.
    pub stopped: Option<LocalText>,
    /// Its items, in the order of the page.
    pub items: Vec<ItemOverview>,
}

impl RoundOverview {
    pub fn phase_at(&self, now_ms: i64) -> Phase {
        let is_stopped = self.stopped.is_some();
        Phase::at(self.starts_at_ms, self.ends_at_ms, is_stopped, now_ms)
    }
}

/// An item with its units, as the ledger counts them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemOverview {
    pub item_id: ItemId,
    pub title: LocalText,
    /// Price in this round.
    pub sale_price: Money,
    /// Units offered.
    pub total: u32,
    /// Units that can still be bought.
    pub sellable: u32,
    /// Units of orders that wait for payment.
    pub locked: u32,
    /// Units that are paid.
    pub sold: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_short_and_plain() {
        let longest = "a".repeat(64);
        for good in [
            "a",
            "double-11",
            "0192aaaa-bbbb-7ccc-8ddd-eeeeffff0000",
            &longest,
        ] {
            assert_eq!(good.parse::<Key>().unwrap().as_str(), good);
        }
        let id = |key: &str| key.parse::<Key>().unwrap().id();
        assert_eq!(
            id("0192aaaa-bbbb-7ccc-8ddd-eeeeffff0000").map(Key::of_id),
            "0192aaaa-bbbb-7ccc-8ddd-eeeeffff0000".parse().ok()
        );
        assert_eq!(
            id("0192aaaabbbb7ccc8dddeeeeffff0000"),
            None,
            "another spelling"
        );
        for bad in ["", "A", "a b", "a_b", "晚场", "a\n", &"a".repeat(65)] {
            let error = ApiError::Invalid {
                field: "key".to_owned(),
            };
            assert_eq!(bad.parse::<Key>(), Err(error), "{bad:?}");
        }
    }
}
