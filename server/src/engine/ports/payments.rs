//! Payments and refunds: the ledger's records, and the providers.
//!
//! No provider is called inside a transaction of the ledger. Providers' reports are applied by
//! compare-and-set, so that the same report twice, or by two ways, counts once.

use app::wire::{AccountId, LocalText, OrderId, PaymentId, PaymentState, ReservationId};
use async_trait::async_trait;
use uuid::Uuid;

use super::{ChangedBy, PortError, Unit};

/// The shop's currency (ISO 4217).
pub const CURRENCY: &str = "CNY";

/// A sum of money.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Amount {
    /// Integer minor units. The adapters convert from providers' decimals.
    pub minor: i64,
    /// ISO 4217.
    pub currency: String,
}

impl Amount {
    /// A sum in the shop's currency.
    pub fn of(minor: i64) -> Self {
        Self {
            minor,
            currency: CURRENCY.to_owned(),
        }
    }
}

/// Money that a provider received for a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The payment, by our number.
    pub payment_id: PaymentId,
    /// The provider's number of the payment, at most 64 characters.
    pub provider_number: String,
    pub amount: Amount,
}

/// The state of a payment at its provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Charge {
    /// It waits for the buyer.
    Open,
    /// Money was received.
    Paid(Receipt),
    /// It can no longer receive money.
    Closed,
    /// The provider does not know it.
    Unknown,
}

/// A charge that a provider is asked to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargeRequest {
    /// Our number, also the idempotency key.
    pub payment_id: PaymentId,
    /// The order to which the buyer returns.
    pub order_id: OrderId,
    pub amount: Amount,
    /// The title that the buyer sees.
    pub title: LocalText,
    /// The provider refuses payments after this instant, if it can.
    pub expires_at_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundRequest {
    /// The payment. It is refunded once and in full, so this is also the idempotency key.
    pub payment_id: PaymentId,
    /// The provider's number of the payment.
    pub provider_number: String,
    pub amount: Amount,
}

/// The state of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundState {
    /// The provider works on it: ask again later.
    Pending,
    /// The provider has guaranteed that the money goes to the buyer.
    Done,
}

/// The content of a provider's notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeFact {
    /// Money was received.
    Paid {
        provider_number: String,
        amount: Amount,
    },
    /// No money was received, and none will be.
    Closed,
    /// The money of a refund did not arrive: the shop has it again.
    RefundFailed,
    /// Anything that changes nothing here.
    Other,
}

/// A notice whose signature is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedNotice {
    /// The provider's number of the notice, at most 64 characters: the same notice may come again.
    pub event_id: String,
    /// Our number of the payment, as the provider returns it, at most 64 characters; empty if the
    /// notice has none.
    pub merchant_number: String,
    /// The notice's content.
    pub fact: NoticeFact,
}

/// The result of verifying a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// From the provider.
    Notice(SignedNotice),
    /// The provider tests whether wrong signatures are refused: refuse it, but it is no attack.
    Probe,
    /// It is not from the provider.
    Forged,
}

/// A request to the notice address, as received.
#[derive(Clone, Copy, Debug)]
pub struct NoticeRequest<'a> {
    /// Names in lower case.
    pub headers: &'a [(&'a str, &'a str)],
    /// The raw body.
    pub body: &'a [u8],
}

impl<'a> NoticeRequest<'a> {
    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        let found = self.headers.iter().find(|(header, _)| *header == name);
        found.map(|(_, value)| *value)
    }
}

/// A payment provider. Every call has its own time limit of a few seconds; after `Busy` the result
/// is unknown. A repeat with the same payment changes nothing and gets the same answer.
#[async_trait]
pub trait PaymentGateway: Send + Sync + 'static {
    /// The name in the ledger and in the address of its notices, at most 16 characters.
    fn name(&self) -> &'static str;

    /// Creates the charge; returns the address where the buyer pays, at most 2,000 characters.
    async fn create(&self, charge: &ChargeRequest) -> Result<String, PortError>;

    /// The state of a charge.
    async fn query(&self, payment_id: PaymentId) -> Result<Charge, PortError>;

    /// Closes a charge: it can receive no money. `Paid` if it had received money before.
    async fn close(&self, payment_id: PaymentId) -> Result<Charge, PortError>;

    async fn refund(&self, refund: &RefundRequest) -> Result<RefundState, PortError>;

    /// Whether a request comes from the provider. Checks the raw bytes before parsing; where the
    /// signature is a field of a form, checks the fields before using any.
    fn verify(&self, request: NoticeRequest<'_>) -> Verified;

    /// The body that acknowledges a notice.
    fn thanks(&self) -> &'static str;
}

/// A payment in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRecord {
    pub payment_id: PaymentId,
    pub order_id: OrderId,
    /// The provider's number, once money was received.
    pub provider_number: Option<String>,
    /// The requested sum.
    pub amount: Amount,
    pub received: Option<Amount>,
    pub state: PaymentState,
    /// Where the buyer pays.
    pub pay_url: Option<String>,
    pub expires_at_ms: i64,
    /// Refund attempts so far.
    pub refund_tries: u32,
}

