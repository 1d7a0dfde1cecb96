//! The machine's hands: performs its effects with the server and the browser, and tells it what
//! came of them.

use leptos::{prelude::*, task::spawn_local};

use super::{
    PanelItem,
    machine::{Effect as Wish, Event, Machine, Moment, Sheet, Slot, State},
};
use crate::{
    api,
    browser::{
        clock, page,
        timers::{Alarm, after, chance_in_thousand, within},
    },
    wire::{ApiError, ItemId, Language},
};

/// A request without an answer for so long is taken for lost.
const PATIENCE_MS: i64 = 10_000;

/// A running machine. Requests are owned by the page, not by what asked for them: pressing, closing
/// or leaving a state never takes one back.
#[derive(Clone, Copy)]
pub struct Runner {
    item_id: ItemId,
    language: Language,
    machine: StoredValue<Machine>,
    alarms: StoredValue<[Option<Alarm>; Slot::COUNT]>,
    state: RwSignal<State>,
    sheet: RwSignal<Option<Sheet>>,
}

impl Runner {
    /// A machine that sleeps until [`Runner::live`].
    pub fn new(item: &PanelItem, language: Language) -> Self {
        let machine = Machine::new(item.starts_at_ms, item.ends_at_ms, item.stopped.clone());
        Self {
            item_id: item.item_id,
            language,
            machine: StoredValue::new(machine),
            alarms: StoredValue::new(Default::default()),
            state: RwSignal::new(State::Loading),
            sheet: RwSignal::new(None),
        }
    }

    /// What to show.
    pub fn state(self) -> ReadSignal<State> {
        self.state.read_only()
    }

    /// The sheet with the question, while it is open.
    pub fn sheet(self) -> ReadSignal<Option<Sheet>> {
        self.sheet.read_only()
    }

    /// Follows the clock and the page from now on; does nothing on the server.
    pub fn live(self) {
        Effect::new(move || {
            if clock::watch_ms().is_some() {
                self.send(Event::ClockSet);
            }
        });
        Effect::new(move |before: Option<page::Sight>| {
            let sight = page::sight();
            if before.is_some_and(|before| before != sight) {
                self.send(if sight.visible {
                    Event::Shown
                } else {
                    Event::Hidden
                });
            }
            sight
        });
    }

    /// Tells the machine, shows what it says, and does what it wants. Nothing happens before the
    /// clock is set, because nothing can happen then.
    pub fn send(self, event: Event) {
        let Some(now_ms) = clock::now_ms() else {
            return;
        };
        let at = Moment {
            now_ms,
            chance: chance_in_thousand(),
        };
        let told = self.machine.try_update_value(|machine| {
            let wishes = machine.step(at, event);
            (wishes, machine.state(now_ms), machine.sheet().cloned())
        });
        let Some((wishes, state, sheet)) = told else {
            return;
        };
        if self.state.with_untracked(|shown| *shown != state) {
            self.state.set(state);
        }
        if self.sheet.with_untracked(|shown| *shown != sheet) {
            self.sheet.set(sheet);
        }
        for wish in wishes {
            self.perform(wish);
        }
    }

    fn perform(self, wish: Wish) {
        let item_id = self.item_id;
        match wish {
            Wish::ReadMe => self.request(api::me(), Event::MeRead),
            Wish::ReadStock => self.request(api::stock(item_id), Event::StockRead),
            Wish::ReadMine => self.request(api::my_reservation(item_id), Event::MineRead),
            Wish::ReadWords => {
                let language = self.language;
                self.request(api::item(item_id), move |answer| {
                    let words = answer.ok().and_then(|item| item.stopped);
                    Event::WordsRead(words.map(|words| words.get(language).to_owned()))
                });
            }
            Wish::AskQuestion => self.request(api::captcha(item_id), Event::Asked),
            Wish::AskWords(captcha_id) => {
                self.request(api::captcha_words(captcha_id), Event::Spelt);
            }
            Wish::AskPath { captcha_id, answer } => {
                let path = api::path(item_id, Some(captcha_id), Some(answer));
                self.request(path, Event::PathGiven);
            }
            Wish::Purchase { path } => {
                self.request(api::purchase(path, item_id), Event::Purchased);
            }
            Wish::ReadReservation(reservation_id) => {
                self.request(api::reservation(reservation_id), Event::Followed);
            }
            Wish::ReadOrder(order_id) => self.request(api::order(order_id), |answer| {
                Event::OrderRead(answer.map(|detail| detail.order))
            }),
            Wish::SynchroniseClock => clock::synchronise(),
            Wish::Later { slot, ms } => {
                let alarm = after(ms, move || self.send(Event::Due(slot)));
                // Refused when the panel is gone; the alarm goes with it.
                let _ = self
                    .alarms
                    .try_update_value(|alarms| alarms[slot as usize] = Some(alarm));
            }
        }
    }

    fn request<T: 'static>(
        self,
        work: impl Future<Output = Result<T, ApiError>> + 'static,
        event: impl FnOnce(Result<T, ApiError>) -> Event + 'static,
    ) {
        spawn_local(async move {
            let answer = within(PATIENCE_MS, work)
                .await
                .unwrap_or(Err(ApiError::Offline));
            self.send(event(answer));
        });
    }
}
