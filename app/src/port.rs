//! The port between pages and engine: what server functions can ask of the shop, [`Storefront`] for shoppers and
//! [`BackOffice`] for staff. The `server` crate implements both; one context closure passes them to every server
//! function and page.

mod after_purchase;
mod back_office;
mod bulk;
mod products;
mod reports;
mod second_factor;
mod system;
mod undelivered;

use std::{net::IpAddr, sync::Arc};

use async_trait::async_trait;

use crate::wire::{
    ApiError, CaptchaChallenge, CaptchaId, CaptchaWords, HiddenPath, ItemDetail, ItemId, Language,
    LogIn, Me, Order, OrderDetail, OrderId, PaymentPage, Reservation, ReservationId,
    ReservationStatus, Reserved, Round, Stock,
};

pub use after_purchase::AfterPurchase;
pub use back_office::{BackOffice, Confirmation, CustomerService};
pub use bulk::BulkOrders;
pub use products::{Pictures, Products};
pub use reports::Reports;
pub use second_factor::SecondFactors;
pub use system::SystemOffice;
pub use undelivered::Undeliverables;

/// The shop, as a value that can be put into a context.
pub type Shop = Arc<dyn Storefront>;

/// The back office, as a value that can be put into a context.
pub type Office = Arc<dyn BackOffice>;

/// The caller. A layer in front of every page and server function makes it.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The signed-in account, if any.
    pub me: Option<Me>,
    /// The log-in token the request came with, if it is valid.
    pub login_token: Option<String>,
    /// Where the request came from, behind trusted proxies.
    pub ip: IpAddr,
    /// The language to answer in.
    pub language: Language,
    /// Browser and system in words, for the list of log-ins; empty if not needed or not known.
    pub device: String,
}

impl Visitor {
    /// The signed-in account.
    ///
    /// # Errors
    /// `unauthenticated`.
    pub fn signed_in(&self) -> Result<&Me, ApiError> {
        self.me.as_ref().ok_or(ApiError::Unauthenticated)
    }
}

/// The registration form as typed.
#[derive(Clone)]
pub struct Registration {
    pub mobile: String,
    pub password: String,
    /// Name for the pages.
    pub nickname: String,
}

/// The log-in form as typed.
#[derive(Clone, Default)]
pub struct Credentials {
    pub mobile: String,
    pub password: String,
    /// An authenticator app's code, or a recovery code; empty if the account needs none.
    pub code: String,
}

/// A fresh log-in.
pub struct LoggedIn {
    /// The account.
    pub me: Me,
    /// The secret, for the cookie and nowhere else: 32 hexadecimal digits.
    pub token: String,
    /// Seconds until it expires, however much it is used.
    pub max_age_s: i64,
}

/// Everything a shopper can do. Every method checks the caller, the limits and the input itself: callers pass on
/// the wire's values. Errors are the wire's codes; causes are logged inside.
#[async_trait]
pub trait Storefront: AfterPurchase + Pictures + SecondFactors {
    /// The server's clock, epoch milliseconds.
    fn now_ms(&self) -> i64;

    /// Counts one request from `ip`.
    ///
    /// # Errors
    /// `rate_limited` when the address exceeds its limit.
    async fn admit(&self, ip: IpAddr) -> Result<(), ApiError>;

    /// The account of a log-in token, and extends the token's life; `None` for an unknown or expired one.
    ///
    /// # Errors
    /// `busy`, when the ledger does not answer in time.
    async fn authenticate(&self, login_token: &str) -> Result<Option<Me>, ApiError>;

    /// Makes a buyer's account and signs it in, in place of the visitor's present log-in.
    async fn register(&self, visitor: &Visitor, form: Registration) -> Result<LoggedIn, ApiError>;

    /// Signs in, in place of the visitor's present log-in.
    ///
    /// # Errors
    /// `unauthenticated` if number and password do not match; if they do and the account has a second factor,
    /// `invalid` with `code_needed` or `code`.
    async fn login(&self, visitor: &Visitor, form: Credentials) -> Result<LoggedIn, ApiError>;

    /// Signs out. Harmless when signed out.
    async fn logout(&self, visitor: &Visitor) -> Result<(), ApiError>;

