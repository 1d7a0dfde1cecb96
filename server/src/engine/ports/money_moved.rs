//! Money that came and went back, as providers' statements tell of it.

use std::fmt;

use app::wire::OrderId;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Amount, PortError};

/// Which way money went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MovementKind {
    /// From a buyer to the shop.
    Payment,
    /// Back to the buyer.
    Refund,
}

impl fmt::Display for MovementKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            MovementKind::Payment => "payment",
            MovementKind::Refund => "refund",
        })
    }
}

/// Money that moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Movement {
    /// Which way.
    pub kind: MovementKind,
    /// The provider's number of the payment.
    pub provider_number: String,
    /// How much.
    pub amount: Amount,
    /// It did not move before this instant, epoch milliseconds.
    pub begun_at_ms: i64,
    /// When the shop heard of it, epoch milliseconds.
    pub at_ms: i64,
    /// For which order.
    pub order_id: OrderId,
}

/// What the ledger knows of money that moved.
#[async_trait]
pub trait MoneyMoved: Send + Sync + 'static {
    /// All that moved at a provider from one instant (inclusive) to another (exclusive), by kind and
    /// number. Looks at every payment.
    async fn between(
        &self,
        provider: &str,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<Movement>, PortError>;

    /// A movement by the provider's number of its payment.
    async fn by_number(
        &self,
        provider: &str,
        kind: MovementKind,
        provider_number: &str,
    ) -> Result<Option<Movement>, PortError>;
}
