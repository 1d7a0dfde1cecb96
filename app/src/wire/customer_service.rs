//! Orders and buyers, as customer service sees them.

use serde::{Deserialize, Serialize};

use super::{
    AccountId, ApiError, ItemId, ListedPayment, Order, OrderEvent, OrderId, OrderState,
    Reservation, ReservationId, Shipment, ShippingAddress, language::turns_text,
};

/// A buyer. The mobile number is masked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buyer {
    pub account_id: AccountId,
    /// The name shown on pages.
    pub nickname: String,
    /// Masked, for example `138****0001`.
    pub mobile: String,
    /// Whether the account is banned: it may read, but not buy.
    pub banned: bool,
    /// Registered at.
    pub created_at_ms: i64,
}

/// A filter for orders. Missing fields restrict nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderQuery {
    /// An order's number or id, or a buyer's mobile number or nickname, whole.
    pub search: Option<String>,
    /// In this state.
    pub state: Option<OrderState>,
    /// Of this item.
    pub item_id: Option<ItemId>,
    /// Made before this one: the next page.
    pub before: Option<OrderId>,
}

/// An order with its buyer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedOrder {
    pub order: Order,
    pub buyer: Buyer,
}

/// Orders, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderList {
    /// At most 50.
    pub orders: Vec<ListedOrder>,
    /// The start of the next page, if there is one.
    pub next: Option<OrderId>,
}

/// The whole history of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderHistory {
    pub order: Order,
    pub buyer: Buyer,
    /// The reservation it came from.
    pub reservation_id: ReservationId,
    /// The order's events, oldest first.
    pub changes: Vec<OrderChange>,
    /// Every attempt to pay, oldest first.
    pub payments: Vec<ListedPayment>,
    /// Its shipping address, for staff who ship orders; `None` if missing or erased.
    pub address: Option<ShippingAddress>,
    /// Its shipment, once it was shipped.
    pub shipment: Option<Shipment>,
}

/// An event of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderChange {
    pub event: OrderEvent,
    pub at_ms: i64,
    /// The actor: `buyer`, a worker's name, or a member of staff. None for the sale itself.
    pub actor: Option<String>,
}

/// Buyers, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuyerList {
    /// At most 50.
    pub buyers: Vec<Buyer>,
    /// The start of the next page, if there is one.
    pub next: Option<AccountId>,
}

/// A buyer with their orders and failed reservations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuyerHistory {
    pub buyer: Buyer,
    /// The buyer's orders, newest first, at most 100.
    pub orders: Vec<Order>,
    /// Their reservations without an order: queued ones, and those of the last day that failed.
    pub reservations: Vec<Reservation>,
}

/// The reason for a staff action: 1 to 200 characters, trimmed, on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    /// Most characters.
    pub const MAX: usize = 200;

    /// # Errors
    /// `invalid` with field `reason`.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        let text = text.trim();
        let fits = (1..=Self::MAX).contains(&text.chars().count());
        match fits && !text.chars().any(|c| c.is_control() || turns_text(c)) {
            true => Ok(Self(text.to_owned())),
            false => Err(ApiError::Invalid {
                field: "reason".to_owned(),
            }),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_of_plain_text() {
        let parsed = |text: &str| Reason::parse(text).map(|reason| reason.0);
        assert_eq!(parsed("  买家来电  ").unwrap(), "买家来电");
        assert!(parsed(&"x".repeat(200)).is_ok());
        let long = "x".repeat(201);
        for wrong in ["", "  ", "two\nlines", "a\u{0}b", "a\u{202e}b", &long] {
            assert!(parsed(wrong).is_err(), "{wrong:?}");
        }
    }
}
