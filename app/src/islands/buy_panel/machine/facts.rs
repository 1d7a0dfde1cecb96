//! The facts about the sale and the visitor, and keeping them fresh.

use super::{Effect, EventContext, Machine, Slot, Wait};
use crate::wire::{AccountId, ApiError, Language, Me, Phase, ReservationStatus, Stock};

/// The item's round and stock.
#[derive(Debug)]
pub struct Sale {
    pub starts_at_ms: i64,
    pub ends_at_ms: i64,
    /// Captchas and paths are given from this long before the start.
    opens_before_ms: i64,
    pub stopped: bool,
    pub words: Option<String>,
    language: Language,
    pub sellable: u32,
    known: bool,
}

/// The phase of the sale, as the panel needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    Before,
    Warm,
    Open,
    SoldOut,
    Ended,
    Stopped,
}

/// The visitor of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visitor {
    Unknown,
    SignedOut,
    SignedIn(AccountId),
    Banned,
}

impl Sale {
    pub fn new(
        (starts_at_ms, ends_at_ms): (i64, i64),
        opens_before_s: u32,
        words: Option<String>,
        language: Language,
    ) -> Self {
        let stopped = words.is_some();
        Self {
            starts_at_ms,
            ends_at_ms,
            opens_before_ms: i64::from(opens_before_s) * 1_000,
            stopped,
            words,
            language,
            sellable: 0,
            known: false,
        }
    }

    pub fn offer(&self, now_ms: i64) -> Offer {
        match Phase::at(self.starts_at_ms, self.ends_at_ms, self.stopped, now_ms) {
            Phase::Ended => Offer::Ended,
            Phase::Stopped => Offer::Stopped,
            Phase::Upcoming if now_ms < self.opens_at_ms() => Offer::Before,
            Phase::Upcoming => Offer::Warm,
            Phase::Running if self.sellable == 0 => Offer::SoldOut,
            Phase::Running => Offer::Open,
        }
    }

    /// Captchas and paths are given from here on.
    fn opens_at_ms(&self) -> i64 {
        self.starts_at_ms - self.opens_before_ms
    }

    pub fn boundaries_ms(&self) -> [i64; 3] {
        [self.opens_at_ms(), self.starts_at_ms, self.ends_at_ms]
    }

    /// How long a reading of the stock is recent enough.
    fn look_every_ms(&self, now_ms: i64) -> Option<i64> {
        match self.offer(now_ms) {
            Offer::Before => Some(60_000),
            Offer::Warm => Some(15_000),
            Offer::Open | Offer::Stopped => Some(10_000),
            Offer::SoldOut => Some(5_000),
            Offer::Ended => None,
        }
    }
}

impl Machine {
    /// Sale, visitor and the visitor's reservation are known.
    pub(super) fn is_known(&self) -> bool {
        let visitor_known = match self.visitor {
            Visitor::Unknown => false,
            Visitor::SignedOut | Visitor::Banned => true,
            Visitor::SignedIn(_) => self.mine_known,
        };
        self.sale.known && visitor_known
    }

    /// Whether a unit can be bought now.
    pub(super) fn sells(&self, now_ms: i64) -> bool {
        self.sale.offer(now_ms) == Offer::Open
    }

    /// The page is visible again: other tabs, other devices and time may have changed everything.
    pub(super) fn shown(&mut self) {
        self.visible = true;
        if !self.is_known() {
            self.begun();
        }
        if self.awake {
            self.resync();
        }
    }

    pub(super) fn resync(&mut self) {
        self.ask(Effect::ReadMe);
        self.ask(Effect::ReadStock);
    }

    pub(super) fn me_read(&mut self, at: EventContext, answer: Result<Option<Me>, ApiError>) {
        match answer {
            Ok(Some(me)) => {
                self.signed_in(me);
                self.ask(Effect::ReadMine);
            }
            Ok(None) => {
                self.signed_out();
                if self.sale.known {
                    self.unread = None;
                }
            }
            Err(error) => self.resync_later(at, &error),
        }
    }

    fn signed_in(&mut self, me: Me) {
        let visitor = match me.banned {
            true => Visitor::Banned,
            false => Visitor::SignedIn(me.account_id),
        };
        if self.visitor != visitor {
            // The known facts belong to another account.
            self.mine = None;
            self.mine_known = false;
            self.path = None;
            self.ask(Effect::RecallPath(me.account_id));
        }
        self.visitor = visitor;
    }

    pub(super) fn signed_out(&mut self) {
        self.visitor = Visitor::SignedOut;
        self.mine = None;
        self.mine_known = false;
        self.path = None;
        self.ask(Effect::ForgetPath);
    }

    pub(super) fn is_signed_in(&self) -> bool {
        matches!(self.visitor, Visitor::SignedIn(_))
    }

    pub(super) fn mine_read(
        &mut self,
        at: EventContext,
        answer: Result<Option<ReservationStatus>, ApiError>,
    ) {
        match answer {
            Ok(mine) => {
                self.mine_known = true;
                self.unread = None;
                match mine.filter(|mine| self.dismissed != Some(mine.reservation_id)) {
                    Some(mine) => self.follow(at, mine),
                    None => self.nothing_reserved(at),
                }
            }
            Err(ApiError::Unauthenticated) => self.signed_out(),
            Err(error) => self.resync_later(at, &error),
        }
    }

    pub(super) fn stock_read(&mut self, at: EventContext, answer: Result<Stock, ApiError>) {
        match answer {
            Ok(stock) => {
                self.sale.known = true;
                self.sale.sellable = stock.sellable;
                self.sale.starts_at_ms = stock.starts_at_ms;
                self.sale.ends_at_ms = stock.ends_at_ms;
                self.sale.stopped = stock.phase == Phase::Stopped;
                let language = self.sale.language;
                let words = stock.stopped.map(|words| words.get(language).to_owned());
                self.sale.words = words.filter(|_| self.sale.stopped);
                self.plan_next_look(at);
            }
            Err(ApiError::NotFound) => {
                // A missing item does not come back.
                self.sale.known = true;
                self.sale.ends_at_ms = self.sale.ends_at_ms.min(at.now_ms);
            }
            Err(error) if !self.sale.known => self.resync_later(at, &error),
            Err(error) => {
                let wait = Wait::after(at, &error, 3);
                self.later(Slot::Stock, wait.ms(at));
            }
        }
    }

    /// The shop refused because the round was stopped; the operator's words come with the stock.
    pub(super) fn stopped(&mut self) {
        self.sale.stopped = true;
        self.ask(Effect::ReadStock);
    }

    /// Schedules the next reading of the stock, which also detects a round that was moved, stopped
    /// or resumed.
    pub(super) fn plan_next_look(&mut self, at: EventContext) {
        if let Some(ms) = self.sale.look_every_ms(at.now_ms)
            && !self.holds()
        {
            self.later(Slot::Stock, at.spread(ms));
        }
    }

    fn resync_later(&mut self, at: EventContext, error: &ApiError) {
        let tries = self.unread.map_or(0, |wait| wait.tries);
        let wait = Wait::after(at, error, tries);
        self.unread = Some(wait);
        self.later(Slot::Resync, wait.ms(at));
    }
}
