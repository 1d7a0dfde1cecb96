//! Payments, as those see them who run the shop.

use serde::{Deserialize, Serialize};

use super::{Money, OrderId, PaymentId};

/// Where a payment stands: `created → processing → succeeded | closed`, by way of `abandoned` where the
/// provider is silent, and from any of them, for money that goes back,
/// `refund_due → refunding → refunded`. Money that came is never forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
    /// The provider has not answered yet.
    Created,
    /// The buyer has somewhere to pay.
    Processing,
    /// Money came, and it paid the order.
    Succeeded,
    /// No money came, and none will.
    Closed,
    /// The provider did not say in time what became of it. It does not keep its order open any more,
    /// and the provider is asked until it says.
    Abandoned,
    /// Money came that goes back.
    RefundDue,
    /// The provider was asked to send it back.
    Refunding,
    /// It went back.
    Refunded,
}

impl PaymentState {
    /// Money may still come for it, and its order stays open.
    pub fn is_open(self) -> bool {
        matches!(self, PaymentState::Created | PaymentState::Processing)
    }
}

/// Why money goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundReason {
    /// The order was closed.
    TooLate,
    /// The order was paid already.
    Duplicate,
    /// Not the order's amount, or not its currency.
    WrongAmount,
    /// The shop gives the money of a paid order back.
    ByShop,
}

/// What came for a payment, in the currency in which it came.
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
    /// Which payment: the merchant's number at the provider.
    pub payment_id: PaymentId,
    /// For which order.
    pub order_id: OrderId,
    /// At which provider.
    pub provider: String,
    /// The provider's own number, once money came.
    pub provider_number: Option<String>,
    /// What was asked for.
    pub amount: Money,
    /// What came.
    pub received: Option<Received>,
    /// Where it stands.
    pub state: PaymentState,
    /// Why money of it goes back, or went.
    pub refund_reason: Option<RefundReason>,
    /// How often the provider was asked to send money back.
    pub refund_tries: u32,
    /// Made at.
    pub created_at_ms: i64,
}

/// Which payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentGroup {
    /// Money may come.
    Open,
    /// Money came and paid an order.
    Paid,
    /// Money that has to go back and has not yet.
    GoingBack,
    /// Money that went back.
    WentBack,
}

/// Payments, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentList {
    /// At most 50.
    pub payments: Vec<ListedPayment>,
    /// Where the next ones begin, if there are more.
    pub next: Option<PaymentId>,
    /// Notices of money that fits no payment of ours, newest first, at most 50.
    pub unmatched: Vec<UnmatchedMoney>,
}

/// Money at a provider that fits no payment of ours: somebody has to look there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnmatchedMoney {
    /// At which provider.
    pub provider: String,
    /// The number of the payment as the provider repeats it.
    pub merchant_number: String,
    /// The provider's own number.
    pub provider_number: Option<String>,
    /// How much.
    pub received: Option<Received>,
    /// When we heard of it.
    pub received_at_ms: i64,
}
