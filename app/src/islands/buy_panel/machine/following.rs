//! The fate of a reservation: queued → order → paid or closed, or failed.

use super::{Effect, EventContext, Loss, Machine, Slot, State, Wait};
use crate::wire::{
    ApiError, Order, OrderId, OrderState, Rejection, ReservationId, ReservationState,
    ReservationStatus,
};

/// The first poll comes after this long; each next interval is half as long again…
const FIRST_LOOK_MS: i64 = 300;
/// …up to this.
const SLOW_LOOK_MS: i64 = 2_000;
/// The shop has denied the reservation for this long: it was lost on its way to the ledger. Longer
/// than an order takes whose entry in the cache was lost.
const VOID_AFTER_MS: i64 = 15_000;
/// One last poll, of the visitor's latest reservation.
const LATE_LOOK_MS: i64 = 60_000;
/// Then polling ends, and the panel says so.
const GIVE_UP_MS: i64 = 180_000;
/// The server closes an order a moment after its deadline.
const AFTER_DEADLINE_MS: i64 = 1_500;
/// The longest pause between polls of an order that should be closed.
const LONGEST_PAUSE_MS: i64 = 60_000;

/// The visitor's reservation, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mine {
    /// The order is being written.
    Queued {
        reservation_id: ReservationId,
        position: Option<u32>,
        /// Followed since then.
        since_ms: i64,
        looks: u32,
        /// Polls in a row without an answer.
        misses: u32,
        /// The shop has denied this reservation since then.
        unknown_since_ms: Option<i64>,
        given_up: bool,
    },
    /// There is an order.
    Ordered {
        reservation_id: ReservationId,
        order_id: OrderId,
        /// If it was queued while this page watched: with this number.
        #[expect(
            clippy::option_option,
            reason = "not queued before our eyes; queued; queued with a number"
        )]
        queued: Option<Option<u32>>,
        /// The order, once read.
        order: Option<Order>,
        /// Reads in a row without an answer.
        misses: u32,
    },
    /// It failed; no reason if the shop lost it.
    Failed {
        reservation_id: ReservationId,
        reason: Option<Rejection>,
    },
}

impl Mine {
    pub fn queued(reservation_id: ReservationId, position: Option<u32>, since_ms: i64) -> Self {
        Mine::Queued {
            reservation_id,
            position,
            since_ms,
            looks: 0,
            misses: 0,
            unknown_since_ms: None,
            given_up: false,
        }
    }

    pub fn reservation_id(&self) -> ReservationId {
        match self {
            Mine::Queued { reservation_id, .. }
            | Mine::Ordered { reservation_id, .. }
            | Mine::Failed { reservation_id, .. } => *reservation_id,
        }
    }
}

impl Machine {
    pub(super) fn state_of_mine(&self, mine: &Mine, now_ms: i64) -> State {
        let again = self.is_signed_in() && self.sells(now_ms);
        match mine {
            Mine::Queued {
                position,
                misses,
                unknown_since_ms,
                given_up,
                ..
            } => State::Queued {
                position: *position,
                shaky: *misses > 1 && unknown_since_ms.is_none(),
                given_up: *given_up,
            },
            // The order is read in a moment; nothing changes until then.
            Mine::Ordered {
                order: None,
                misses: 0,
                queued,
                ..
            } => queued.map_or(State::Loading, |position| State::Queued {
                position,
                shaky: false,
                given_up: false,
            }),
            Mine::Ordered {
                order_id,
                order: None,
                ..
            } => State::Won {
                order_id: *order_id,
                number: None,
                deadline_ms: None,
            },
            Mine::Ordered {
                order_id,
                order: Some(order),
                ..
            } => {
                let order_id = *order_id;
                match order.state {
                    OrderState::PendingPayment => State::Won {
                        order_id,
                        number: Some(order.number()),
                        deadline_ms: Some(order.pay_deadline_ms),
                    },
                    // The order's page shows the later states of its money.
                    OrderState::Paid
                    | OrderState::Shipped
                    | OrderState::Received
                    | OrderState::Refunding
                    | OrderState::Refunded => State::Paid {
                        order_id,
                        number: order.number(),
                    },
                    OrderState::Closed => State::Expired {
                        order_id,
                        reason: order.close_reason,
                        again,
                    },
                }
            }
            Mine::Failed { reason, .. } => State::Lost {
                loss: Loss::Failed(*reason),
                again,
            },
        }
    }

    /// Whether the panel offers to try again.
    pub(super) fn state_offers_again(&self, now_ms: i64) -> bool {
        matches!(
            self.state(now_ms),
            State::Expired { again: true, .. } | State::Lost { again: true, .. }
        )
    }

    pub(super) fn already_reserved(&mut self, reservation_id: Option<ReservationId>) {
        match reservation_id {
            Some(reservation_id) => self.ask(Effect::ReadReservation(reservation_id)),
            None => self.ask(Effect::ReadMine),
        }
    }

    /// Handles the server's answer about the visitor's reservation.
    pub(super) fn follow(&mut self, at: EventContext, status: ReservationStatus) {
        self.mine_known = true;
        self.purchase = super::Purchase::Idle;
        // The path is used up: the reservation was made with it.
        self.path = None;
        let reservation_id = status.reservation_id;
        let known = self
            .mine
            .take()
            .filter(|mine| mine.reservation_id() == reservation_id);
        self.mine = Some(match (status.state, status.order_id, known) {
            (ReservationState::Failed, ..) => Mine::Failed {
                reservation_id,
                reason: status.reason,
            },
            (ReservationState::Ordered, Some(order_id), Some(mine @ Mine::Ordered { .. })) => {
                self.ask(Effect::ReadOrder(order_id));
                mine
            }
            (ReservationState::Ordered, Some(order_id), before) => {
                self.ask(Effect::ReadOrder(order_id));
                let queued = match before {
                    Some(Mine::Queued { position, .. }) => Some(position),
                    _ => None,
                };
                Mine::Ordered {
                    reservation_id,
                    order_id,
                    queued,
                    order: None,
                    misses: 0,
                }
            }
            // A newer answer has overtaken this one.
            (_, _, Some(mine @ (Mine::Ordered { .. } | Mine::Queued { .. }))) => mine,
            (..) => Mine::queued(reservation_id, status.position, at.now_ms),
        });
        if let Some(Mine::Queued {
            position,
            misses,
            unknown_since_ms,
            ..
        }) = &mut self.mine
        {
            *misses = 0;
            *unknown_since_ms = None;
            *position = status.position.or(*position);
            self.look_again_soon(at);
        }
        self.plan_next_look(at);
    }

