//! Performs the machine's effects with the server and the browser, reports the results to it, and
//! keeps the shown state.

use std::pin::Pin;

use leptos::{prelude::*, task::spawn_local};

use super::{
    PanelItem,
    machine::{Effect, Event, EventContext, Machine, Slot, State},
    stored_path,
    view_model::ViewModel,
};
use crate::{
    api,
    browser::{
        clock::{self, Reading},
        effects::on_change,
        page,
        timers::{Alarm, after, chance_in_thousand, within},
    },
    wire::{ApiError, ItemId, Language},
};

/// A request without an answer for this long counts as lost.
const TIMEOUT_MS: i64 = 10_000;

/// A running machine. The page owns its requests: pressing, closing or leaving a state never
/// cancels one.
#[derive(Clone, Copy)]
pub struct Runner {
    item_id: ItemId,
    language: Language,
    parts: StoredValue<Parts>,
    model: RwSignal<ViewModel>,
}

struct Parts {
    item: PanelItem,
    machine: Machine,
    alarms: [Option<Alarm>; Slot::COUNT],
}

/// The server's rendering: nothing is known, except in a preview.
#[cfg(feature = "ssr")]
fn first_state(item: &PanelItem) -> State {
    super::preview::state(item).unwrap_or(State::Loading)
}

/// The state in which the panel wakes up.
#[cfg(not(feature = "ssr"))]
fn first_state(_: &PanelItem) -> State {
    State::Loading
}

impl Runner {
    /// A machine that sleeps until [`Runner::live`].
    pub fn new(item: PanelItem, language: Language) -> Self {
        let stopped = item.stopped.clone();
        let window_ms = (item.starts_at_ms, item.ends_at_ms);
        let machine = Machine::new(window_ms, item.opens_before_s, stopped, language);
        let model = ViewModel::of(&first_state(&item), None, &item, language);
        let item_id = item.item_id;
        let parts = Parts {
            item,
            machine,
            alarms: Default::default(),
        };
        let (parts, model) = (StoredValue::new(parts), RwSignal::new(model));
        Self {
            item_id,
            language,
            parts,
            model,
        }
    }

    /// The model to show.
    pub fn model(self) -> ReadSignal<ViewModel> {
        self.model.read_only()
    }

    /// A text of the model. Plain functions give all texts one type.
    pub fn text(self, of: fn(&ViewModel) -> String) -> Signal<String> {
        Signal::derive(move || self.model.with(of))
    }

    /// An attribute of the model that may be missing.
    pub fn attribute(self, of: fn(&ViewModel) -> Option<String>) -> Signal<Option<String>> {
        Signal::derive(move || self.model.with(of))
    }

    /// A yes or no of the model.
    pub fn flag(self, of: fn(&ViewModel) -> bool) -> Signal<bool> {
        Signal::derive(move || self.model.with(of))
    }

    /// Follows the clock and the page from now on; does nothing on the server.
    pub fn live(self) {
        on_change(move || match clock::watch() {
            Reading::Awaited => {}
            Reading::Missed { error, retry_at_ms } => {
                self.send(Event::ClockMissed { error, retry_at_ms });
            }
            Reading::Set => self.send(Event::ClockSet),
        });
        let mut before = None;
        on_change(move || {
            let visibility = page::visibility();
            let event = match (before.replace(visibility), visibility.visible) {
                (Some(before), _) if before == visibility => return,
                (None, true) => Event::Begun,
                (Some(_), true) => Event::Shown,
                (_, false) => Event::Hidden,
            };
            self.send(event);
        });
    }

    /// Passes an event to the machine, shows its state, and performs its effects.
    pub fn send(self, event: Event) {
        let now_ms = clock::now_ms().unwrap_or_default();
        let at = EventContext {
            now_ms,
            page_ms: clock::page_ms(),
            chance: chance_in_thousand(),
        };
        let told = self.parts.try_update_value(|Parts { item, machine, .. }| {
            let effects = machine.step(at, event);
            let state = machine.state(now_ms);
            (
                effects,
                ViewModel::of(&state, machine.dialog(), item, self.language),
            )
        });
        let Some((effects, model)) = told else { return };
        if self.model.with_untracked(|shown| *shown != model) {
            self.model.set(model);
        }
        for effect in effects {
            self.perform(effect);
        }
    }

    fn perform(self, effect: Effect) {
        use Event::{
            Asked, Followed, MeRead, MineRead, OrderRead, PathGiven, PathRecalled, Purchased,
            Spelt, StockRead,
        };
        let item_id = self.item_id;
        let lost = ApiError::Offline;
        match effect {
            Effect::ReadMe => self.request(MeRead(Err(lost)), async { MeRead(api::me().await) }),
            Effect::ReadStock => self.request(StockRead(Err(lost)), async move {
                StockRead(api::stock(item_id).await)
            }),
            Effect::ReadMine => self.request(MineRead(Err(lost)), async move {
                MineRead(api::my_reservation(item_id).await)
            }),
            Effect::AskQuestion => self.request(Asked(Err(lost)), async move {
                Asked(api::captcha(item_id).await)
            }),
            Effect::AskWords(captcha_id) => self.request(Spelt(Err(lost)), async move {
                Spelt(api::captcha_words(captcha_id).await)
            }),
            Effect::AskPath { captcha_id, answer } => self
                .request(PathGiven(Err(lost)), async move {
                    PathGiven(api::path(item_id, Some(captcha_id), Some(answer)).await)
                }),
            Effect::RecallPath(account_id) => {
                self.send(PathRecalled(stored_path::recall(item_id, account_id)));
            }
            Effect::KeepPath { account_id, path } => stored_path::keep(item_id, account_id, path),
            Effect::ForgetPath => stored_path::forget(item_id),
            Effect::Purchase { path } => self.request(Purchased(Err(lost)), async move {
                Purchased(api::purchase(path, item_id).await)
            }),
            Effect::ReadReservation(reservation_id) => self
                .request(Followed(Err(lost)), async move {
                    Followed(api::reservation(reservation_id).await)
                }),
            Effect::ReadOrder(order_id) => self.request(OrderRead(Err(lost)), async move {
                OrderRead(api::order(order_id).await.map(|detail| detail.order))
            }),
            Effect::SynchroniseClock => clock::synchronise(),
            Effect::Later { slot, ms } => self.set_alarm(slot, ms),
        }
    }

    fn set_alarm(self, slot: Slot, ms: i64) {
        let alarm = after(ms, move || self.send(Event::Due(slot)));
        // Refused when the panel is gone; then the alarm is dropped too.
        let _ = self
            .parts
            .try_update_value(|parts| parts.alarms[slot as usize] = Some(alarm));
    }

    /// Passes the answer to the machine, or the event `lost`.
    fn request(self, lost: Event, work: impl Future<Output = Event> + 'static) {
        self.follow(lost, Box::pin(work));
    }

    fn follow(self, lost: Event, work: Pin<Box<dyn Future<Output = Event>>>) {
        spawn_local(async move {
            let event = within(TIMEOUT_MS, work).await.unwrap_or(lost);
            self.send(event);
        });
    }
}
