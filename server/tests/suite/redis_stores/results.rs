//! The cache of results in front of a ledger.

use std::sync::Arc;

use app::wire::{AccountId, ItemId, OrderId, Rejection, ReservationId, ReservationState};
use server::{
    adapters::{
        recording::{RecordingGate, RecordingOrders, ResultLog as _},
        redis::{CachedReservations, RedisGate, Results, Timeouts, UnknownReservations},
    },
    engine::ports::{
        Decision, OrderWriter, PortError, QueuedReservation, ReservationReader, ReservationRecord,
        Reserve, ReserveRequest, Unit,
    },
};

use super::{Place, assert_busy, until};
use test_servers::redis::{RedisServer, shared};

use crate::support::TestShop;

mod lost;

/// Two instances over one ledger: one sells, the other is polled.
struct Instances {
    shop: TestShop,
    gate: RecordingGate<Results>,
    results: Results,
    orders: Arc<RecordingOrders<Results>>,
    polled: Arc<CachedReservations>,
    /// As in a cluster; the shop's own gate is the embedded one.
    redis_gate: Arc<RedisGate>,
    item_id: ItemId,
    buyers: Vec<AccountId>,
}

impl Instances {
    async fn open(place: &Place) -> Instances {
        let mut shop = TestShop::open_embedded().await;
        let item_id = shop.item(5).await;
        let mut buyers = Vec::new();
        for number in 0..=5 {
            buyers.push(shop.buyer(number).await);
        }
        let results = Results::new(place.redis(), shop.clock.clone());
        let other = Results::new(place.redis(), shop.clock.clone());
        let ledger = Arc::new(shop.sql.clone());
        let orders = Arc::new(RecordingOrders {
            ledger: ledger.clone(),
            results: results.clone(),
        });
        let redis_gate = Arc::new(shop.redis_gate(&place.redis(), Timeouts::default()));
        let (gate, clock) = (redis_gate.clone(), shop.clock.clone());
        let unknown = UnknownReservations::new(gate, ledger.clone(), orders.clone(), clock);
        let polled = Arc::new(CachedReservations {
            ledger,
            results: other,
            unknown,
        });
        let only = Arc::get_mut(&mut shop.engine.orders).expect("the engine is not shared yet");
        only.reservations = polled.clone();
        Instances {
            gate: RecordingGate {
                gate: Arc::new(shop.gate()),
                results: results.clone(),
            },
            results,
            orders,
            polled,
            redis_gate,
            item_id,
            buyers,
            shop,
        }
    }

    fn hold(&self, number: u32) -> ReserveRequest {
        ReserveRequest {
            unit: Unit {
                reservation_id: ReservationId(self.shop.ids.next()),
                item_id: self.item_id,
                buyer: self.buyers[number as usize],
            },
            path: format!("{number:032x}"),
            asked_before: false,
        }
    }

    /// Reserves and returns the entry for the queue.
    async fn reserve(&self, number: u32) -> QueuedReservation {
        let hold = self.hold(number);
        let decision = self.gate.reserve(hold.clone()).await.unwrap();
        let Decision::Held { position } = decision else {
            panic!("{decision:?}");
        };
        QueuedReservation {
            unit: hold.unit,
            path: hold.path,
            position,
            held_at_ms: self.shop.clock.get(),
            replayed: false,
        }
    }

    /// A unit that the gate holds and the ledger does not know yet, as in a cluster.
    async fn held(&self, number: u32) -> Unit {
        let unit = self.hold(number).unit;
        self.results.record_queued(unit, number).await;
        unit
    }

    async fn get(&self, unit: Unit) -> Option<ReservationRecord> {
        let found = self.polled.get(unit.reservation_id, unit.buyer).await;
        found.unwrap()
    }

    async fn write(&self, entries: &[QueuedReservation]) {
        let batch: Vec<_> = entries
            .iter()
            .map(|entry| (entry.clone(), OrderId(self.shop.ids.next())))
            .collect();
        self.orders
            .write(&batch, self.shop.clock.get())
            .await
            .unwrap();
    }
}

/// Redis's data about a reservation.
fn stored(place: &Place, unit: Unit) -> String {
    let key = format!("{}:results:{}", place.namespace, unit.buyer);
    shared().cli(&["hget", &key, &unit.reservation_id.to_string()])
}

/// How long Redis keeps a buyer's data.
fn life_ms(place: &Place, buyer: AccountId) -> i64 {
    let key = format!("{}:results:{buyer}", place.namespace);
    shared().cli(&["pttl", &key]).parse().unwrap()
}

