//! The machine, taken through scenarios.

mod buying;
mod facts;
mod following;
mod path;
mod waking;

use super::{Dialog, Effect, Event, EventContext, Machine, Slot, State};
use crate::wire::{
    AccountId, ApiError, CaptchaChallenge, CaptchaId, HiddenPath, ItemId, Language, LocalText, Me,
    Money, Order, OrderId, OrderState, Phase, ReservationId, ReservationState, ReservationStatus,
    Reserved, Role, Stock,
};
use uuid::Uuid;

/// The round of the scenarios.
const START_MS: i64 = 1_000_000;
const END_MS: i64 = 2_000_000;
const OPENS_BEFORE_S: u32 = 60;
/// The page of the scenarios woke up at this instant.
const PAGE_BEGAN_MS: i64 = 900_000;

/// A machine with its clock, and its latest effects.
struct Scenario {
    machine: Machine,
    now_ms: i64,
    effects: Vec<Effect>,
}

impl Scenario {
    /// The page woke up at `now_ms`; nothing else is known.
    fn asleep(now_ms: i64) -> Self {
        Self {
            machine: Machine::new((START_MS, END_MS), OPENS_BEFORE_S, None, Language::En),
            now_ms,
            effects: Vec::new(),
        }
    }

    /// A signed-in visitor without a reservation, in front of `sellable` units.
    fn signed_in(now_ms: i64, sellable: u32) -> Self {
        let mut scenario = Self::asleep(now_ms);
        scenario.tell(Event::ClockSet);
        scenario.tell(Event::MeRead(Ok(Some(me()))));
        scenario.tell(Event::MineRead(Ok(None)));
        scenario.tell(Event::StockRead(Ok(stock(sellable))));
        scenario
    }

    /// A visitor who pressed the button and answered; the purchase is on its way.
    fn buying() -> Self {
        let mut scenario = Self::signed_in(START_MS + 1_000, 5);
        scenario.tell(Event::Pressed);
        scenario.answer();
        scenario
    }

    /// The question arrives and is answered rightly.
    fn answer(&mut self) {
        self.tell(Event::Asked(Ok(question(1))));
        self.tell(Event::Answered("7".to_owned()));
        let path = path(self.now_ms.max(START_MS) + 60_000);
        self.tell(Event::PathGiven(Ok(path)));
    }

    fn tell(&mut self, event: Event) -> &mut Self {
        let at = EventContext {
            now_ms: self.now_ms,
            page_ms: self.page_ms(),
            chance: 500,
        };
        self.effects = self.machine.step(at, event);
        self
    }

    /// Time passes without an event.
    fn at(&mut self, now_ms: i64) -> &mut Self {
        self.now_ms = now_ms;
        self
    }

    /// The page's own time.
    fn page_ms(&self) -> i64 {
        self.now_ms - PAGE_BEGAN_MS
    }

    fn state(&self) -> State {
        self.machine.state(self.now_ms)
    }

    #[track_caller]
    fn is(&self, name: &str) {
        assert_eq!(self.state().name(), name, "{:?}", self.state());
    }

    fn dialog(&self) -> &Dialog {
        self.machine.dialog().expect("the dialog is open")
    }

    /// The path stored for the next page, if any.
    fn kept(&self) -> Option<&HiddenPath> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::KeepPath { account_id, path } => {
                assert_eq!(*account_id, me().account_id);
                Some(path)
            }
            _ => None,
        })
    }

    fn wants(&self, effect: &Effect) -> bool {
        self.effects.contains(effect)
    }

    /// When the timer goes off, if this step set it.
    fn timer_ms(&self, wanted: Slot) -> Option<i64> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::Later { slot, ms } if *slot == wanted => Some(*ms),
            _ => None,
        })
    }

    /// The path of the requested purchase, if any.
    fn purchase(&self) -> Option<&str> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::Purchase { path } => Some(path.as_str()),
            _ => None,
        })
    }
}

fn me() -> Me {
    Me {
        account_id: AccountId(Uuid::from_u128(1)),
        nickname: "明".to_owned(),
        mobile: "138****0001".to_owned(),
        role: Role::Buyer,
        banned: false,
    }
}

fn stock(sellable: u32) -> Stock {
    Stock {
        total: 10,
        sellable,
        phase: Phase::Running,
        starts_at_ms: START_MS,
        ends_at_ms: END_MS,
        stopped: None,
    }
}

fn question(number: u128) -> CaptchaChallenge {
    let captcha_id = CaptchaId(Uuid::from_u128(number));
    CaptchaChallenge {
        captcha_id,
        image_url: format!("/captcha/{captcha_id}.png"),
        prompt: "?".to_owned(),
        numeric: true,
    }
}

fn path(expires_at_ms: i64) -> HiddenPath {
    HiddenPath {
        path: "p".to_owned(),
        expires_at_ms,
    }
}

fn reservation_id() -> ReservationId {
    ReservationId(Uuid::from_u128(2))
}

fn order_id() -> OrderId {
    OrderId(Uuid::from_u128(3))
}

fn reserved() -> Reserved {
    Reserved {
        reservation_id: reservation_id(),
        position: 37,
    }
}

fn status(state: ReservationState) -> ReservationStatus {
    ReservationStatus {
        reservation_id: reservation_id(),
        item_id: Some(ItemId(Uuid::from_u128(9))),
        state,
        position: (state == ReservationState::Queued).then_some(37),
        order_id: (state == ReservationState::Ordered).then(order_id),
        reason: None,
    }
}

fn order(state: OrderState, pay_deadline_ms: i64) -> Order {
    Order {
        order_id: order_id(),
        item_id: ItemId(Uuid::from_u128(9)),
        title: LocalText::default(),
        picture_url: String::new(),
        amount: Money(9_900),
        state,
        close_reason: None,
        created_at_ms: START_MS,
        pay_deadline_ms,
    }
}

fn busy() -> ApiError {
    ApiError::Busy { retry_after_s: 1 }
}
