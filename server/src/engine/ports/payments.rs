//! Money: payments in the ledger, and the providers that take and return it.
//!
//! No call to a provider happens inside a transaction of the ledger. What a provider says is applied
//! by compare-and-set, so that the same news twice, or from two sides, counts once.

use app::wire::{AccountId, LocalText, OrderId, PaymentId, PaymentState, ReservationId};
use async_trait::async_trait;
use uuid::Uuid;

use super::{ChangedBy, PortError, Unit};

/// What the shop sells in (ISO 4217).
pub const CURRENCY: &str = "CNY";

/// A sum of money.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Amount {
    /// Integer minor units. Providers' decimals are made in their adapters.
    pub minor: i64,
    /// ISO 4217.
    pub currency: String,
}

impl Amount {
    /// In the shop's currency.
    pub fn of(minor: i64) -> Self {
        Self {
            minor,
            currency: CURRENCY.to_owned(),
        }
    }
}

/// Money that a provider took for a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// For which payment, by our number.
    pub payment_id: PaymentId,
    /// The provider's own number of it, 64 characters at most.
    pub provider_number: String,
    /// How much it was.
    pub amount: Amount,
}

/// A payment as its provider knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Charge {
    /// It waits for the buyer.
    Open,
    /// Money was taken.
    Paid(Receipt),
    /// No money can come for it any more.
    Closed,
    /// The provider has never heard of it.
    Unknown,
}

/// What a provider is asked to charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargeRequest {
    /// Our number, and the key of idempotency.
    pub payment_id: PaymentId,
    /// What for: where the buyer comes back to.
    pub order_id: OrderId,
    /// How much.
    pub amount: Amount,
    /// What the buyer reads.
    pub title: LocalText,
    /// The provider takes no money afterwards, as far as it can.
    pub expires_at_ms: i64,
}

/// Money that goes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundRequest {
    /// The payment; there is one refund of it, of all that came, so that this is the key of
    /// idempotency too.
    pub payment_id: PaymentId,
    /// The provider's number of the payment.
    pub provider_number: String,
    /// How much.
    pub amount: Amount,
}

/// What became of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundState {
    /// The provider works on it: ask again later.
    Pending,
    /// The money is on its way to the buyer, and the provider stands for it.
    Done,
}

/// What a provider's notice says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeFact {
    /// Money was taken.
    Paid {
        /// The provider's number.
        provider_number: String,
        /// How much.
        amount: Amount,
    },
    /// No money was taken, and none will be.
    Closed,
    /// Money that was sent back did not arrive: it is with the shop again.
    RefundFailed,
    /// Something that changes nothing here.
    Other,
}

/// A notice whose signature is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedNotice {
    /// The provider's number of the notice, 64 characters at most: the same one may come again.
    pub event_id: String,
    /// Our number of the payment as the provider repeats it, 64 characters at most; empty where it
    /// names none.
    pub merchant_number: String,
    /// What it says.
    pub fact: NoticeFact,
}

/// What a body that claims to be a notice is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// From the provider.
    Notice(SignedNotice),
    /// The provider looks whether wrong signatures are refused: it has to be, and is no attack.
    Probe,
    /// Not from the provider.
    Forged,
}

/// A request to the notice address, as it came.
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

/// A provider. Every call has a bound of its own of a few seconds; `Busy` means that nothing is
/// known. A repeat with the same payment changes nothing and answers the same.
#[async_trait]
pub trait PaymentGateway: Send + Sync + 'static {
    /// As it stands in the ledger and in the address of its notices, 16 characters at most.
    fn name(&self) -> &'static str;

    /// Makes the charge; returns where the buyer goes, 2,000 characters at most.
    async fn create(&self, charge: &ChargeRequest) -> Result<String, PortError>;

    /// What became of it.
    async fn query(&self, payment_id: PaymentId) -> Result<Charge, PortError>;

    /// Lets no more money come for it. `Paid` when it came before.
    async fn close(&self, payment_id: PaymentId) -> Result<Charge, PortError>;

    /// Sends money back.
    async fn refund(&self, refund: &RefundRequest) -> Result<RefundState, PortError>;

    /// Whether a request comes from the provider, checked on the raw bytes before anything is
    /// parsed; or on the fields of a form, where the signature is one of them, before any counts.
    fn verify(&self, request: NoticeRequest<'_>) -> Verified;

    /// The body that tells the provider that a notice has arrived.
    fn thanks(&self) -> &'static str;
}

/// A payment in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRecord {
    pub payment_id: PaymentId,
    pub order_id: OrderId,
    /// The provider's number, once money came.
    pub provider_number: Option<String>,
    /// What was asked for.
    pub amount: Amount,
    /// What came.
    pub received: Option<Amount>,
    pub state: PaymentState,
    /// Where the buyer pays.
    pub pay_url: Option<String>,
    pub expires_at_ms: i64,
    /// Attempts to send it back so far.
    pub refund_tries: u32,
}