#[tokio::test]
async fn a_buyer_polls_another_instance_and_sees_queued_then_ordered() {
    for place in Place::both() {
        let instances = Instances::open(&place).await;
        let entry = instances.reserve(1).await;
        let queued = instances.get(entry.unit).await.unwrap();
        assert_eq!(queued.state, ReservationState::Queued);
        assert_eq!((queued.unit.buyer, queued.position), (entry.unit.buyer, 1));

        instances.write(std::slice::from_ref(&entry)).await;
        let ordered = instances.get(entry.unit).await.unwrap();
        assert_eq!(ordered.state, ReservationState::Ordered);
        let ledger = instances
            .polled
            .ledger
            .get(entry.unit.reservation_id, entry.unit.buyer)
            .await;
        assert_eq!(Some(&ordered), ledger.unwrap().as_ref());

        // The gate's answer is recorded again, late: the order is already recorded.
        instances.results.record_queued(entry.unit, 1).await;
        assert_eq!(instances.get(entry.unit).await, Some(ordered));
    }
}

#[tokio::test]
async fn a_failed_reservation_has_its_reason() {
    let instances = Instances::open(&Place::alone(shared())).await;
    let entry = instances.reserve(1).await;
    let now_ms = instances.shop.clock.get();
    instances
        .orders
        .fail(std::slice::from_ref(&entry), Rejection::Busy, now_ms)
        .await
        .unwrap();
    let failed = instances.get(entry.unit).await.unwrap();
    assert_eq!(failed.state, ReservationState::Failed);
    assert_eq!(failed.reason, Some(Rejection::Busy));
}

#[tokio::test]
async fn a_cached_queued_is_used_for_a_while_before_the_ledger_is_read() {
    let place = Place::alone(shared());
    let instances = Instances::open(&place).await;
    let entry = instances.reserve(1).await;
    // An order whose result was not recorded.
    instances
        .orders
        .ledger
        .write(
            &[(entry.clone(), OrderId(instances.shop.ids.next()))],
            instances.shop.clock.get(),
        )
        .await
        .unwrap();
    let state = async || instances.get(entry.unit).await.unwrap().state;
    assert_eq!(state().await, ReservationState::Queued);
    instances.shop.clock.advance(2_000);
    assert_eq!(state().await, ReservationState::Ordered);
    assert!(stored(&place, entry.unit).contains("ordered"));

    let unit = instances.held(2).await;
    instances.shop.clock.advance(60_000);
    let known = instances.get(unit).await.unwrap();
    assert_eq!(
        known.state,
        ReservationState::Queued,
        "the ledger does not know it"
    );
}

#[tokio::test]
async fn a_buyer_sees_the_order_after_a_second_reservation_failed_because_of_it() {
    for place in Place::both() {
        let instances = Instances::open(&place).await;
        let first = instances.reserve(1).await;
        instances.write(std::slice::from_ref(&first)).await;
        // A gate that has lost the first one holds a unit for the same buyer again.
        let second = QueuedReservation {
            unit: Unit {
                reservation_id: instances.held(1).await.reservation_id,
                ..first.unit
            },
            position: 2,
            ..first.clone()
        };
        instances.write(std::slice::from_ref(&second)).await;
        let failed = instances.get(second.unit).await.unwrap();
        assert_eq!(failed.reason, Some(Rejection::AlreadyReserved));
        let latest = instances
            .polled
            .latest(first.unit.item_id, first.unit.buyer)
            .await;
        let latest = latest.unwrap().unwrap();
        assert_eq!(latest.unit.reservation_id, first.unit.reservation_id);
        assert_eq!(latest.state, ReservationState::Ordered);
    }
}

#[tokio::test]
async fn a_buyer_who_reloads_the_page_while_queued_sees_the_reservation() {
    for place in Place::both() {
        let instances = Instances::open(&place).await;
        let unit = instances.held(1).await;
        let latest = async || {
            instances
                .polled
                .latest(unit.item_id, unit.buyer)
                .await
                .unwrap()
                .map(|record| (record.unit.reservation_id, record.state))
        };
        let queued = (unit.reservation_id, ReservationState::Queued);
        assert_eq!(latest().await, Some(queued));
        let entry = instances.reserve(1).await;
        let later = (entry.unit.reservation_id, ReservationState::Queued);
        assert_eq!(latest().await, Some(later));
        instances.write(std::slice::from_ref(&entry)).await;
        let ordered = (entry.unit.reservation_id, ReservationState::Ordered);
        assert_eq!(latest().await, Some(ordered));
        instances.results.record_queued(unit, 1).await;
        assert_eq!(latest().await, Some(ordered), "the ledger has a newer one");
    }
}