    /// Gives the caller's account another password, ends all its log-ins, and signs the caller in anew.
    ///
    /// # Errors
    /// `invalid` with `current_password` when that is wrong, with `password`, `password_long` or
    /// `password_common` when the new one is refused.
    async fn change_password(
        &self,
        visitor: &Visitor,
        current: String,
        new: String,
    ) -> Result<LoggedIn, ApiError>;

    /// The caller's log-ins, the latest first.
    async fn log_ins(&self, visitor: &Visitor) -> Result<Vec<LogIn>, ApiError>;

    /// Ends one of the caller's log-ins.
    ///
    /// # Errors
    /// `invalid` with `password_wrong`; `not_found`.
    async fn end_log_in(
        &self,
        visitor: &Visitor,
        log_in_id: &str,
        password: String,
    ) -> Result<(), ApiError>;

    /// Ends all of the caller's log-ins except the calling one.
    ///
    /// # Errors
    /// `invalid` with `password_wrong`.
    async fn end_other_log_ins(&self, visitor: &Visitor, password: String) -> Result<(), ApiError>;

    /// Approved rounds by start time, with items in page order; the ended ones of the last day too.
    async fn rounds(&self) -> Result<Arc<Vec<Round>>, ApiError>;

    /// One item of an approved round.
    async fn item(&self, item_id: ItemId) -> Result<Arc<ItemDetail>, ApiError>;

    /// Its remaining stock, live.
    async fn stock(&self, item_id: ItemId) -> Result<Stock, ApiError>;

    /// A captcha for this buyer and item.
    async fn captcha(
        &self,
        visitor: &Visitor,
        item_id: ItemId,
    ) -> Result<CaptchaChallenge, ApiError>;

    /// The picture of a captcha, as PNG. Can be fetched again until the captcha is answered.
    async fn captcha_picture(&self, captcha_id: CaptchaId) -> Result<Vec<u8>, ApiError>;

    /// The same captcha in words, for its owner.
    async fn captcha_words(
        &self,
        visitor: &Visitor,
        captcha_id: CaptchaId,
    ) -> Result<CaptchaWords, ApiError>;

    /// The hidden path, for a right answer. Without captchas (load tests) both may be missing.
    async fn path(
        &self,
        visitor: &Visitor,
        item_id: ItemId,
        captcha_id: Option<CaptchaId>,
        answer: Option<String>,
    ) -> Result<HiddenPath, ApiError>;

    /// Buys: consumes the path and holds a unit. Finishes even if the caller stops waiting.
    async fn purchase(
        &self,
        visitor: &Visitor,
        path: String,
        item_id: ItemId,
    ) -> Result<Reserved, ApiError>;

    /// The state of the caller's reservation.
    async fn reservation(
        &self,
        visitor: &Visitor,
        reservation_id: ReservationId,
    ) -> Result<ReservationStatus, ApiError>;

    /// The caller's latest reservation of an item, if there is one: how a page that was left finds
    /// its state again.
    async fn my_reservation(
        &self,
        visitor: &Visitor,
        item_id: ItemId,
    ) -> Result<Option<ReservationStatus>, ApiError>;

    /// The caller's reservations without an order: the queued ones, then those of the last day that
    /// failed; each newest first, at most 50 together.
    ///
    /// # Errors
    /// `busy`, when one may be queued that cannot be found now: none is denied.
    async fn reservations(&self, visitor: &Visitor) -> Result<Vec<Reservation>, ApiError>;

    /// The caller's orders, newest first, at most 100.
    async fn orders(&self, visitor: &Visitor) -> Result<Vec<Order>, ApiError>;

    /// One of the caller's orders.
    async fn order(&self, visitor: &Visitor, order_id: OrderId) -> Result<OrderDetail, ApiError>;

    /// Where the caller pays for an unpaid order of its own: the page of a payment that is made now,
    /// or of one that is under way.
    ///
    /// # Errors
    /// `order_state` when it does not wait for payment or the time to pay is over; `busy` when the
    /// provider does not answer: the order stays as it is.
    async fn pay(&self, visitor: &Visitor, order_id: OrderId) -> Result<PaymentPage, ApiError>;

    /// Cancels an unpaid order of the caller; the unit goes back on sale.
    async fn cancel(&self, visitor: &Visitor, order_id: OrderId) -> Result<OrderDetail, ApiError>;
}
