//! The way to a reservation: question → path → purchase.

use super::{
    Effect, Machine, Moment, Notice, Readiness, Sheet, Slot, Wait, facts::Offer, following::Mine,
};
use crate::wire::{ApiError, CaptchaChallenge, CaptchaWords, HiddenPath, Reserved};

/// The server says "not yet" although our clock says it is time: asked again this soon…
const EARLY_MS: i64 = 250;
/// …and this often, before the panel counts down again.
const EARLY_TRIES: u32 = 6;

/// How far the wish to buy has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purchase {
    /// No wish.
    Idle,
    /// The button was pressed; the path is still missing.
    Wanted,
    /// The purchase is under way; it was too early so many times.
    Sent { early: u32 },
    /// It was not answered; it is sent again with the same path.
    Waiting(Wait),
    /// The path was refused: perhaps because an attempt whose answer was lost has used it.
    Doubted,
}

impl Machine {
    /// A question makes sense: somebody who may buy, nothing held, the sale open or about to.
    pub(super) fn may_ask(&self, now_ms: i64) -> bool {
        self.is_known()
            && self.is_signed_in()
            && self.mine.is_none()
            && matches!(self.sale.offer(now_ms), Offer::Warm | Offer::Open)
    }

    pub(super) fn pressed(&mut self, at: Moment) {
        if !self.is_known() && self.mine.is_none() {
            return self.retry_now(at);
        }
        if self.state_offers_again(at.now_ms) {
            if let Some(mine) = self.mine.take() {
                self.dismissed = Some(mine.reservation_id());
            }
            self.refused = false;
        }
        let open = self.sells(at.now_ms);
        if self.purchase != Purchase::Idle || self.sheet.is_some() || !self.may_ask(at.now_ms) {
            return;
        }
        let readiness = self.readiness(at.now_ms);
        match (open, readiness) {
            (true, Readiness::Ready) => {
                self.purchase = Purchase::Sent { early: 0 };
                self.send_purchase(at);
            }
            (false, Readiness::Ready) => {}
            (open, _) => {
                if open {
                    self.purchase = Purchase::Wanted;
                }
                let expired = readiness == Readiness::Expired;
                self.open_sheet(expired.then_some(Notice::TooOld));
            }
        }
    }

    fn open_sheet(&mut self, notice: Option<Notice>) {
        self.sheet = Some(Sheet {
            notice,
            ..Sheet::default()
        });
        self.ask(Effect::AskQuestion);
    }

    pub(super) fn close_sheet(&mut self) {
        self.sheet = None;
        if self.purchase == Purchase::Wanted {
            self.purchase = Purchase::Idle;
        }
    }

    pub(super) fn asked(&mut self, at: Moment, answer: Result<CaptchaChallenge, ApiError>) {
        match answer {
            Ok(question) => {
                if let Some(sheet) = &mut self.sheet {
                    let notice = sheet
                        .notice
                        .filter(|notice| !matches!(notice, Notice::Waiting(_)));
                    *sheet = Sheet {
                        question: Some(question),
                        notice,
                        ..Sheet::default()
                    };
                }
            }
            Err(error) => self.sheet_failed(at, &error),
        }
    }

    pub(super) fn new_picture(&mut self) {
        if let Some(sheet) = &mut self.sheet
            && sheet.question.is_some()
            && sheet.checking.is_none()
        {
            *sheet = Sheet::default();
            self.ask(Effect::AskQuestion);
        }
    }

    pub(super) fn in_words(&mut self) {
        let question = self
            .sheet
            .as_ref()
            .and_then(|sheet| sheet.question.as_ref());
        if let Some(question) = question {
            let captcha_id = question.captcha_id;
            self.ask(Effect::AskWords(captcha_id));
        }
    }

    pub(super) fn spelt(&mut self, answer: Result<CaptchaWords, ApiError>) {
        let Some(sheet) = &mut self.sheet else { return };
        match answer {
            Ok(spelt) => sheet.words = Some(spelt.words),
            Err(_) if sheet.words.is_none() => sheet.notice = Some(Notice::NoWords),
            // Asked for twice: the words are there already.
            Err(_) => {}
        }
    }

    pub(super) fn answered(&mut self, answer: String) {
        if let Some(sheet) = &mut self.sheet
            && sheet.question.is_some()
            && sheet.checking.is_none()
            && !answer.trim().is_empty()
        {
            sheet.checking = Some(answer);
            sheet.notice = None;
            sheet.wait = None;
            self.ask_for_sheet();
        }
    }

