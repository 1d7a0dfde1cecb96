//! The data between browser and server: plain serde types, and the rules that both sides need. No
//! behaviour of the sale and nothing of a framework is here.
//!
//! Money is integer minor units, instants are epoch milliseconds (`…_ms`), ids are newtypes that
//! travel as strings.

mod account;
mod activity;
mod back_office;
mod bulk;
mod catalogue;
mod customer_service;
mod error;
mod ids;
mod json;
mod language;
mod log_in;
mod message;
mod money;
mod now;
mod order;
mod payment;
mod permission;
mod product;
mod purchase;
mod report;
mod second_factor;
mod shipping;
mod switch;
mod system;
mod undelivered;

pub use account::{Me, Mobile, Nickname, Password, Role};
pub use activity::{Action, Activity, ActivityList, ActivityQuery};
pub use back_office::{
    AddedRound, ItemDraft, ItemOverview, Key, RoundDraft, RoundOverview, RoundState,
};
pub use bulk::{CheckedLine, CheckedList, LineProblem, ShipLine};
pub use catalogue::{Item, ItemDetail, Phase, Round, Stock};
pub use customer_service::{
    Buyer, BuyerHistory, BuyerList, ListedOrder, OrderChange, OrderHistory, OrderList, OrderQuery,
    Reason,
};
pub use error::{ApiError, Rejection};
pub use ids::{
    AccountId, CaptchaId, ItemId, MessageId, OrderId, PaymentId, ProductId, ReservationId, RoundId,
};
pub use json::{Json, JsonText};
pub use language::{DEFAULT_STOP_TEXT, Language, LocalText, turns_text};
pub use log_in::LogIn;
pub use message::{Message, MessageKind};
pub use money::Money;
pub use now::{
    Count, DependencyState, Instance, LiveItem, LiveOrders, LivePlace, LiveQueue, LiveRound, Now,
    SaleCounts, SaleStep,
};
pub use order::{
    CloseReason, Order, OrderDetail, OrderEvent, OrderMoment, OrderState, PaymentPage, Refund,
};
pub use payment::{
    ListedPayment, PaymentGroup, PaymentList, PaymentState, Received, RefundReason, UnmatchedMoney,
};
pub use permission::Permission;
pub use product::{AddedPicture, ListedProduct, PictureSize, ProductList, ProductQuery};
pub use purchase::{
    CAPTCHA_PICTURE, CaptchaChallenge, CaptchaWords, HiddenPath, Reservation, ReservationState,
    ReservationStatus, Reserved,
};
pub use report::{FailureCount, Interval, ItemReport, RoundReport, StateSum, Waits};
pub use second_factor::{SecondFactor, SecondFactorSetup};
pub use shipping::{Shipment, ShippingAddress, TypedAddress};
pub use switch::{SetSwitch, Switch};
pub use system::{BrokenRule, Differences, DoctorCheck, SystemInstance, SystemReport, Verdict};
pub use undelivered::{Parked, ParkedReservation, Undelivered, Webhook, WebhookMessage};

/// Time as the server sees it, for clients that synchronise their countdown to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ServerTime {
    /// Epoch milliseconds at the moment the answer was made.
    pub now_ms: i64,
}