/// A payment to create.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewPayment {
    pub payment_id: PaymentId,
    pub order_id: OrderId,
    /// The order must belong to this buyer.
    pub buyer: AccountId,
    pub provider: &'static str,
    /// How long after the order's deadline money may still arrive.
    pub grace_ms: i64,
}

/// The answer to a buyer who wants to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// The payment to continue with: a new one, or the one already open.
    Payment(PaymentRecord),
    /// The order does not wait for payment, or its deadline has passed.
    NotPending,
    /// There is no such order, or it is another buyer's.
    NotFound,
}

/// The result for a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settled {
    /// It paid its order.
    Paid,
    /// It pays nothing and is refunded.
    RefundDue,
    /// It was settled before; nothing changed.
    Known,
    /// There is no such payment, or the provider used its number for a different payment.
    Unknown,
}

/// Payments in the ledger.
#[async_trait]
pub trait Payments: Send + Sync + 'static {
    /// The order's open payment at that provider; creates one if there is none.
    async fn begin(&self, new: NewPayment, now_ms: i64) -> Result<Begun, PortError>;

    /// Records that the provider created the charge. Returns false, and changes nothing, when the
    /// payment was closed in the meantime.
    async fn created(&self, payment_id: PaymentId, pay_url: &str) -> Result<bool, PortError>;

    /// All payments of an order, oldest first.
    async fn of_order(&self, order_id: OrderId) -> Result<Vec<PaymentRecord>, PortError>;

    /// Open and abandoned payments that were last checked at the provider before `before_ms`,
    /// longest unchecked first.
    async fn unchecked(&self, before_ms: i64, limit: u32) -> Result<Vec<PaymentRecord>, PortError>;

    /// Claims the next check of a payment. Returns false if it was checked since `before_ms`.
    async fn claim_check(
        &self,
        payment_id: PaymentId,
        before_ms: i64,
        now_ms: i64,
    ) -> Result<bool, PortError>;

    /// Applies receipts in one transaction: each pays its order, becomes due for refund, or changes
    /// nothing. `spare_id` is the id of an extra payment, for money received in addition to a
    /// payment's own (paid twice at the provider). At most 256. Answers are in the same order.
    async fn settle(
        &self,
        receipts: &[(Receipt, PaymentId)],
        now_ms: i64,
    ) -> Result<Vec<Settled>, PortError>;

    /// Records that the provider closed the payment.
    async fn closed(&self, payment_id: PaymentId) -> Result<(), PortError>;

    /// Abandons an open payment whose result the provider did not report for too long.
    async fn abandon(&self, payment_id: PaymentId) -> Result<(), PortError>;
}

/// A notice that waits to be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredNotice {
    pub notice_id: Uuid,
    pub provider: String,
    /// The notice's content.
    pub notice: SignedNotice,
}

/// The result for a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeOutcome {
    /// See [`Settled::Paid`].
    Paid,
    /// See [`Settled::RefundDue`].
    RefundDue,
    /// See [`Settled::Known`].
    Known,
    /// Money without a payment of ours: an operator must check.
    Unknown,
    /// It changes nothing.
    Nothing,
}

/// Notices. They are stored before they are answered, and applied afterwards.
#[async_trait]
pub trait NoticeInbox: Send + Sync + 'static {
    /// Stores a notice. Returns false when it is already there.
    async fn keep(&self, notice: &StoredNotice, now_ms: i64) -> Result<bool, PortError>;

    /// Notices that have not been applied, oldest first, after the first `skip`.
    async fn unapplied(&self, skip: u32, limit: u32) -> Result<Vec<StoredNotice>, PortError>;

    /// Marks notices as applied.
    async fn applied(&self, done: &[(Uuid, NoticeOutcome)], now_ms: i64) -> Result<(), PortError>;
}

/// Refunds in the ledger.
#[async_trait]
pub trait Refunds: Send + Sync + 'static {
    /// Payments whose refund is due to be tried, earliest due first.
    async fn due(&self, now_ms: i64, limit: u32) -> Result<Vec<PaymentRecord>, PortError>;

    /// Records a try; the next one is at `next_try_ms` if this fails. Returns false when the money
    /// has already been refunded.
    async fn trying(&self, payment_id: PaymentId, next_try_ms: i64) -> Result<bool, PortError>;

    /// Records that the money was refunded.
    async fn done(&self, payment_id: PaymentId, now_ms: i64) -> Result<(), PortError>;

    /// Orders the refund of a paid order, `paid → refunding`, and writes the activity log. Returns
    /// false when the order is in another state.
    async fn refund_order(
        &self,
        order_id: OrderId,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<bool, PortError>;
}

/// Paid reservations of which the gate has not been told.
#[async_trait]
pub trait DueConfirms: Send + Sync + 'static {
    /// At most `limit` of them, oldest first, after the first `skip`.
    async fn due_confirms(&self, skip: u32, limit: u32) -> Result<Vec<Unit>, PortError>;

    /// Records that the gate was told.
    async fn confirmed(&self, done: &[ReservationId]) -> Result<(), PortError>;
}

/// An unpaid order whose deadline has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverdueOrder {
    pub order_id: OrderId,
    pub pay_deadline_ms: i64,
}
