//! What the machine is told, and what it asks for.

use crate::wire::{
    AccountId, ApiError, CaptchaChallenge, CaptchaId, CaptchaWords, HiddenPath, Me, Order, OrderId,
    ReservationId, ReservationStatus, Reserved, Stock,
};

/// When an event happened, and a throw of the dice to spread people out.
#[derive(Clone, Copy, Debug)]
pub struct EventContext {
    /// Server time, epoch milliseconds; 0 until the clock is set, and nothing is computed from it.
    pub now_ms: i64,
    /// The page's own time, milliseconds since it began: for waits, which nobody's clock changes.
    pub page_ms: i64,
    /// Evenly in `0..1000`.
    pub chance: u32,
}

impl EventContext {
    /// `ms`, give or take a fifth.
    pub fn spread(self, ms: i64) -> i64 {
        ms * (800 + i64::from(self.chance) * 2 / 5) / 1000
    }
}

/// Timers; setting one again replaces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Slot {
    /// Something changes by the clock alone.
    Boundary,
    /// Look again what became of the reservation or order.
    Follow,
    /// Look again what is left.
    Stock,
    /// Ask again who the visitor is and what they hold.
    Resync,
    /// Send the purchase again.
    Purchase,
    /// Ask again for what the dialog waits for.
    Dialog,
    /// Nothing is known yet, and that has lasted long enough to be said.
    Overdue,
}

impl Slot {
    /// How many there are.
    pub const COUNT: usize = 7;
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The page woke up while it was visible.
    Begun,
    /// The server was asked for the time, and did not answer; it is asked again by itself.
    ClockMissed {
        /// Why; `None` when nothing came at all.
        error: Option<ApiError>,
        /// When, by the page's time.
        retry_at_ms: i64,
    },
    /// The clock was set: at the start, and whenever it was corrected.
    ClockSet,
    /// The page can be seen (again), or came back from the browser's cache.
    Shown,
    /// Nobody can see the page.
    Hidden,
    /// A timer went off.
    Due(Slot),
    /// Who the visitor is.
    MeRead(Result<Option<Me>, ApiError>),
    /// What is left.
    StockRead(Result<Stock, ApiError>),
    /// The visitor's latest reservation of the item.
    MineRead(Result<Option<ReservationStatus>, ApiError>),
    /// The big button.
    Pressed,
    /// A question, or none.
    Asked(Result<CaptchaChallenge, ApiError>),
    /// "New picture".
    NewPicture,
    /// "In words".
    InWords,
    /// The question in words.
    Spelt(Result<CaptchaWords, ApiError>),
    /// An answer was typed and sent.
    Answered(String),
    /// The dialog was closed by hand.
    DialogClosed,
    /// A path, or none.
    PathGiven(Result<HiddenPath, ApiError>),
    /// The path that an earlier page of this tab has kept, if it has.
    PathRecalled(Option<HiddenPath>),
    /// The answer to the purchase.
    Purchased(Result<Reserved, ApiError>),
    /// How far the reservation has come.
    Followed(Result<ReservationStatus, ApiError>),
    /// The order of the reservation.
    OrderRead(Result<Order, ApiError>),
}

/// What the machine wants done. Each request is answered by one event.
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
        /// The question.
        captcha_id: CaptchaId,
        /// As typed.
        answer: String,
    },
    /// → [`Event::PathRecalled`], with what was kept for this account.
    RecallPath(AccountId),
    /// Keeps the path for the next page of this tab.
    KeepPath {
        /// Whose.
        account_id: AccountId,
        /// What.
        path: HiddenPath,
    },
    /// Nothing is kept for the next page.
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
    /// → [`Event::Due`], `ms` milliseconds from now, instead of what was set before.
    Later {
        /// Which timer.
        slot: Slot,
        /// From now.
        ms: i64,
    },
}
