//! The buy panel's reducer: a state machine over facts. It knows no browser, no framework and no
//! network; it is told what happened and when, and returns the effects to perform. The shown state
//! is computed from the facts and the time, so that no event can leave it showing something untrue.
//!
//! `waking` has the first moments, until the facts are known; `facts` the sale and the visitor;
//! `path` the hidden path; `buying` the steps to a reservation; `following` the reservation's fate.

mod buying;
mod facts;
mod following;
mod messages;
mod path;
mod state;
#[cfg(test)]
mod tests;
mod waking;

pub use messages::{Effect, Event, EventContext, Slot};
pub use state::{Dialog, Loss, Notice, Readiness, State, Trouble, Wait};

use self::{
    buying::Purchase,
    facts::{Offer, Sale, Visitor},
    following::Mine,
};
use crate::{
    backoff,
    wire::{ApiError, HiddenPath, Language, ReservationId},
};

/// One visitor of one item.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that do not depend on each other"
)]
pub struct Machine {
    sale: Sale,
    visitor: Visitor,
    /// The visitor's reservation was read.
    mine_known: bool,
    mine: Option<Mine>,
    /// An ended reservation that the visitor has dismissed: it is not shown again.
    dismissed: Option<ReservationId>,
    /// A request of ours was refused for good.
    refused: bool,
    path: Option<HiddenPath>,
    purchase: Purchase,
    dialog: Option<Dialog>,
    /// Reading the clock or the facts failed; it will be repeated.
    unread: Option<Wait>,
    visible: bool,
    /// The clock is set.
    awake: bool,
    /// The first facts take so long that the panel shows it.
    overdue: bool,
    effects: Vec<Effect>,
}

impl Machine {
    /// Knows only the page's own data: the window, when captchas open, and the operator's words if
    /// the round was stopped when the page was made.
    pub fn new(
        window_ms: (i64, i64),
        opens_before_s: u32,
        stopped: Option<String>,
        language: Language,
    ) -> Self {
        Self {
            sale: Sale::new(window_ms, opens_before_s, stopped, language),
            visitor: Visitor::Unknown,
            mine_known: false,
            mine: None,
            dismissed: None,
            refused: false,
            path: None,
            purchase: Purchase::Idle,
            dialog: None,
            unread: None,
            visible: true,
            awake: false,
            overdue: false,
            effects: Vec::new(),
        }
    }

    /// Handles an event, and returns the effects to perform.
    pub fn step(&mut self, at: EventContext, event: Event) -> Vec<Effect> {
        let path_before = self.path.clone();
        match event {
            Event::Begun => self.begun(),
            Event::ClockMissed { error, retry_at_ms } => {
                self.clock_missed(error.as_ref(), retry_at_ms);
            }
            Event::ClockSet => self.wake(),
            Event::Shown => self.shown(),
            Event::Hidden => self.visible = false,
            Event::Due(slot) => self.due(at, slot),
            Event::MeRead(answer) => self.me_read(at, answer),
            Event::StockRead(answer) => self.stock_read(at, answer),
            Event::MineRead(answer) => self.mine_read(at, answer),
            Event::Pressed => self.pressed(at),
            Event::Asked(answer) => self.asked(at, answer),
            Event::NewPicture => self.new_picture(),
            Event::InWords => self.in_words(),
            Event::Spelt(answer) => self.spelt(answer),
            Event::Answered(answer) => self.answered(answer),
            Event::DialogClosed => self.close_dialog(),
            Event::PathGiven(answer) => self.path_given(at, answer),
            Event::PathRecalled(path) => self.path_recalled(at, path),
            Event::Purchased(answer) => self.purchased(at, answer),
            Event::Followed(answer) => self.followed(at, answer),
            Event::OrderRead(answer) => self.order_read(at, answer),
        }
        if self.dialog.is_some() && !self.may_ask(at.now_ms) {
            self.close_dialog();
        }
        if self.path != path_before {
            self.keep_path(at);
        }
        if self.awake
            && let Some(boundary_ms) = self.next_boundary_ms(at.now_ms)
        {
            self.later(Slot::Boundary, boundary_ms - at.now_ms);
        }
        std::mem::take(&mut self.effects)
    }

