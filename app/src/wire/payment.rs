//! Payments, as staff see them.

use serde::{Deserialize, Serialize};

use super::{Money, OrderId, PaymentId};

/// The state of a payment: `created → processing → succeeded | closed`, through `abandoned` if the
/// provider does not answer, and from any of them, for money to return,
/// `refund_due → refunding → refunded`. Money received is never forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
    /// The provider has not answered yet.
    Created,
    /// The buyer has a page to pay.
    Processing,
    /// Money came and paid the order.
    Succeeded,
    /// No money came, and none will.
    Closed,
    /// The provider did not report the result in time. It no longer keeps its order open, and the
    /// provider is asked until it answers.
    Abandoned,
    /// Money came and must be returned.
    RefundDue,
    /// The provider was asked to return it.
    Refunding,
    /// It was returned.
    Refunded,
}

impl PaymentState {
    /// Whether money may still come for it, so that its order stays open.
    pub fn is_open(self) -> bool {
        matches!(self, PaymentState::Created | PaymentState::Processing)
    }
}

/// Why money is returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundReason {
    /// The order was closed.
    TooLate,
    /// The order was paid already.
    Duplicate,
    /// Not the order's amount, or not its currency.
    WrongAmount,
    /// The shop refunds a paid order.
    ByShop,
}

/// The amount received for a payment, in its own currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// Integer minor units.
    pub minor: i64,
    /// ISO 4217.
    pub currency: String,
}

/// One attempt to pay for an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedPayment {
    /// The payment: the merchant's number at the provider.
    pub payment_id: PaymentId,
    pub order_id: OrderId,
    pub provider: String,
    /// The provider's own number, once money came.
    pub provider_number: Option<String>,
    /// The requested amount.
    pub amount: Money,
    pub received: Option<Received>,
    pub state: PaymentState,
    /// Why its money is or was returned.
    pub refund_reason: Option<RefundReason>,
    /// How often the provider was asked to return money.
    pub refund_tries: u32,
    pub created_at_ms: i64,
}

/// A group of payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentGroup {
    /// Money may come.
    Open,
    /// Money came and paid an order.
    Paid,
    /// Money that must be returned and was not yet.
    GoingBack,
    /// Money that was returned.
    WentBack,
}

/// Payments, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentList {
    /// At most 50.
    pub payments: Vec<ListedPayment>,
    /// The start of the next page, if there is one.
    pub next: Option<PaymentId>,
    /// Notices of money that matches no payment of ours, newest first, at most 50.
    pub unmatched: Vec<UnmatchedMoney>,
}

/// Money at a provider that matches no payment of ours: somebody must check there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnmatchedMoney {
    pub provider: String,
    /// The payment number that the provider sent back.
    pub merchant_number: String,
    /// The provider's own number.
    pub provider_number: Option<String>,
    pub received: Option<Received>,
    /// When the notice came.
    pub received_at_ms: i64,
}
