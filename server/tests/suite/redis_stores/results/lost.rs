//! Reservations that were lost on their way to the ledger, and those with only a lost result.

use app::{
    port::Storefront,
    wire::{ApiError, ReservationStatus},
};
use futures::future::join_all;
use server::engine::{
    ports::{OrderQueue, Outbox, Release, Restock, StockGate, Window},
    storefront::ShopFront,
};
use uuid::{NoContext, Timestamp, Uuid};

use super::*;
use crate::{
    purchase::visitor,
    support::{HOUR_MS, OUTBOX_IDLE, START_MS},
};

const DAY_MS: i64 = 24 * HOUR_MS;
/// After this time nothing is under way.
const UNDER_WAY_MS: i64 = 40_000;

/// A reservation of the buyer with this number, whose id is made now.
fn made_now(instances: &Instances, number: u32) -> ReserveRequest {
    let now_ms = instances.shop.clock.get() as u64;
    let nanoseconds = (now_ms % 1000) as u32 * 1_000_000;
    let now = Timestamp::from_unix(NoContext, now_ms / 1000, nanoseconds);
    let mut request = instances.hold(number);
    request.unit.reservation_id = ReservationId(Uuid::new_v7(now));
    request
}

impl Instances {
    async fn load(&self) {
        let open = Window {
            starts_at_ms: START_MS,
            ends_at_ms: START_MS + HOUR_MS,
            stopped: false,
        };
        self.redis_gate.warm_up(self.item_id, open).await.unwrap();
    }

    /// The gate holds a unit, and the result is recorded.
    async fn hold_at_gate(&self, number: u32) -> Unit {
        let request = made_now(self, number);
        let decision = self.redis_gate.reserve(request.clone()).await.unwrap();
        let Decision::Held { position } = decision else {
            panic!("{decision:?}");
        };
        self.results.record_queued(request.unit, position).await;
        request.unit
    }

    /// Sends the outbox's entries to a queue that loses them.
    async fn lose_entries(&self, place: &Place) -> Vec<QueuedReservation> {
        let outbox = self.shop.redis_outbox(&place.redis(), OUTBOX_IDLE);
        let taken = outbox.take(10).await.entries;
        outbox.forward(&taken).await.unwrap();
        taken.into_iter().map(|entry| entry.reservation).collect()
    }

    /// The answer about a reservation to its buyer, or to another.
    async fn told(&self, unit: Unit, number: u32) -> Result<ReservationStatus, ApiError> {
        let mut who = visitor(number);
        who.me.as_mut().unwrap().account_id = self.buyers[number as usize];
        let front = ShopFront::new(self.shop.engine.clone());
        front.reservation(&who, unit.reservation_id).await
    }

    async fn state(&self, unit: Unit) -> ReservationState {
        self.told(unit, 1).await.unwrap().state
    }
}

#[tokio::test]
async fn a_reservation_is_queued_while_the_gate_holds_its_unit_and_failed_afterwards() {
    for place in Place::both() {
        let instances = Instances::open(&place).await;
        instances.load().await;
        let unit = instances.hold_at_gate(1).await;
        let queued = ReservationState::Queued;
        instances.shop.clock.advance(50 * 60_000);
        assert_eq!(instances.state(unit).await, queued, "the gate holds it");

        let released = instances.redis_gate.release(unit, Release::Return).await;
        released.unwrap();
        assert_eq!(instances.state(unit).await, queued, "it is in the outbox");
        let entries = instances.lose_entries(&place).await;
        until("the end", async || instances.state(unit).await != queued).await;
        let told = instances.told(unit, 1).await.unwrap();
        assert_eq!(told.state, ReservationState::Failed);
        assert_eq!(told.reason, Some(Rejection::Busy));
        let failed = (unit.reservation_id, ReservationState::Failed);
        assert_eq!(listed(&instances, 1).await, [failed]);
        assert_eq!(instances.told(unit, 2).await, Err(ApiError::NotFound));

        // A late entry changes nothing: a buyer who was told that it failed gets no order.
        instances.write(&entries).await;
        assert_eq!(instances.state(unit).await, ReservationState::Failed);
        assert_eq!(instances.shop.audit().await.items[0].orders_live, 0);
    }
}

#[tokio::test]
async fn a_lost_reservation_is_not_listed_as_queued_even_without_polling() {
    let place = Place::alone(shared());
    let instances = Instances::open(&place).await;
    instances.load().await;
    let unit = instances.hold_at_gate(1).await;
    let released = instances.redis_gate.release(unit, Release::Return).await;
    released.unwrap();
    instances.lose_entries(&place).await;
    instances.shop.clock.advance(UNDER_WAY_MS - 1);
    let queued = (unit.reservation_id, ReservationState::Queued);
    assert_eq!(listed(&instances, 1).await, [queued], "it may be under way");
    instances.shop.clock.advance(1);
    let failed = (unit.reservation_id, ReservationState::Failed);
    assert_eq!(listed(&instances, 1).await, [failed]);
}