    /// Asks (again) for what the sheet waits for: the verdict on an answer, or a question.
    pub(super) fn ask_for_sheet(&mut self) {
        let Some(sheet) = &self.sheet else { return };
        let effect = match (&sheet.question, &sheet.checking) {
            (Some(question), Some(answer)) => Effect::AskPath {
                captcha_id: question.captcha_id,
                answer: answer.clone(),
            },
            _ => Effect::AskQuestion,
        };
        self.ask(effect);
    }

    pub(super) fn path_given(&mut self, at: Moment, answer: Result<HiddenPath, ApiError>) {
        match answer {
            Ok(path) => {
                self.path = Some(path);
                self.sheet = None;
                if self.purchase == Purchase::Wanted {
                    self.purchase = Purchase::Sent { early: 0 };
                    self.send_purchase(at);
                }
            }
            Err(ApiError::CaptchaWrong) => {
                if let Some(sheet) = &mut self.sheet {
                    *sheet = Sheet {
                        notice: Some(Notice::Wrong),
                        ..Sheet::default()
                    };
                    self.ask(Effect::AskQuestion);
                }
            }
            Err(error) => self.sheet_failed(at, &error),
        }
    }

    fn sheet_failed(&mut self, at: Moment, error: &ApiError) {
        if self.is_settled_by(at, error) {
            return;
        }
        if *error == ApiError::NotStarted {
            self.ask(Effect::SynchroniseClock);
            self.ask(Effect::ReadStock);
        }
        let Some(sheet) = &mut self.sheet else { return };
        let wait = Wait::after(at, error, sheet.wait.map_or(0, |wait| wait.tries));
        sheet.wait = Some(wait);
        sheet.notice = Some(Notice::Waiting(wait.trouble));
        self.later(Slot::Sheet, wait.ms(at));
    }

    /// Sends the purchase, the first time or again. The same path means the same wish, however
    /// often it arrives.
    pub(super) fn send_purchase(&mut self, at: Moment) {
        let path = self.good_path(at.now_ms).map(|path| path.path.clone());
        match (self.purchase, path) {
            (Purchase::Sent { .. } | Purchase::Waiting(_), Some(path)) => {
                self.ask(Effect::Purchase { path });
            }
            // It grew too old while we waited. Whether an earlier attempt arrived, the server knows.
            (Purchase::Sent { .. } | Purchase::Waiting(_), None) => self.doubt(at),
            (Purchase::Idle | Purchase::Wanted | Purchase::Doubted, _) => {}
        }
    }

    fn doubt(&mut self, at: Moment) {
        self.purchase = Purchase::Doubted;
        self.path_refused(at);
        self.ask(Effect::ReadMine);
    }

    /// The server knows of no reservation.
    pub(super) fn nothing_reserved(&mut self, at: Moment) {
        if self.purchase == Purchase::Doubted {
            self.purchase = Purchase::Idle;
            if self.may_ask(at.now_ms) {
                self.purchase = Purchase::Wanted;
                self.open_sheet(Some(Notice::TooOld));
            }
        }
    }

    pub(super) fn purchased(&mut self, at: Moment, answer: Result<Reserved, ApiError>) {
        match answer {
            Ok(reserved) => {
                self.purchase = Purchase::Idle;
                self.path = None;
                let Reserved {
                    reservation_id,
                    position,
                } = reserved;
                if self.mine.as_ref().map(Mine::reservation_id) != Some(reservation_id) {
                    self.mine = Some(Mine::queued(reservation_id, Some(position), at.now_ms));
                }
                self.look_again_soon(at);
            }
            Err(error) => match self.purchase {
                Purchase::Sent { .. } | Purchase::Waiting(_) => self.not_purchased(at, &error),
                // Overtaken: the reservation was found another way.
                Purchase::Idle | Purchase::Wanted | Purchase::Doubted => {}
            },
        }
    }

    fn not_purchased(&mut self, at: Moment, error: &ApiError) {
        if self.is_settled_by(at, error) {
            return;
        }
        match error {
            ApiError::PathInvalid => self.doubt(at),
            ApiError::NotStarted => self.too_early(at),
            error => {
                let tries = match self.purchase {
                    Purchase::Waiting(wait) => wait.tries,
                    _ => 0,
                };
                let wait = Wait::after(at, error, tries);
                self.purchase = Purchase::Waiting(wait);
                self.later(Slot::Purchase, wait.ms(at));
            }
        }
    }

    /// The path was not used up.
    fn too_early(&mut self, at: Moment) {
        self.ask(Effect::SynchroniseClock);
        self.ask(Effect::ReadStock);
        let early = match self.purchase {
            Purchase::Sent { early } => early,
            _ => 0,
        };
        if self.sells(at.now_ms) && early < EARLY_TRIES {
            self.purchase = Purchase::Sent { early: early + 1 };
            self.later(Slot::Purchase, at.spread(EARLY_MS));
        } else {
            self.purchase = Purchase::Idle;
        }
    }
}
