//! The steps to a reservation: captcha → path → purchase.

use super::{
    Dialog, Effect, EventContext, Machine, Notice, Readiness, Slot, Wait, facts::Offer,
    following::Mine,
};
use crate::wire::{ApiError, CaptchaChallenge, CaptchaWords, HiddenPath, Reserved};

/// The server says "not yet" although our clock says "open": asked again this soon…
const EARLY_MS: i64 = 250;
/// …and this often, before the panel counts down again.
const EARLY_TRIES: u32 = 6;

/// The progress of the purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purchase {
    /// Not wanted.
    Idle,
    /// The button was pressed; the path is still missing.
    Wanted,
    /// The purchase was sent; it was too early this many times.
    Sent { early: u32 },
    /// It was not answered; it is sent again with the same path.
    Waiting(Wait),
    /// The path was refused: perhaps a purchase whose answer was lost has used it.
    Doubted,
}

impl Machine {
    /// Whether a captcha makes sense: a buyer without a unit, and a sale open now or soon.
    pub(super) fn may_ask(&self, now_ms: i64) -> bool {
        self.is_known()
            && self.is_signed_in()
            && self.mine.is_none()
            && matches!(self.sale.offer(now_ms), Offer::Warm | Offer::Open)
    }

    pub(super) fn pressed(&mut self, at: EventContext) {
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
        if self.purchase != Purchase::Idle || self.dialog.is_some() || !self.may_ask(at.now_ms) {
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
                self.open_dialog(expired.then_some(Notice::TooOld));
            }
        }
    }

    fn open_dialog(&mut self, notice: Option<Notice>) {
        self.dialog = Some(Dialog {
            notice,
            ..Dialog::default()
        });
        self.ask(Effect::AskQuestion);
    }

    pub(super) fn close_dialog(&mut self) {
        self.dialog = None;
        if self.purchase == Purchase::Wanted {
            self.purchase = Purchase::Idle;
        }
    }

    pub(super) fn asked(&mut self, at: EventContext, answer: Result<CaptchaChallenge, ApiError>) {
        match answer {
            Ok(question) => {
                if let Some(dialog) = &mut self.dialog {
                    let notice = dialog
                        .notice
                        .filter(|notice| !matches!(notice, Notice::Waiting(_)));
                    *dialog = Dialog {
                        question: Some(question),
                        notice,
                        ..Dialog::default()
                    };
                }
            }
            Err(error) => self.question_failed(at, &error),
        }
    }

    pub(super) fn new_picture(&mut self) {
        if let Some(dialog) = &mut self.dialog
            && dialog.question.is_some()
            && dialog.checking.is_none()
        {
            *dialog = Dialog::default();
            self.ask(Effect::AskQuestion);
        }
    }

    pub(super) fn in_words(&mut self) {
        let question = self
            .dialog
            .as_ref()
            .and_then(|dialog| dialog.question.as_ref());
        if let Some(question) = question {
            let captcha_id = question.captcha_id;
            self.ask(Effect::AskWords(captcha_id));
        }
    }

    pub(super) fn spelt(&mut self, answer: Result<CaptchaWords, ApiError>) {
        let Some(dialog) = &mut self.dialog else {
            return;
        };
        match answer {
            Ok(spelt) => dialog.words = Some(spelt.words),
            Err(_) if dialog.words.is_none() => dialog.notice = Some(Notice::NoWords),
            // Requested twice: the words are already shown.
            Err(_) => {}
        }
    }

    pub(super) fn answered(&mut self, answer: String) {
        if let Some(dialog) = &mut self.dialog
            && dialog.question.is_some()
            && dialog.checking.is_none()
            && !answer.trim().is_empty()
        {
            dialog.checking = Some(answer);
            dialog.notice = None;
            dialog.wait = None;
            self.ask_for_dialog();
        }
    }

    /// Asks (again) for what the dialog waits for: the verdict on an answer, or a captcha.
    pub(super) fn ask_for_dialog(&mut self) {
        let Some(dialog) = &self.dialog else { return };
        let effect = match (&dialog.question, &dialog.checking) {
            (Some(question), Some(answer)) => Effect::AskPath {
                captcha_id: question.captcha_id,
                answer: answer.clone(),
            },
            _ => Effect::AskQuestion,
        };
        self.ask(effect);
    }

    pub(super) fn path_given(&mut self, at: EventContext, answer: Result<HiddenPath, ApiError>) {
        match answer {
            Ok(path) => {
                self.path = Some(path);
                self.dialog = None;
                if self.purchase == Purchase::Wanted {
                    self.purchase = Purchase::Sent { early: 0 };
                    self.send_purchase(at);
                }
            }
            Err(ApiError::CaptchaWrong) => {
                if let Some(dialog) = &mut self.dialog {
                    *dialog = Dialog {
                        notice: Some(Notice::Wrong),
                        ..Dialog::default()
                    };
                    self.ask(Effect::AskQuestion);
                }
            }
            Err(error) => self.question_failed(at, &error),
        }
    }

    fn question_failed(&mut self, at: EventContext, error: &ApiError) {
        if self.is_settled_by(at, error) {
            return;
        }
        if *error == ApiError::NotStarted {
            self.ask(Effect::SynchroniseClock);
            self.ask(Effect::ReadStock);
        }
        let Some(dialog) = &mut self.dialog else {
            return;
        };
        let wait = Wait::after(at, error, dialog.wait.map_or(0, |wait| wait.tries));
        dialog.wait = Some(wait);
        dialog.notice = Some(Notice::Waiting(wait.trouble));
        self.later(Slot::Dialog, wait.ms(at));
    }

    /// Sends the purchase, first or again. The same path means the same request, however often it
    /// arrives.
    pub(super) fn send_purchase(&mut self, at: EventContext) {
        let path = self.good_path(at.now_ms).map(|path| path.path.clone());
        match (self.purchase, path) {
            (Purchase::Sent { .. } | Purchase::Waiting(_), Some(path)) => {
                self.ask(Effect::Purchase { path });
            }
            // The path expired. Only the server knows whether an earlier attempt arrived.
            (Purchase::Sent { .. } | Purchase::Waiting(_), None) => self.doubt(at),
            (Purchase::Idle | Purchase::Wanted | Purchase::Doubted, _) => {}
        }
    }

    fn doubt(&mut self, at: EventContext) {
        self.purchase = Purchase::Doubted;
        self.path_refused(at);
        self.ask(Effect::ReadMine);
    }

    /// The server knows no reservation.
    pub(super) fn nothing_reserved(&mut self, at: EventContext) {
        if self.purchase == Purchase::Doubted {
            self.purchase = Purchase::Idle;
            if self.may_ask(at.now_ms) {
                self.purchase = Purchase::Wanted;
                self.open_dialog(Some(Notice::TooOld));
            }
        }
    }

    pub(super) fn purchased(&mut self, at: EventContext, answer: Result<Reserved, ApiError>) {
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
                // Too late: the reservation was already found another way.
                Purchase::Idle | Purchase::Wanted | Purchase::Doubted => {}
            },
        }
    }

    fn not_purchased(&mut self, at: EventContext, error: &ApiError) {
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

    /// The path is still unused.
    fn too_early(&mut self, at: EventContext) {
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
