//! The rules of the sale and its use cases. Pure decisions over [`ports`]: nothing here knows which
//! database, broker, web framework or runtime is underneath.
//!
//! A file per verb. The shopper's verbs are reached through [`Storefront`](storefront), the others
//! by the workers, which call the same functions.

pub mod ask_captcha;
pub mod audit;
pub mod close_unpaid;
pub mod hand_out_path;
pub mod ports;
pub mod reconcile;
pub mod relay;
pub mod release;
pub mod reserve;
mod rules;
pub mod send_notices;
pub mod sign_in;
mod sold_out_marks;
pub mod storefront;
pub mod warm_up;
pub mod write_orders;

use std::sync::Arc;

use ports::{
    Accounts, Bell, Captchas, Catalogue, Clock, Ids, Limit, Limits, LoginTokens, Notices, Notifier,
    OrderQueue, Orders, Outbox, Passwords, Paths, PortError, Reservations, RetryAfter, StockGate,
    captcha::CaptchaSource,
};

pub use rules::{BATCH, Rules};
pub use sold_out_marks::SoldOutMarks;

/// The engine: rules over ports. One per process, shared by requests and workers.
pub struct Engine {
    /// Numbers of the sale.
    pub rules: Rules,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// New names.
    pub ids: Arc<dyn Ids>,
    /// Who gets a unit.
    pub gate: Arc<dyn StockGate>,
    /// Between decision and order.
    pub queue: Arc<dyn OrderQueue>,
    /// Between gate and queue, where the gate is not the queue itself.
    pub outbox: Option<Arc<dyn Outbox>>,
    /// The ledger's reservations.
    pub reservations: Arc<dyn Reservations>,
    /// The ledger's orders.
    pub orders: Arc<dyn Orders>,
    /// What is on sale.
    pub catalogue: Arc<dyn Catalogue>,
    /// People.
    pub accounts: Arc<dyn Accounts>,
    /// Who is signed in.
    pub tokens: Arc<dyn LoginTokens>,
    /// Slow hashing.
    pub passwords: Arc<dyn Passwords>,
    /// Fresh questions.
    pub questions: Arc<dyn CaptchaSource>,
    /// Questions asked.
    pub captchas: Arc<dyn Captchas>,
    /// Paths handed out.
    pub paths: Arc<dyn Paths>,
    /// Who asks too often.
    pub limits: Arc<dyn Limits>,
    /// Messages to send.
    pub notices: Arc<dyn Notices>,
    /// Who sends them.
    pub notifier: Arc<dyn Notifier>,
    /// Wakes workers.
    pub bell: Arc<dyn Bell>,
    /// What this process need not ask the gate about.
    pub marks: SoldOutMarks,
}

/// Over a limit, or the limiter did not answer.
#[derive(Debug, thiserror::Error)]
pub enum LimitError {
    /// Too often.
    #[error("too often, again in {} ms", .0.wait_ms)]
    Over(RetryAfter),
    /// The limiter.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl Engine {
    /// Counts a call against a limit.
    pub(crate) async fn count(&self, limit: Limit) -> Result<(), LimitError> {
        match self.limits.count(&limit).await? {
            Some(over) => Err(LimitError::Over(over)),
            None => Ok(()),
        }
    }
}
