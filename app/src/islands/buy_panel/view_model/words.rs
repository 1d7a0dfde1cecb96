//! The texts of every state: one answer at each moment, one main action.

use super::{Big, DialogModel, Press, ViewModel};
use crate::{
    islands::buy_panel::{
        PanelItem,
        machine::{Dialog, Loss, Notice, Readiness, State, Trouble, Wait},
    },
    routes,
    text::panel,
    wire::Language,
};

impl ViewModel {
    /// The model of `state`, with the dialog if it is open.
    pub fn of(
        state: &State,
        dialog: Option<&Dialog>,
        item: &PanelItem,
        language: Language,
    ) -> Self {
        let words = Words { item, language };
        let model = words.of(state);
        Self {
            name: state.name(),
            dialog: dialog.map(|dialog| DialogModel::of(dialog, language)),
            ..model
        }
    }
}

impl DialogModel {
    fn of(dialog: &Dialog, language: Language) -> Self {
        let question = dialog.question.as_ref();
        let notice = dialog.notice.map(|notice| match notice {
            Notice::Wrong => panel::captcha_wrong(language),
            Notice::TooOld => panel::captcha_too_old(language),
            Notice::NoWords => panel::captcha_no_words(language),
            Notice::Waiting(Trouble::Closed) => panel::closed(language),
            Notice::Waiting(_) => panel::captcha_waiting(language),
        });
        let loading = panel::captcha_loading(language);
        Self {
            picture: question.map(|question| question.image_url.clone()),
            prompt: question.map_or(loading.to_owned(), |question| question.prompt.clone()),
            numeric: question.is_none_or(|question| question.numeric),
            words: dialog.words.clone().unwrap_or_default(),
            notice: notice.unwrap_or_default().to_owned(),
            is_busy: question.is_none() || dialog.checking.is_some(),
        }
    }
}

struct Words<'a> {
    item: &'a PanelItem,
    language: Language,
}

