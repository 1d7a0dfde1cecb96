//! What the engine needs from the outside, as traits. Adapters implement them; which ones are used
//! is decided at run time in `assembly`. Every adapter of a port passes the same contract suite.

mod accounts;
mod audit;
mod bell;
pub mod captcha;
mod captchas;
mod catalogue;
mod clock;
mod gate;
mod ids;
mod limits;
mod notifier;
mod orders;
mod outbox;
mod passwords;
mod paths;
mod queue;
mod reservations;
mod tokens;

pub use accounts::{Account, Accounts, InsertAccountError};
pub use audit::{ItemFacts, LedgerFacts};
pub use bell::{Bell, Job};
pub use captchas::{AskedCaptcha, Captchas};
pub use catalogue::Catalogue;
pub use clock::Clock;
pub use gate::{Decision, GateStock, Hold, Reconciled, Refusal, Released, StockGate, Unit, Window};
pub use ids::Ids;
pub use limits::{Limit, Limits, RetryAfter};
pub use notifier::{Notice, Notices, Notifier};
pub use orders::{CloseOutcome, OrderRecord, Orders, WriteOutcome};
pub use outbox::{Outbox, OutboxEntry};
pub use passwords::{PasswordError, Passwords};
pub use paths::{PathGrant, Paths};
pub use queue::{Depth, OrderQueue, QueuedReservation, TRIES};
pub use reservations::{
    Filling, Holder, ItemSnapshot, ItemSummary, ReservationRecord, Reservations, Standing,
};
pub use tokens::{Login, LoginTokens, TokenHash};

/// What every port may answer instead of doing its work.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// It did not answer in time, or a bound was reached: nothing is broken, ask again later.
    #[error("{port} is busy: {detail}")]
    Busy {
        /// Which port.
        port: &'static str,
        /// What happened, for the log.
        detail: String,
    },
    /// It answered that it cannot.
    #[error("{port} failed")]
    Failed {
        /// Which port.
        port: &'static str,
        /// Why, for the log.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl PortError {
    /// Why, in one line; empty where the error itself says all.
    pub fn cause(&self) -> String {
        match self {
            PortError::Busy { .. } => String::new(),
            PortError::Failed { source, .. } => source.to_string(),
        }
    }
}