    /// The state to show at `now_ms`.
    pub fn state(&self, now_ms: i64) -> State {
        if let Some(mine) = &self.mine {
            return self.state_of_mine(mine, now_ms);
        }
        if !self.is_known() {
            return self.state_of_unknown();
        }
        if self.visitor == Visitor::Banned {
            return State::Lost {
                loss: Loss::Banned,
                again: false,
            };
        }
        if self.refused {
            return State::Lost {
                loss: Loss::Refused,
                again: self.sells(now_ms),
            };
        }
        if let (Purchase::Wanted, Some(dialog)) = (self.purchase, &self.dialog) {
            return dialog.wait.map_or(State::Asking, State::Waiting);
        }
        match self.purchase {
            Purchase::Waiting(wait) => return State::Waiting(wait),
            Purchase::Sent { .. } | Purchase::Doubted => return State::Asking,
            Purchase::Wanted | Purchase::Idle => {}
        }
        let readiness = self.readiness(now_ms);
        let Sale {
            starts_at_ms: opens_at_ms,
            ends_at_ms,
            ..
        } = self.sale;
        match self.sale.offer(now_ms) {
            Offer::Before => State::Before {
                opens_at_ms,
                signed_in: self.is_signed_in(),
            },
            Offer::Warm => State::Warm {
                opens_at_ms,
                readiness,
            },
            Offer::Open => State::Open {
                ends_at_ms,
                readiness,
            },
            Offer::SoldOut => State::SoldOut,
            Offer::Ended => State::Ended,
            Offer::Stopped => State::Stopped {
                words: self.sale.words.clone(),
            },
        }
    }

    /// The captcha's dialog, while it is open.
    pub fn dialog(&self) -> Option<&Dialog> {
        self.dialog.as_ref()
    }

    fn ask(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    fn later(&mut self, slot: Slot, ms: i64) {
        self.effects.push(Effect::Later { slot, ms });
    }

    fn due(&mut self, at: EventContext, slot: Slot) {
        match slot {
            // The state follows from the clock; only the polling interval changes here.
            Slot::Boundary => self.plan_next_look(at),
            Slot::Stock if self.visible => self.ask(Effect::ReadStock),
            Slot::Stock => {}
            Slot::Resync => self.resync(),
            Slot::Follow => self.look_after_mine(),
            Slot::Purchase => self.send_purchase(at),
            Slot::Dialog => self.ask_for_dialog(),
            Slot::Overdue => self.overdue = self.visible,
        }
    }

    /// The next instant at which the clock alone changes the shown state.
    fn next_boundary_ms(&self, now_ms: i64) -> Option<i64> {
        let path = self.path.as_ref().map(path::good_until_ms);
        self.sale
            .boundaries_ms()
            .into_iter()
            .chain(path)
            .filter(|boundary| *boundary > now_ms)
            .min()
    }

    /// Handles an error that states something definite about the sale or the visitor, which ends
    /// everything in progress. Returns whether it was such an error.
    fn is_settled_by(&mut self, at: EventContext, error: &ApiError) -> bool {
        match error {
            ApiError::Unauthenticated => self.signed_out(),
            ApiError::Banned => self.visitor = Visitor::Banned,
            ApiError::SoldOut => self.sale.sellable = 0,
            ApiError::Ended => self.sale.ends_at_ms = self.sale.ends_at_ms.min(at.now_ms),
            ApiError::Stopped => self.stopped(),
            ApiError::AlreadyReserved { reservation_id } => self.already_reserved(*reservation_id),
            ApiError::Forbidden
            | ApiError::NotFound
            | ApiError::OrderState
            | ApiError::Invalid { .. } => self.refused = true,
            ApiError::NotStarted
            | ApiError::PathInvalid
            | ApiError::CaptchaWrong
            | ApiError::RateLimited { .. }
            | ApiError::Busy { .. }
            | ApiError::QueueOnly
            | ApiError::NoLogIns
            | ApiError::ReadingOnly
            | ApiError::Internal { .. }
            | ApiError::Offline => return false,
        }
        self.path = None;
        self.close_dialog();
        self.purchase = match error {
            // Nothing changes for the visitor until the reservation is read.
            ApiError::AlreadyReserved { .. } => Purchase::Doubted,
            _ => Purchase::Idle,
        };
        self.plan_next_look(at);
        true
    }
}

impl Wait {
    /// The wait after `error`.
    fn after(at: EventContext, error: &ApiError, tries: u32) -> Self {
        Self {
            trouble: Trouble::of(error),
            until_ms: at.page_ms + backoff::ms(tries, Some(error), at.chance),
            tries: tries + 1,
        }
    }

    fn ms(self, at: EventContext) -> i64 {
        self.until_ms - at.page_ms
    }
}