/// The buyer's reservations without an order: ids and states.
async fn listed(instances: &Instances, number: usize) -> Vec<(ReservationId, ReservationState)> {
    let buyer = instances.buyers[number];
    let found = instances.polled.without_order(buyer, 0, 50).await.unwrap();
    found
        .iter()
        .map(|record| (record.unit.reservation_id, record.state))
        .collect()
}

#[tokio::test]
async fn reservations_unknown_to_the_ledger_are_listed_as_queued() {
    for place in Place::both() {
        let instances = Instances::open(&place).await;
        let unit = instances.held(1).await;
        let queued = (unit.reservation_id, ReservationState::Queued);
        assert_eq!(listed(&instances, 1).await, [queued]);
        assert_eq!(listed(&instances, 2).await, [], "somebody else");

        instances.shop.clock.advance(1);
        let entry = instances.reserve(1).await;
        let later = (entry.unit.reservation_id, ReservationState::Queued);
        assert_eq!(
            listed(&instances, 1).await,
            [later, queued],
            "once, the newest first"
        );
        instances.write(std::slice::from_ref(&entry)).await;
        assert_eq!(
            listed(&instances, 1).await,
            [queued],
            "the other is an order"
        );

        let failed = instances.reserve(2).await;
        let now_ms = instances.shop.clock.get();
        let failures = [failed.clone()];
        instances
            .orders
            .fail(&failures, Rejection::Busy, now_ms)
            .await
            .unwrap();
        let failed = (failed.unit.reservation_id, ReservationState::Failed);
        assert_eq!(listed(&instances, 2).await, [failed]);
        let unit = instances.held(2).await;
        let queued = (unit.reservation_id, ReservationState::Queued);
        assert_eq!(listed(&instances, 2).await, [queued, failed]);
    }
}

#[tokio::test]
async fn an_order_whose_result_was_not_recorded_is_not_listed_as_queued() {
    let instances = Instances::open(&Place::alone(shared())).await;
    let entry = instances.reserve(1).await;
    let written = [(entry.clone(), OrderId(instances.shop.ids.next()))];
    let now_ms = instances.shop.clock.get();
    instances
        .orders
        .ledger
        .write(&written, now_ms)
        .await
        .unwrap();
    assert_eq!(listed(&instances, 1).await, []);
}

#[tokio::test]
async fn a_buyers_cached_reservations_are_bounded_and_expire() {
    let place = Place::alone(shared());
    let instances = Instances::open(&place).await;
    let mut held = Vec::new();
    for _ in 0..25 {
        instances.shop.clock.advance(1);
        held.push(instances.held(1).await.reservation_id);
    }
    let listed: Vec<_> = listed(&instances, 1)
        .await
        .into_iter()
        .map(|(id, _)| id)
        .collect();
    held.reverse();
    assert_eq!(listed, held[..20]);
    assert!((1..=3_600_000).contains(&life_ms(&place, instances.buyers[1])));
}

#[tokio::test]
async fn the_results_of_a_whole_batch_are_recorded_and_expire() {
    let place = Place::alone(shared());
    let instances = Instances::open(&place).await;
    let mut entries = Vec::new();
    for number in 1..=5 {
        entries.push(instances.reserve(number).await);
    }
    instances.write(&entries).await;
    for entry in &entries {
        assert!(stored(&place, entry.unit).contains("ordered"));
        assert!((1..=3_600_000).contains(&life_ms(&place, entry.unit.buyer)));
    }
}

#[tokio::test]
async fn without_redis_the_ledger_answers_and_a_reservation_it_does_not_know_is_busy() {
    let server = RedisServer::start();
    let instances = Instances::open(&Place::alone(&server)).await;
    let entry = instances.reserve(1).await;
    let unit = instances.held(2).await;
    server.pause();
    instances.write(std::slice::from_ref(&entry)).await;
    let known = instances.get(entry.unit).await.unwrap();
    assert_eq!(known.state, ReservationState::Ordered);
    assert_busy(instances.polled.get(unit.reservation_id, unit.buyer)).await;
    let latest = instances
        .polled
        .latest(entry.unit.item_id, entry.unit.buyer)
        .await;
    assert_eq!(latest.unwrap(), Some(known));
    assert_busy(instances.polled.latest(unit.item_id, unit.buyer)).await;
    assert_busy(instances.polled.without_order(unit.buyer, 0, 50)).await;
    let held = instances.reserve(3).await;
    assert!(held.position > 0, "the gate decided");

    server.restart_empty();
    until("Redis answers again", async || {
        let forgotten = instances.polled.get(unit.reservation_id, unit.buyer).await;
        assert!(matches!(forgotten, Ok(None) | Err(PortError::Busy { .. })));
        forgotten.is_ok()
    })
    .await;
    assert!(instances.get(entry.unit).await.is_some());
}
