//! The words for what the panel shows: one answer at each moment, one main thing to do.

use super::{
    PanelItem,
    machine::{Loss, Readiness, State, Trouble, Wait},
};
use crate::{text::panel, wire::Language};

/// Everything that can be read in the panel, except ticking figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Face {
    /// What is the case; announced by screen readers.
    pub status: String,
    /// The large line.
    pub big: Big,
    /// What it means, and what to do.
    pub hint: String,
    /// The main thing to do.
    pub button: Option<Button>,
    /// The way on.
    pub link: Option<Link>,
}

/// The large line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Big {
    /// A clock that counts down to this instant.
    Clock(i64),
    /// Whole seconds down to this instant.
    Seconds(i64),
    /// Words, or nothing.
    Words(String),
}

impl Big {
    /// What is counted down to, if anything.
    pub fn until_ms(&self) -> Option<i64> {
        match self {
            Big::Clock(until_ms) | Big::Seconds(until_ms) => Some(*until_ms),
            Big::Words(_) => None,
        }
    }

    /// The line with `left_ms` left.
    pub fn at(&self, left_ms: i64, language: Language) -> String {
        match self {
            Big::Clock(_) => panel::countdown(language, left_ms),
            Big::Seconds(_) => panel::seconds(language, left_ms),
            Big::Words(words) => words.clone(),
        }
    }
}

/// How the button takes a press.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    /// It acts.
    Acts,
    /// It was pressed; it keeps the focus, and does nothing.
    Locked,
    /// Not yet.
    Dead,
}

/// The main thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    /// What it says.
    pub label: String,
    /// What it does.
    pub press: Press,
}

/// The way on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it says.
    pub label: &'static str,
    /// Where it leads.
    pub href: String,
}

impl Face {
    /// The face of `state`.
    pub fn of(state: &State, item: &PanelItem, language: Language) -> Self {
        let words = Words { item, language };
        match state {
            State::Loading => words.loading(),
            State::Before {
                opens_at_ms,
                signed_in,
            } => {
                let readiness = if *signed_in {
                    Readiness::ToAnswer
                } else {
                    Readiness::SignedOut
                };
                words.before(*opens_at_ms, readiness, false)
            }
            State::Warm {
                opens_at_ms,
                readiness,
            } => words.before(*opens_at_ms, *readiness, true),
            State::Open {
                ends_at_ms,
                readiness,
            } => words.open(*ends_at_ms, *readiness),
            State::Asking => words.asking(),
            State::Queued {
                position,
                shaky,
                given_up,
            } => words.queued(*position, *shaky, *given_up),
            State::Won {
                order_id,
                number,
                deadline_ms,
            } => {
                let face = words.face(panel::won(language, number.as_deref()));
                let face = face.hint(panel::won_hint(language, words.item.sale_price));
                let face = face.link(panel::to_order(language), format!("/orders/{order_id}"));
                deadline_ms.map_or(face.clone(), |until_ms| face.big(Big::Clock(until_ms)))
            }
            State::Paid { order_id, number } => words
                .face(panel::paid(language, number))
                .big(Big::Words(panel::paid_big(language).to_owned()))
                .link(panel::to_order(language), format!("/orders/{order_id}")),
            State::Expired {
                order_id,
                reason,
                again,
            } => words
                .face(panel::expired(language, *reason))
                .hint(panel::expired_hint(language, *again))
                .link(panel::to_order(language), format!("/orders/{order_id}"))
                .again(*again, panel::again(language)),
            State::Lost { loss, again } => words.lost(*loss, *again),
            State::SoldOut => words
                .face(panel::sold_out(language))
                .big(Big::Words(panel::sold_out_big(language).to_owned()))
                .hint(panel::sold_out_hint(language)),
            State::Ended => words
                .face(panel::ended(language))
                .hint(panel::ended_hint(language))
                .link(panel::to_list(language), "/".to_owned()),
            State::Stopped { words: theirs } => {
                let hint = theirs
                    .clone()
                    .unwrap_or_else(|| panel::stopped_hint(language).into());
                words.face(panel::stopped(language)).hint(hint)
            }
            State::Waiting(wait) => words.waiting(*wait),
        }
    }

    /// The button cannot be pressed, and looks like it.
    pub fn is_button_dead(&self) -> bool {
        self.button
            .as_ref()
            .is_none_or(|button| button.press == Press::Dead)
    }

    /// The button was pressed already.
    pub fn is_button_locked(&self) -> bool {
        self.button
            .as_ref()
            .is_some_and(|button| button.press == Press::Locked)
    }

    fn big(self, big: Big) -> Self {
        Self { big, ..self }
    }

    fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: hint.into(),
            ..self
        }
    }

    fn button(self, label: impl Into<String>, press: Press) -> Self {
        Self {
            button: Some(Button {
                label: label.into(),
                press,
            }),
            ..self
        }
    }

    fn link(self, label: &'static str, href: String) -> Self {
        Self {
            link: Some(Link { label, href }),
            ..self
        }
    }

    fn again(self, again: bool, label: &'static str) -> Self {
        if again {
            self.button(label, Press::Acts)
        } else {
            self
        }
    }
}

struct Words<'a> {
    item: &'a PanelItem,
    language: Language,
}

impl Words<'_> {
    fn face(&self, status: impl Into<String>) -> Face {
        Face {
            status: status.into(),
            big: Big::Words(String::new()),
            hint: String::new(),
            button: None,
            link: None,
        }
    }

    fn sign_in(&self, face: Face) -> Face {
        let next = format!("/login?next=/items/{}", self.item.item_id);
        face.link(panel::sign_in(self.language), next)
    }

    fn buy_label(&self) -> String {
        panel::buy(self.language, self.item.sale_price)
    }

    /// Also what the server renders: true for everybody, at any time.
    fn loading(&self) -> Face {
        self.face(panel::loading(self.language))
            .big(Big::Words(panel::COUNTDOWN_PLACEHOLDER.to_owned()))
            .hint(panel::rules(
                self.language,
                self.item.total,
                self.item.pay_window_s,
            ))
            .button(self.buy_label(), Press::Dead)
    }

    fn before(&self, opens_at_ms: i64, readiness: Readiness, warm: bool) -> Face {
        let language = self.language;
        let face = self
            .face(panel::opens_in(language, warm))
            .big(Big::Clock(opens_at_ms));
        match (readiness, warm) {
            (Readiness::SignedOut, _) => {
                self.sign_in(face.hint(panel::sign_in_to_be_ready(language)))
            }
            (Readiness::ToAnswer, false) => face
                .hint(panel::you_are_signed_in(language))
                .button(self.buy_label(), Press::Dead),
            (Readiness::ToAnswer, true) => face
                .hint(panel::answer_early_hint(language))
                .button(panel::answer_early(language), Press::Acts),
            (Readiness::Ready, _) => face
                .hint(panel::you_are_ready(language))
                .button(self.buy_label(), Press::Dead),
        }
    }

    fn open(&self, ends_at_ms: i64, readiness: Readiness) -> Face {
        let language = self.language;
        let face = self.face(panel::open(language)).big(Big::Clock(ends_at_ms));
        match readiness {
            Readiness::SignedOut => self.sign_in(face.hint(panel::sign_in_to_buy(language))),
            Readiness::ToAnswer => face
                .hint(panel::open_hint(language))
                .button(self.buy_label(), Press::Acts),
            Readiness::Ready => face
                .hint(panel::ready_hint(language))
                .button(self.buy_label(), Press::Acts),
        }
    }

    fn asking(&self) -> Face {
        self.face(panel::asking(self.language))
            .hint(panel::asking_hint(self.language))
            .button(self.buy_label(), Press::Locked)
    }

    fn queued(&self, position: Option<u32>, shaky: bool, given_up: bool) -> Face {
        let language = self.language;
        let big = position.map_or(String::new(), |position| {
            panel::position(language, position)
        });
        let hint = match (given_up, shaky) {
            (true, _) => panel::given_up(language),
            (false, true) => panel::queued_shaky(language),
            (false, false) => panel::queued_hint(language),
        };
        self.face(panel::queued(language, position))
            .big(Big::Words(big))
            .hint(hint)
            .link(panel::to_orders(language), "/orders".to_owned())
    }

    fn lost(&self, loss: Loss, again: bool) -> Face {
        let language = self.language;
        let (status, hint) = match loss {
            Loss::Failed(reason) => (
                panel::failed(language),
                panel::failed_hint(language, reason),
            ),
            Loss::Banned => (panel::banned(language), panel::banned_hint(language)),
            Loss::Refused => (panel::refused(language), panel::refused_hint(language)),
        };
        self.face(status)
            .hint(hint)
            .again(again, panel::again(language))
    }

    fn waiting(&self, wait: Wait) -> Face {
        let (status, hint) = match wait.trouble {
            Trouble::Busy => (panel::busy(self.language), panel::busy_hint(self.language)),
            Trouble::TooOften => (
                panel::too_often(self.language),
                panel::busy_hint(self.language),
            ),
            Trouble::Offline => (
                panel::offline(self.language),
                panel::offline_hint(self.language),
            ),
        };
        self.face(status)
            .big(Big::Seconds(wait.until_ms))
            .hint(hint)
    }
}
