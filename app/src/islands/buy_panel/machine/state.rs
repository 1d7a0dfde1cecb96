//! The states that the machine shows.

use crate::wire::{ApiError, CaptchaChallenge, CloseReason, OrderId, Rejection};

/// Why the visitor has to wait for a retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The shop cannot decide now.
    Busy,
    /// This visitor called too often.
    TooOften,
    /// A switch has closed purchases for a while.
    Closed,
    /// No connection.
    Offline,
    /// No answer so far.
    Silent,
}

impl Trouble {
    /// The visitor's view of `error`.
    pub fn of(error: &ApiError) -> Self {
        match error {
            ApiError::Offline => Trouble::Offline,
            ApiError::RateLimited { .. } => Trouble::TooOften,
            ApiError::QueueOnly | ApiError::ReadingOnly => Trouble::Closed,
            _ => Trouble::Busy,
        }
    }
}

/// An automatic retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    pub trouble: Trouble,
    /// The retry comes at this instant of the page's time.
    pub until_ms: i64,
    pub tries: u32,
}

/// The visitor's next step before buying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Nobody is signed in.
    SignedOut,
    /// A captcha to answer.
    ToAnswer,
    /// The answer has expired: answer again.
    Expired,
    /// The path is here.
    Ready,
}

/// Why this visitor gets nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The reservation failed.
    Failed(Option<Rejection>),
    /// The account may not buy.
    Banned,
    /// A request of ours was refused, by our own fault.
    Refused,
}

/// The state that the panel shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing is known yet.
    Loading,
    /// Nothing is known yet, and it takes long.
    Late,
    /// Nothing is known yet, because reading failed; it is retried by itself, or by hand.
    Unread(Wait),
    /// Captchas are not given yet.
    Before {
        opens_at_ms: i64,
        /// Somebody is signed in.
        signed_in: bool,
    },
    /// Before the start; captchas are given.
    Warm {
        opens_at_ms: i64,
        /// The visitor's next step.
        readiness: Readiness,
    },
    /// On sale.
    Open {
        ends_at_ms: i64,
        /// The visitor's next step.
        readiness: Readiness,
    },
    /// The purchase (or the captcha before it) is in progress.
    Asking,
    /// A unit is held; the order is being written.
    Queued {
        /// The visitor's number, if known.
        position: Option<u32>,
        /// No recent answer.
        shaky: bool,
        /// It took so long that polling has ended.
        given_up: bool,
    },
    /// There is an order to pay.
    Won {
        order_id: OrderId,
        /// The number to quote; `None` while the order is being read.
        number: Option<String>,
        /// The deadline; `None` while the order is being read.
        deadline_ms: Option<i64>,
    },
    /// It is paid.
    Paid {
        order_id: OrderId,
        /// The number to quote.
        number: String,
    },
    /// The order was closed unpaid.
    Expired {
        order_id: OrderId,
        reason: Option<CloseReason>,
        /// Units are on sale.
        again: bool,
    },
    /// Nothing for this visitor.
    Lost {
        loss: Loss,
        /// Units are on sale, and the visitor may try.
        again: bool,
    },
    /// Nothing is left now.
    SoldOut,
    /// The round is over.
    Ended,
    /// Stopped by hand.
    Stopped {
        /// The operator's words.
        words: Option<String>,
    },
    /// A retry comes by itself.
    Waiting(Wait),
}

impl State {
    /// The value of `data-state`.
    pub fn name(&self) -> &'static str {
        match self {
            State::Loading => "loading",
            State::Before { .. } => "before",
            State::Warm { .. } => "warm",
            State::Open { .. } => "open",
            State::Asking => "asking",
            State::Queued { .. } => "queued",
            State::Won { .. } => "won",
            State::Paid { .. } => "paid",
            State::Expired { .. } => "expired",
            State::Lost { .. } => "lost",
            State::SoldOut => "sold_out",
            State::Ended => "ended",
            State::Stopped { .. } => "stopped",
            State::Unread(wait) | State::Waiting(wait) if wait.trouble == Trouble::Offline => {
                "offline"
            }
            State::Late | State::Unread(_) | State::Waiting(_) => "busy",
        }
    }
}

/// The captcha's dialog, while it is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dialog {
    /// The captcha, once it has arrived.
    pub question: Option<CaptchaChallenge>,
    /// The captcha in words, once requested.
    pub words: Option<String>,
    pub notice: Option<Notice>,
    /// The answer that is being checked.
    pub checking: Option<String>,
    /// A retry comes by itself.
    pub wait: Option<Wait>,
}

/// A line in the dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The answer was wrong; here is another captcha.
    Wrong,
    /// The answer has expired; answer again.
    TooOld,
    /// There are no words for this question (any more).
    NoWords,
    /// The request is retried by itself.
    Waiting(Trouble),
}