#[tokio::test]
async fn a_reservation_lost_after_its_round_fails_even_if_the_gate_lost_the_item() {
    let place = Place::alone(shared());
    let instances = Instances::open(&place).await;
    instances.load().await;
    let unit = instances.hold_at_gate(1).await;
    instances.lose_entries(&place).await;
    let key = format!("{}:{{{}}}:item", place.namespace, instances.item_id);
    shared().cli(&["del", &key]);
    instances.shop.clock.advance(UNDER_WAY_MS);
    let queued = ReservationState::Queued;
    assert_eq!(instances.state(unit).await, queued, "it is loaded again");
    instances.shop.clock.advance(HOUR_MS);
    assert_eq!(instances.state(unit).await, ReservationState::Failed);
}

#[tokio::test]
async fn a_hold_with_a_lost_result_is_still_queued() {
    for place in Place::both() {
        let instances = Instances::open(&place).await;
        instances.load().await;
        let request = made_now(&instances, 1);
        let unit = request.unit;
        instances.redis_gate.reserve(request).await.unwrap();
        assert_eq!(instances.get(unit).await, None);
        assert_eq!(instances.told(unit, 2).await, Err(ApiError::NotFound));
        let told = instances.told(unit, 1).await.unwrap();
        assert_eq!(
            (told.state, told.position),
            (ReservationState::Queued, Some(1))
        );
        let noted = instances.get(unit).await.unwrap();
        assert_eq!(
            (noted.unit.buyer, noted.unit.item_id),
            (unit.buyer, unit.item_id)
        );
    }
}

#[tokio::test]
async fn an_unknown_reservation_has_failed() {
    let place = Place::alone(shared());
    let instances = Instances::open(&place).await;
    let unit = made_now(&instances, 1).unit;
    let unknown = Err(ApiError::NotFound);
    instances.load().await;
    instances.shop.clock.advance(UNDER_WAY_MS - 1);
    assert_eq!(
        instances.told(unit, 1).await,
        unknown,
        "it may be under way"
    );
    instances.shop.clock.advance(1);
    let void = ReservationStatus {
        reservation_id: unit.reservation_id,
        item_id: None,
        state: ReservationState::Failed,
        position: None,
        order_id: None,
        reason: Some(Rejection::Busy),
    };
    assert_eq!(instances.told(unit, 1).await, Ok(void));
    let never = Unit {
        reservation_id: ReservationId(Uuid::from_u128(77)),
        ..unit
    };
    assert_eq!(instances.told(never, 1).await, unknown, "no id of ours");
    instances.shop.clock.advance(DAY_MS);
    assert_eq!(instances.told(unit, 1).await, unknown, "long ago");
}

#[tokio::test]
async fn searches_for_invented_ids_are_limited_per_buyer() {
    let place = Place::alone(shared());
    let instances = Instances::open(&place).await;
    instances.load().await;
    let invented: Vec<_> = (0..100).map(|_| made_now(&instances, 1).unit).collect();
    let other = made_now(&instances, 2).unit;
    instances.shop.clock.advance(UNDER_WAY_MS);
    let told = join_all(invented.iter().map(|unit| instances.told(*unit, 1))).await;
    let looked_for = told.iter().filter(|told| told.is_ok()).count();
    // The limit restarts every second, and a slow machine takes several.
    assert!((1..50).contains(&looked_for), "{looked_for} of 100");
    assert!(instances.told(other, 2).await.is_ok(), "somebody else");
}

#[tokio::test]
async fn nothing_is_lost_while_the_gate_is_not_loaded_or_entries_wait() {
    let place = Place::alone(shared());
    let instances = Instances::open(&place).await;
    let unit = made_now(&instances, 1).unit;
    let unknown = Err(ApiError::NotFound);
    instances.shop.clock.advance(UNDER_WAY_MS);
    assert_eq!(instances.told(unit, 1).await, unknown, "not loaded");

    let waits = QueuedReservation {
        unit: Unit {
            reservation_id: ReservationId(instances.shop.ids.next()),
            item_id: instances.item_id,
            buyer: instances.buyers[2],
        },
        path: "path".into(),
        position: 1,
        held_at_ms: START_MS,
        replayed: false,
    };
    let queue: &dyn OrderQueue = &instances.shop.sql;
    queue.put(std::slice::from_ref(&waits)).await.unwrap();
    instances.load().await;
    assert_eq!(instances.told(unit, 1).await, unknown, "something waits");
    instances.write(&[waits]).await;
    until("the end", async || instances.told(unit, 1).await.is_ok()).await;
}
