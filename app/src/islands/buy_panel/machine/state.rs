//! What the machine shows.

use crate::wire::{ApiError, CaptchaChallenge, CloseReason, OrderId, Rejection};

/// Why the visitor has to wait for a repetition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The shop cannot decide now.
    Busy,
    /// This visitor called too often.
    TooOften,
    /// Those who run the shop take no purchases for a while.
    Closed,
    /// No connection.
    Offline,
    /// No answer so far.
    Silent,
}

impl Trouble {
    /// What `error` means to whoever waits.
    pub fn of(error: &ApiError) -> Self {
        match error {
            ApiError::Offline => Trouble::Offline,
            ApiError::RateLimited { .. } => Trouble::TooOften,
            ApiError::QueueOnly | ApiError::ReadingOnly => Trouble::Closed,
            _ => Trouble::Busy,
        }
    }
}

/// A repetition that comes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Why.
    pub trouble: Trouble,
    /// It comes at this instant of the page's time.
    pub until_ms: i64,
    /// Tries so far.
    pub tries: u32,
}

/// What keeps the visitor from buying once the sale is open, or what does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Nobody is signed in.
    SignedOut,
    /// The question is to be answered.
    ToAnswer,
    /// It was answered, and that was too long ago: once more.
    Expired,
    /// The path is here.
    Ready,
}

/// Why there is nothing for this visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The reservation came to nothing.
    Failed(Option<Rejection>),
    /// The account may not buy.
    Banned,
    /// A request of ours was refused; nobody's fault but ours.
    Refused,
}

/// What the panel shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing is known yet.
    Loading,
    /// Nothing is known yet, and that takes long.
    Late,
    /// Nothing is known yet, because asking has failed; it is repeated by itself, or by hand.
    Unread(Wait),
    /// Questions are not asked yet.
    Before {
        /// The start.
        opens_at_ms: i64,
        /// Somebody is signed in.
        signed_in: bool,
    },
    /// Before the start; questions are asked.
    Warm {
        /// The start.
        opens_at_ms: i64,
        /// What is still to do.
        readiness: Readiness,
    },
    /// On sale.
    Open {
        /// The end.
        ends_at_ms: i64,
        /// What is still to do.
        readiness: Readiness,
    },
    /// The purchase (or the question before it) is under way.
    Asking,
    /// A unit is held; the order is being written.
    Queued {
        /// The visitor's number, when it is known.
        position: Option<u32>,
        /// No answer came lately.
        shaky: bool,
        /// It took so long that we stopped asking.
        given_up: bool,
    },
    /// There is an order to pay.
    Won {
        /// Which.
        order_id: OrderId,
        /// To quote; `None` while the order is being read.
        number: Option<String>,
        /// To be paid before; `None` while the order is being read.
        deadline_ms: Option<i64>,
    },
    /// It is paid.
    Paid {
        /// Which.
        order_id: OrderId,
        /// To quote.
        number: String,
    },
    /// The order was closed unpaid.
    Expired {
        /// Which.
        order_id: OrderId,
        /// Why.
        reason: Option<CloseReason>,
        /// Units are on sale.
        again: bool,
    },
    /// Nothing for this visitor.
    Lost {
        /// Why.
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
    /// A repetition comes by itself.
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

/// The dialog with the question, while it is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dialog {
    /// The question, once it is here.
    pub question: Option<CaptchaChallenge>,
    /// The same in words, once wanted.
    pub words: Option<String>,
    /// What to tell.
    pub notice: Option<Notice>,
    /// An answer is being checked: this one.
    pub checking: Option<String>,
    /// A repetition comes by itself.
    pub wait: Option<Wait>,
}

/// A line in the dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The answer was wrong; here is another question.
    Wrong,
    /// The answer was too long ago; once more.
    TooOld,
    /// There are no words for this question (any more).
    NoWords,
    /// The request is repeated by itself.
    Waiting(Trouble),
}