impl Words<'_> {
    fn of(&self, state: &State) -> ViewModel {
        let (words, language) = (self, self.language);
        match state {
            State::Loading => words.loading(),
            State::Late => words.late(),
            State::Unread(wait) => words.unread(*wait),
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
                let model = words.model(panel::won(language, number.as_deref()));
                let model = model.hint(panel::won_hint(language, words.item.sale_price));
                let model = model.link(panel::to_order(language), routes::order(*order_id));
                deadline_ms.map_or(model.clone(), |until_ms| model.big(Big::Clock(until_ms)))
            }
            State::Paid { order_id, number } => words
                .model(panel::paid(language, number))
                .big(Big::Words(panel::paid_big(language).to_owned()))
                .link(panel::to_order(language), routes::order(*order_id)),
            State::Expired {
                order_id,
                reason,
                again,
            } => words
                .model(panel::expired(language, *reason))
                .hint(panel::expired_hint(language, *again))
                .link(panel::to_order(language), routes::order(*order_id))
                .again(*again, panel::again(language)),
            State::Lost { loss, again } => words.lost(*loss, *again),
            State::SoldOut => words.sold_out(),
            State::Ended => words
                .model(panel::ended(language))
                .hint(panel::ended_hint(language))
                .link(panel::to_list(language), routes::HOME.to_owned()),
            State::Stopped { words: theirs } => {
                let hint = theirs
                    .clone()
                    .unwrap_or_else(|| panel::stopped_hint(language).into());
                words.model(panel::stopped(language)).hint(hint)
            }
            State::Waiting(wait) => words.waiting(*wait),
        }
    }

    fn sold_out(&self) -> ViewModel {
        let language = self.language;
        self.model(panel::sold_out(language))
            .hint(panel::sold_out_hint(language))
            .link(panel::to_list(language), routes::HOME.to_owned())
    }

    #[expect(
        clippy::unused_self,
        reason = "made as the others are: `words.model(…)` beside `words.waiting(…)`"
    )]
    fn model(&self, status: impl Into<String>) -> ViewModel {
        ViewModel {
            name: "",
            status: status.into(),
            big: Big::Words(String::new()),
            hint: String::new(),
            button: None,
            link: None,
            dialog: None,
        }
    }

    fn sign_in(&self, model: ViewModel) -> ViewModel {
        let address = routes::login_to_buy(self.item.item_id);
        model.link(panel::sign_in(self.language), address)
    }

    fn buy_label(&self) -> String {
        panel::buy(self.language, self.item.sale_price)
    }

    /// Also the server's rendering: true for everybody, at any time.
    fn loading(&self) -> ViewModel {
        self.model(panel::loading(self.language))
            .big(Big::Words(panel::COUNTDOWN_PLACEHOLDER.to_owned()))
            .hint(panel::rules(
                self.language,
                self.item.total,
                self.item.pay_window_s,
            ))
            .button(self.buy_label(), Press::Dead)
    }

    fn before(&self, opens_at_ms: i64, readiness: Readiness, warm: bool) -> ViewModel {
        let language = self.language;
        let status = match readiness {
            Readiness::Ready => panel::you_are_ready(language),
            Readiness::Expired => panel::expired_answer(language, false),
            _ => panel::opens_in(language, warm),
        };
        let model = self.model(status).big(Big::Clock(opens_at_ms));
        match (readiness, warm) {
            (Readiness::SignedOut, _) => {
                self.sign_in(model.hint(panel::sign_in_to_be_ready(language)))
            }
            (Readiness::ToAnswer | Readiness::Expired, false) => model
                .hint(panel::you_are_signed_in(language, self.item.opens_before_s))
                .button(self.buy_label(), Press::Dead),
            (Readiness::ToAnswer, true) => model
                .hint(panel::answer_early_hint(language))
                .button(panel::answer_early(language), Press::Acts),
            (Readiness::Expired, true) => model
                .hint(panel::answer_again(language))
                .button(panel::answer_early(language), Press::Acts),
            (Readiness::Ready, _) => model
                .hint(panel::ready_before_hint(language))
                // It may have the focus, and keeps it: one key press is enough at the start.
                .button(self.buy_label(), Press::Locked),
        }
    }

    fn open(&self, ends_at_ms: i64, readiness: Readiness) -> ViewModel {
        let language = self.language;
        let status = match readiness {
            Readiness::Expired => panel::expired_answer(language, true),
            _ => panel::open(language),
        };
        let model = self.model(status).big(Big::Clock(ends_at_ms));
        match readiness {
            Readiness::SignedOut => self.sign_in(model.hint(panel::sign_in_to_buy(language))),
            Readiness::ToAnswer => model
                .hint(panel::open_hint(language))
                .button(self.buy_label(), Press::Acts),
            Readiness::Expired => model
                .hint(panel::answer_again(language))
                .button(self.buy_label(), Press::Acts),
            Readiness::Ready => model
                .hint(panel::ready_hint(language))
                .button(self.buy_label(), Press::Acts),
        }
    }

    fn asking(&self) -> ViewModel {
        self.model(panel::asking(self.language))
            .hint(panel::asking_hint(self.language))
            .button(self.buy_label(), Press::Locked)
    }

    fn queued(&self, position: Option<u32>, shaky: bool, given_up: bool) -> ViewModel {
        let language = self.language;
        let big = position.map_or(String::new(), |position| {
            panel::position(language, position)
        });
        let hint = match (given_up, shaky) {
            (true, _) => panel::given_up(language),
            (false, true) => panel::queued_shaky(language),
            (false, false) => panel::queued_hint(language),
        };
        self.model(panel::queued(language, position))
            .big(Big::Words(big))
            .hint(hint)
            .link(panel::to_orders(language), routes::ORDERS.to_owned())
    }

    fn lost(&self, loss: Loss, again: bool) -> ViewModel {
        let language = self.language;
        let (status, hint) = match loss {
            Loss::Failed(reason) => (
                panel::failed(language),
                panel::failed_hint(language, reason),
            ),
            Loss::Banned => (panel::banned(language), panel::banned_hint(language)),
            Loss::Refused => (panel::refused(language), panel::refused_hint(language)),
        };
        let model = self
            .model(status)
            .hint(hint)
            .again(again, panel::again(language));
        match loss {
            Loss::Banned => model.link(panel::to_contact(language), routes::CONTACT.to_owned()),
            _ => model,
        }
    }

    /// No answer, and nothing to press: the request is in flight.
    fn late(&self) -> ViewModel {
        self.model(panel::no_answer_yet(self.language))
            .big(Big::Words(panel::COUNTDOWN_PLACEHOLDER.to_owned()))
            .hint(panel::unread_hint(self.language))
            .button(self.buy_label(), Press::Dead)
    }

    fn unread(&self, wait: Wait) -> ViewModel {
        let language = self.language;
        let hint = match wait.trouble {
            Trouble::Offline => panel::unread_offline_hint(language),
            _ => panel::unread_hint(language),
        };
        self.model(self.trouble(wait.trouble))
            .big(Big::Seconds(wait.until_ms))
            .hint(hint)
            .button(panel::retry_now(language), Press::Acts)
    }

    fn waiting(&self, wait: Wait) -> ViewModel {
        let language = self.language;
        let hint = match wait.trouble {
            Trouble::Offline => panel::offline_hint(language),
            Trouble::Closed => panel::closed_hint(language),
            Trouble::Busy | Trouble::TooOften | Trouble::Silent => panel::busy_hint(language),
        };
        self.model(self.trouble(wait.trouble))
            .big(Big::Seconds(wait.until_ms))
            .hint(hint)
    }

    fn trouble(&self, trouble: Trouble) -> &'static str {
        match trouble {
            Trouble::Busy => panel::busy(self.language),
            Trouble::TooOften => panel::too_often(self.language),
            Trouble::Closed => panel::closed(self.language),
            Trouble::Offline => panel::offline(self.language),
            Trouble::Silent => panel::silent(self.language),
        }
    }
}