    /// Whether the visitor holds or bought a unit: then the remaining stock does not matter.
    pub(super) fn holds(&self) -> bool {
        match &self.mine {
            Some(Mine::Ordered {
                order: Some(order), ..
            }) => order.state != OrderState::Closed,
            Some(Mine::Queued { .. } | Mine::Ordered { order: None, .. }) => true,
            Some(Mine::Failed { .. }) | None => false,
        }
    }

    /// Schedules the next poll of a queued reservation, or gives up.
    pub(super) fn look_again_soon(&mut self, at: EventContext) {
        let Some(Mine::Queued {
            since_ms,
            looks,
            given_up,
            ..
        }) = &mut self.mine
        else {
            return;
        };
        if at.now_ms - *since_ms >= GIVE_UP_MS {
            *given_up = true;
            return;
        }
        let ms = (0..*looks).fold(FIRST_LOOK_MS, |ms, _| (ms * 3 / 2).min(SLOW_LOOK_MS));
        *looks = (*looks + 1).min(16);
        self.later(Slot::Follow, at.spread(ms));
    }

    /// Reads its state.
    pub(super) fn look_after_mine(&mut self) {
        match &self.mine {
            Some(Mine::Queued { reservation_id, .. }) => {
                let reservation_id = *reservation_id;
                self.ask(Effect::ReadReservation(reservation_id));
            }
            Some(Mine::Ordered { order_id, .. }) => {
                let order_id = *order_id;
                self.ask(Effect::ReadOrder(order_id));
            }
            Some(Mine::Failed { .. }) | None => {}
        }
    }

    pub(super) fn followed(
        &mut self,
        at: EventContext,
        answer: Result<ReservationStatus, ApiError>,
    ) {
        match answer {
            Ok(status) => self.follow(at, status),
            Err(ApiError::Unauthenticated) => self.signed_out(),
            Err(ApiError::NotFound) if self.is_void(at) => {}
            Err(error) => {
                if let Some(Mine::Queued {
                    misses,
                    unknown_since_ms,
                    ..
                }) = &mut self.mine
                {
                    if error != ApiError::NotFound {
                        *unknown_since_ms = None;
                    }
                    *misses += 1;
                    let wait = Wait::after(at, &error, (*misses - 1).min(3));
                    self.later(Slot::Follow, wait.ms(at));
                    self.give_up_in_time(at);
                } else if self.mine.is_none() {
                    // Between "already reserved" and the reservation; a new reading finds it too.
                    self.later(Slot::Resync, Wait::after(at, &error, 1).ms(at));
                }
            }
        }
    }

    /// Whether the shop has denied the reservation for long enough to stop waiting for it.
    fn is_void(&mut self, at: EventContext) -> bool {
        let Some(Mine::Queued {
            reservation_id,
            unknown_since_ms,
            ..
        }) = &mut self.mine
        else {
            return false;
        };
        let since_ms = *unknown_since_ms.get_or_insert(at.now_ms);
        if at.now_ms - since_ms < VOID_AFTER_MS {
            return false;
        }
        self.mine = Some(Mine::Failed {
            reservation_id: *reservation_id,
            reason: None,
        });
        // It may only have been slow.
        self.later(Slot::Resync, at.spread(LATE_LOOK_MS));
        true
    }

    fn give_up_in_time(&mut self, at: EventContext) {
        if let Some(Mine::Queued {
            since_ms, given_up, ..
        }) = &mut self.mine
        {
            *given_up = at.now_ms - *since_ms >= GIVE_UP_MS;
        }
    }

    pub(super) fn order_read(&mut self, at: EventContext, answer: Result<Order, ApiError>) {
        let Some(Mine::Ordered {
            order_id,
            order,
            misses,
            ..
        }) = &mut self.mine
        else {
            return;
        };
        match answer {
            Ok(read) if read.order_id == *order_id => {
                let pause_ms = pause_until_closed_ms(&read, at.now_ms);
                *order = Some(read);
                *misses = 0;
                if let Some(ms) = pause_ms {
                    self.later(Slot::Follow, ms);
                }
                self.plan_next_look(at);
            }
            Ok(_) => {}
            Err(ApiError::Unauthenticated) => self.signed_out(),
            Err(error) => {
                *misses += 1;
                let wait = Wait::after(at, &error, *misses - 1);
                self.later(Slot::Follow, wait.ms(at));
            }
        }
    }
}

/// When to read an unpaid order again: just after its deadline; if it is still open then, after as
/// long again as it is overdue.
fn pause_until_closed_ms(order: &Order, now_ms: i64) -> Option<i64> {
    if order.state != OrderState::PendingPayment {
        return None;
    }
    let left_ms = order.pay_deadline_ms - now_ms;
    Some(if left_ms > 0 {
        left_ms + AFTER_DEADLINE_MS
    } else {
        (-left_ms).clamp(AFTER_DEADLINE_MS, LONGEST_PAUSE_MS)
    })
}
