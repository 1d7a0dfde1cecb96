//! The shop's messages to its buyers on its own pages.

use serde::{Deserialize, Serialize};

use super::{LocalText, MessageId, OrderId};

/// The subject of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// There is an order, to be paid for.
    Ordered,
    /// The time to pay for it ends soon.
    ExpiresSoon,
    /// It was not paid in time, and is closed.
    ClosedUnpaid,
    /// Its buyer cancelled it.
    Cancelled,
    /// It is paid.
    Paid,
    /// It is on its way.
    Shipped,
    /// Money went back.
    Refunded,
}

/// A message about an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The message. Later ones have higher ids.
    pub message_id: MessageId,
    /// Its subject.
    pub kind: MessageKind,
    pub order_id: OrderId,
    /// The ordered item.
    pub title: LocalText,
    /// When it was written.
    pub at_ms: i64,
    /// Whether its reader has seen it.
    pub is_read: bool,
}
