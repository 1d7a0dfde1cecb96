//! The machine's events and effects.

use crate::wire::{
    AccountId, ApiError, CaptchaChallenge, CaptchaId, CaptchaWords, HiddenPath, Me, Order, OrderId,
    ReservationId, ReservationStatus, Reserved, Stock,
};

/// The time of an event, and random jitter.
#[derive(Clone, Copy, Debug)]
pub struct EventContext {
    /// Server time, epoch milliseconds; 0 until the clock is set, and nothing is computed from it.
    pub now_ms: i64,
    /// The page's own time, milliseconds since it began: for waits, whatever the clocks do.
    pub page_ms: i64,
    /// A uniformly random number in `0..1000`.
    pub chance: u32,
}

impl EventContext {
    /// `ms`, plus or minus up to a fifth.
    pub fn spread(self, ms: i64) -> i64 {
        ms * (800 + i64::from(self.chance) * 2 / 5) / 1000
    }
}

/// Timers; setting one again replaces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Slot {
    /// The clock alone changes something.
    Boundary,
    /// Poll the reservation or order again.
    Follow,
    /// Read the stock again.
    Stock,
    /// Read the visitor and their reservation again.
    Resync,
    /// Send the purchase again.
    Purchase,
    /// Ask again for what the dialog waits for.
    Dialog,
    /// Nothing is known yet, for so long that the panel shows it.
    Overdue,
}

impl Slot {
    /// The number of timers.
    pub const COUNT: usize = 7;
}

#[derive(Clone, Debug)]
pub enum Event {
    /// The page woke up while it was visible.
    Begun,
    /// The server did not answer with the time; it is asked again by itself.
    ClockMissed {
        /// Why; `None` if there was no answer at all.
        error: Option<ApiError>,
        /// When, by the page's time.
        retry_at_ms: i64,
    },
    /// The clock was set: at the start, and whenever it was corrected.
    ClockSet,
    /// The page is visible (again), or came back from the browser's cache.
    Shown,
    /// The page is hidden.
    Hidden,
    /// A timer went off.
    Due(Slot),
    /// The visitor.
    MeRead(Result<Option<Me>, ApiError>),
    /// The stock.
    StockRead(Result<Stock, ApiError>),
    /// The visitor's latest reservation of the item.
    MineRead(Result<Option<ReservationStatus>, ApiError>),
    /// The main button was pressed.
    Pressed,
    /// A captcha, or an error.
    Asked(Result<CaptchaChallenge, ApiError>),
    /// "New picture" was pressed.
    NewPicture,
    /// "In words" was pressed.
    InWords,
    /// The question in words.
    Spelt(Result<CaptchaWords, ApiError>),
    /// An answer was typed and sent.
    Answered(String),
    /// The dialog was closed by hand.
    DialogClosed,
    /// A path, or an error.
    PathGiven(Result<HiddenPath, ApiError>),
    /// The path stored by an earlier page of this tab, if any.
    PathRecalled(Option<HiddenPath>),
    /// The answer to the purchase.
    Purchased(Result<Reserved, ApiError>),
    /// The state of the reservation.
    Followed(Result<ReservationStatus, ApiError>),
    /// The order of the reservation.
    OrderRead(Result<Order, ApiError>),
}

/// An effect to perform. Each request is answered by one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// → [`Event::MeRead`]
    ReadMe,
    /// → [`Event::StockRead`]
    ReadStock,
    /// → [`Event::MineRead`]
    ReadMine,
    /// → [`Event::Asked`]
    AskQuestion,
    /// → [`Event::Spelt`]
    AskWords(CaptchaId),
    /// → [`Event::PathGiven`]
    AskPath {
        captcha_id: CaptchaId,
        /// The answer as typed.
        answer: String,
    },
    /// → [`Event::PathRecalled`], with the path stored for this account.
    RecallPath(AccountId),
    /// Stores the path for the next page of this tab.
    KeepPath {
        account_id: AccountId,
        path: HiddenPath,
    },
    /// Removes the stored path.
    ForgetPath,
    /// → [`Event::Purchased`]
    Purchase {
        /// The secret part of the address.
        path: String,
    },
    /// → [`Event::Followed`]
    ReadReservation(ReservationId),
    /// → [`Event::OrderRead`]
    ReadOrder(OrderId),
    /// The server contradicted our clock, or the visitor does not want to wait for it.
    SynchroniseClock,
    /// → [`Event::Due`], `ms` milliseconds from now, replacing an earlier setting.
    Later {
        /// Which timer.
        slot: Slot,
        /// From now.
        ms: i64,
    },
}