/// A payment to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewPayment {
    pub payment_id: PaymentId,
    pub order_id: OrderId,
    /// Only this buyer's order.
    pub buyer: AccountId,
    pub provider: &'static str,
    /// Money may come until so long after the order's deadline.
    pub grace_ms: i64,
}

/// The answer to a buyer who wants to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// The payment to go on with: a new one, or the open one of before.
    Payment(PaymentRecord),
    /// The order does not wait for payment, or its deadline has passed.
    NotPending,
    /// No such order, or somebody else's.
    NotFound,
}

/// What became of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settled {
    /// It paid its order.
    Paid,
    /// It pays nothing and goes back.
    RefundDue,
    /// It was settled before; nothing changed.
    Known,
    /// There is no such payment, or the provider has used its number for another one.
    Unknown,
}

/// Payments in the ledger.
#[async_trait]
pub trait Payments: Send + Sync + 'static {
    /// The order's open payment at that provider, made if there is none.
    async fn begin(&self, new: NewPayment, now_ms: i64) -> Result<Begun, PortError>;

    /// The provider has made the charge. False, and nothing changed, when the payment was closed
    /// meanwhile.
    async fn created(&self, payment_id: PaymentId, pay_url: &str) -> Result<bool, PortError>;

    /// All payments of an order, oldest first.
    async fn of_order(&self, order_id: OrderId) -> Result<Vec<PaymentRecord>, PortError>;

    /// Open and abandoned payments that nobody has asked the provider about since `before_ms`,
    /// least lately asked first.
    async fn unchecked(&self, before_ms: i64, limit: u32) -> Result<Vec<PaymentRecord>, PortError>;

    /// Whether the caller is the one to ask the provider now: nobody has since `before_ms`.
    async fn claim_check(
        &self,
        payment_id: PaymentId,
        before_ms: i64,
        now_ms: i64,
    ) -> Result<bool, PortError>;

    /// Applies receipts in one transaction: each pays its order, or is due to go back, or changes
    /// nothing. `spare_id` names the payment that is made of money that came beside a payment's
    /// own (paid twice at the provider). At most 256. The answers are in their order.
    async fn settle(
        &self,
        receipts: &[(Receipt, PaymentId)],
        now_ms: i64,
    ) -> Result<Vec<Settled>, PortError>;

    /// The provider lets no money come any more.
    async fn closed(&self, payment_id: PaymentId) -> Result<(), PortError>;

    /// The provider has not said for too long what became of it: an open payment is abandoned.
    async fn abandon(&self, payment_id: PaymentId) -> Result<(), PortError>;
}

/// A notice that waits to be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptNotice {
    pub notice_id: Uuid,
    /// From which provider.
    pub provider: String,
    /// What it says.
    pub notice: SignedNotice,
}

/// What became of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeOutcome {
    /// See [`Settled::Paid`].
    Paid,
    /// See [`Settled::RefundDue`].
    RefundDue,
    /// See [`Settled::Known`].
    Known,
    /// Money without a payment of ours: somebody has to look.
    Unknown,
    /// It said nothing that changes anything.
    Nothing,
}

/// Notices, written down before they are answered and applied afterwards.
#[async_trait]
pub trait NoticeInbox: Send + Sync + 'static {
    /// Writes a notice down. False when it is there already.
    async fn keep(&self, notice: &KeptNotice, now_ms: i64) -> Result<bool, PortError>;

    /// Notices that have not been applied, oldest first, after the first `skip`.
    async fn unapplied(&self, skip: u32, limit: u32) -> Result<Vec<KeptNotice>, PortError>;

    /// These have been.
    async fn applied(&self, done: &[(Uuid, NoticeOutcome)], now_ms: i64) -> Result<(), PortError>;
}

/// Money that goes back.
#[async_trait]
pub trait Refunds: Send + Sync + 'static {
    /// Payments whose money goes back and whose turn has come, oldest turn first.
    async fn due(&self, now_ms: i64, limit: u32) -> Result<Vec<PaymentRecord>, PortError>;

    /// The provider is asked now; the next try is at `next_try_ms` unless it is done before.
    /// False when the money has gone back already.
    async fn trying(&self, payment_id: PaymentId, next_try_ms: i64) -> Result<bool, PortError>;

    /// It went back.
    async fn done(&self, payment_id: PaymentId, now_ms: i64) -> Result<(), PortError>;

    /// The money of a paid order is to go back: `paid → refunding`; written into the activity log.
    /// False when the order is in another state.
    async fn refund_order(
        &self,
        order_id: OrderId,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<bool, PortError>;
}

/// Paid reservations of which the gate has not been told yet.
#[async_trait]
pub trait DueConfirms: Send + Sync + 'static {
    /// At most `limit` of them, oldest first, after the first `skip`.
    async fn due_confirms(&self, skip: u32, limit: u32) -> Result<Vec<Unit>, PortError>;

    /// The gate knows of these.
    async fn confirmed(&self, done: &[ReservationId]) -> Result<(), PortError>;
}

/// An unpaid order whose deadline has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverdueOrder {
    pub order_id: OrderId,
    pub pay_deadline_ms: i64,
}
