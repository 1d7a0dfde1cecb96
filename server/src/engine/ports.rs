//! The engine's dependencies on the outside, as traits, one set per user. Adapters implement them,
//! and `assembly` chooses the adapter at run time. All adapters of a port pass the same contract
//! suite.

mod accounts;
mod activity_log;
mod audit;
mod captcha;
mod catalogue;
mod catalogue_events;
mod directory;
mod environment;
mod gate;
mod limits;
mod live;
mod messages;
mod money_moved;
mod notices;
mod orders;
mod parked;
mod paths;
mod payments;
mod products;
mod purchases;
mod queue;
mod reports;
mod reservations;
mod second_factors;
mod shipping;
mod switches;
mod system;
mod wake_signal;
mod webhooks;

pub use accounts::{
    Account, AccountWriter, Accounts, InsertAccountError, LogInRecord, Login, LoginBatches,
    LoginTokens, NewLogIn, PasswordError, Passwords, TokenHash,
};
pub use activity_log::{ActivityLog, ChainEnd, ChangedBy};
pub use audit::{AuditBounds, AuditedGate, GateFacts, ItemFacts, LedgerFacts};
pub use captcha::{AskedCaptcha, CaptchaSource, Captchas, NoQuestion, Question};
pub use catalogue::{
    AddedRow, Catalogue, CatalogueOverview, CatalogueWriter, NewItem, NewRound, Product, Review,
    ReviewState, Reviewed,
};
pub use catalogue_events::{CatalogueChanged, CatalogueEvents};
pub use directory::{BuyerBans, BuyerSearch, Directory, OrderFilter, OrderSearch, OrderToShip};
pub use environment::{Clock, Ids};
pub use gate::{
    Decision, GateStock, Reconciled, Release, Released, Reserve, ReserveRequest, Restock,
    StockGate, Unit, Window,
};
pub use limits::{Limit, Limits, RetryAfter};
pub use live::{Health, InstanceCounts, LedgerFigures, LiveLedger, SaleCounters};
pub use messages::Messages;
pub use money_moved::{MoneyMoved, Movement, MovementKind};
pub use notices::{Notice, Notices, Notifier};
pub use orders::{
    CloseOutcome, HeldOrders, OrderCloser, OrderReader, OrderRecord, OrderWriter, WriteOutcome,
};
pub use parked::{ParkedEntries, ParkedEntry, ParkedReservations, UNREADABLE_BYTES};
pub use paths::{PathClaim, PathGrant, Paths, TakePaths};
pub use payments::{
    Amount, Begun, CURRENCY, Charge, ChargeRequest, DueConfirms, NewPayment, NoticeFact,
    NoticeInbox, NoticeOutcome, NoticeRequest, OverdueOrder, PaymentGateway, PaymentRecord,
    Payments, Receipt, RefundRequest, RefundState, Refunds, Settled, SignedNotice, StoredNotice,
    Verified,
};
pub use products::{AddedPicture, NewPicture, PictureError, PictureMaker, Pictures, Products};
pub use purchases::{Purchased, Purchases};
pub use queue::{
    Depth, HoldLog, InFlight, OrderQueue, Outbox, OutboxEntry, QueuedReservation, TRIES,
    TakenEntries, UnderWay,
};
pub use reports::{ReportedOrder, RoundFigures, RoundReports};
pub use reservations::{
    DueRelease, DueReleases, GateLedger, Holder, ItemSnapshot, ItemSummary, LedgerStatus,
    LoadEpoch, Lookup, ReservationReader, ReservationRecord,
};
pub use second_factors::{FactorSecret, SecondFactors, StoredFactor};
pub use shipping::{SaveOutcome, ShipOutcome, Shipments, ShippingAddresses};
pub use switches::Switches;
pub use system::SystemFacts;
pub use wake_signal::{Job, WakeSignal};
pub use webhooks::{
    Delivery, DeliveryFailure, DeliveryFilter, DeliveryOutcome, DeliveryState, DueDelivery,
    EndpointChange, Replay, Sent, SwitchedOff, ToldOf, ToldOrder, ToldRound, WebhookBacklog,
    WebhookDeliveries, WebhookEndpoint, WebhookEndpoints, WebhookEvent, WebhookSecret,
    WebhookSender,
};

/// The errors of every port.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// It did not answer in time, or a bound was reached. Nothing is broken: retry later.
    #[error("{port} is busy: {detail}")]
    Busy {
        port: &'static str,
        /// The cause, for the log.
        detail: String,
    },
    /// It answered with an error.
    #[error("{port} failed")]
    Failed {
        port: &'static str,
        /// The cause, for the log.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl PortError {
    /// It did not answer in time, or a bound was reached.
    pub fn busy(port: &'static str, detail: impl ToString) -> Self {
        PortError::Busy {
            port,
            detail: detail.to_string(),
        }
    }

    /// It answered with an error.
    pub fn failed(
        port: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        PortError::Failed {
            port,
            source: source.into(),
        }
    }
}
