//! Payments and refunds, for comparison with providers' statements.

use std::fmt;

use app::wire::OrderId;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Amount, PortError};

/// The direction of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MovementKind {
    /// From a buyer to the shop.
    Payment,
    /// From the shop to a buyer.
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

/// A movement of money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Movement {
    /// The direction.
    pub kind: MovementKind,
    /// The provider's number of the payment.
    pub provider_number: String,
    pub amount: Amount,
    /// It moved at this instant or later, epoch milliseconds.
    pub begun_at_ms: i64,
    /// When the shop learned of it, epoch milliseconds.
    pub at_ms: i64,
    pub order_id: OrderId,
}

/// The ledger's movements of money.
#[async_trait]
pub trait MoneyMoved: Send + Sync + 'static {
    /// All movements at a provider from one instant (inclusive) to another (exclusive), by kind and
    /// number. Scans all payments.
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
