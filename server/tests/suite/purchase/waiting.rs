//! Reservations that wait too long for their order, or cannot get one.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use app::{
    port::{Storefront, Visitor},
    wire::{ApiError, Rejection, ReservationState},
};
use server::{
    adapters::fault_injection::{Fault, FaultInjector, Point},
    engine::{
        orders::{drop_parked::drop_parked, relay, write_orders},
        ports::{TRIES, WriteOutcome},
        stock::reconcile,
    },
};

use super::{TestClient, visitor};
use crate::support::{Data, HOUR_MS, ManualClock, START_MS, TestShop, eventually};

#[tokio::test]
async fn a_late_reservation_fails_and_another_buyer_gets_its_unit() {
    let client = TestClient::new().await;
    let item = client.shop.item(1).await;
    let late = client.buy(&visitor(1), item).await.unwrap();
    client.shop.clock.advance(120_000);
    client.shop.drain().await;
    let status = client
        .reservation(&visitor(1), late.reservation_id)
        .await
        .unwrap();
    assert_eq!(status.state, ReservationState::Failed);
    assert_eq!(status.reason, Some(Rejection::Busy));
    client.order_of(&visitor(2), item).await;
    assert_eq!(client.shop.audit().await.items[0].orders_live, 1);
}

#[tokio::test]
async fn a_reservation_is_listed_from_the_first_moment_until_a_day_after_it_failed() {
    let client = TestClient::new().await;
    let (lost, won) = (client.shop.item(1).await, client.shop.item(1).await);
    let (buyer, other) = (visitor(1), visitor(2));
    let listed = async || {
        let listed = client.reservations(&buyer).await.unwrap();
        let listed = listed
            .into_iter()
            .map(|reservation| (reservation.reservation_id, reservation.state));
        listed.collect::<Vec<_>>()
    };
    assert_eq!(listed().await, []);

    let late = client.buy(&buyer, lost).await.unwrap();
    let queued = &client.reservations(&buyer).await.unwrap()[0];
    assert_eq!(queued.reservation_id, late.reservation_id);
    assert_eq!(
        (queued.state, queued.position),
        (ReservationState::Queued, Some(1))
    );
    assert_eq!((queued.item_id, queued.held_at_ms), (lost, START_MS));
    assert_eq!(
        (queued.title.en.as_str(), queued.picture_url.is_empty()),
        ("Pour-over kettle", false)
    );
    assert_eq!(
        client.reservations(&other).await,
        Ok(Vec::new()),
        "somebody else"
    );

    client.shop.clock.advance(120_000);
    let quick = client.buy(&buyer, won).await.unwrap();
    let queued = ReservationState::Queued;
    let both = [
        (quick.reservation_id, queued),
        (late.reservation_id, queued),
    ];
    assert_eq!(listed().await, both);
    client.shop.drain().await;
    client.ordered(&buyer, quick.reservation_id).await;
    let failed = [(late.reservation_id, ReservationState::Failed)];
    assert_eq!(listed().await, failed);
    let reason = client.reservations(&buyer).await.unwrap()[0].reason;
    assert_eq!(reason, Some(Rejection::Busy));

    client.shop.clock.advance(24 * HOUR_MS - 120_000);
    assert_eq!(listed().await, failed);
    client.shop.clock.advance(1);
    assert_eq!(listed().await, []);
    let nobody = Visitor { me: None, ..other };
    let refused = client.reservations(&nobody).await;
    assert_eq!(refused, Err(ApiError::Unauthenticated));
}

#[tokio::test]
async fn with_fail_fast_off_late_reservations_become_orders() {
    let client =
        TestClient::of(TestShop::with(|config| config.workers.fail_fast_percent = 0).await);
    let item = client.shop.item(1).await;
    let late = client.buy(&visitor(1), item).await.unwrap();
    client.shop.clock.advance(3_600_000);
    client.shop.drain().await;
    client.ordered(&visitor(1), late.reservation_id).await;
}

/// Every write fails except the one with this number: that of the second entry, alone.
struct OneSuccessfulWrite(AtomicU32);

const SUCCESSFUL: u32 = 2;

impl FaultInjector for OneSuccessfulWrite {
    fn next(&self, call: &'static str, point: Point) -> Fault {
        if (call, point) != ("write", Point::Before) {
            return Fault::None;
        }
        match self.0.fetch_add(1, Ordering::SeqCst) {
            SUCCESSFUL => Fault::None,
            _ => Fault::Fail,
        }
    }
}

/// The client of a shop with planned faults.
async fn client_with(faults: Arc<dyn FaultInjector>) -> TestClient {
    let clock = Arc::new(ManualClock::at(START_MS));
    let data = Data::of_the_stack();
    TestClient::of(TestShop::open(data, clock, Arc::default(), Some(faults), |_| {}).await)
}

#[tokio::test]
async fn known_failure_19_an_entry_that_cannot_be_written_is_parked_and_blocks_no_other() {
    let client = client_with(Arc::new(OneSuccessfulWrite(AtomicU32::new(0)))).await;
    let item = client.shop.item(2).await;
    let poison = client.buy(&visitor(1), item).await.unwrap();
    let sound = client.buy(&visitor(2), item).await.unwrap();
    let engine = &client.shop.engine;
    assert_eq!(
        write_orders::run_once(&engine.orders, 256).await.unwrap(),
        2
    );
    client.ordered(&visitor(2), sound.reservation_id).await;

    for _ in 1..TRIES {
        assert_eq!(
            write_orders::run_once(&engine.orders, 256).await.unwrap(),
            1
        );
    }
    assert_eq!(
        write_orders::run_once(&engine.orders, 256).await.unwrap(),
        0
    );
    let depth = engine.orders.queue.depth().await.unwrap();
    assert_eq!((depth.waiting, depth.parked), (0, 1));

    let client = client.restart().await;
    let engine = &client.shop.engine;
    assert_eq!(engine.orders.parked.replay_parked(None).await.unwrap(), 1);
    assert_eq!(
        write_orders::run_once(&engine.orders, 256).await.unwrap(),
        1
    );
    client.ordered(&visitor(1), poison.reservation_id).await;
    assert_eq!(client.shop.audit().await.items[0].orders_live, 2);
}

/// Every call of this name fails.
pub(super) struct Refuses(pub(super) &'static str);

impl FaultInjector for Refuses {
    fn next(&self, call: &'static str, point: Point) -> Fault {
        match (call == self.0, point) {
            (true, Point::Before) => Fault::Fail,
            _ => Fault::None,
        }
    }
}

#[tokio::test]
async fn a_late_reservation_that_cannot_be_failed_blocks_no_other() {
    let client = client_with(Arc::new(Refuses("fail"))).await;
    let item = client.shop.item(2).await;
    client.buy(&visitor(1), item).await.unwrap();
    client.shop.clock.advance(120_000);
    let sound = client.buy(&visitor(2), item).await.unwrap();

    assert_eq!(client.shop.queued(2).await.len(), 2);
    let orders = &client.shop.engine.orders;
    write_orders::run_once(orders, 256).await.unwrap();
    client.ordered(&visitor(2), sound.reservation_id).await;
    // The queue returns the other one only after a while, until it is parked.
    eventually("a parked entry", async || {
        write_orders::run_once(orders, 256).await.unwrap();
        let depth = orders.queue.depth().await.unwrap();
        ((depth.waiting, depth.parked) == (0, 1)).then_some(())
    })
    .await;
}

/// No order is written until the cause is fixed.
#[derive(Default)]
struct RefusesOrders {
    mended: AtomicBool,
}

impl FaultInjector for RefusesOrders {
    fn next(&self, call: &'static str, point: Point) -> Fault {
        match (call, point, self.mended.load(Ordering::SeqCst)) {
            ("write", Point::Before, false) => Fault::Fail,
            _ => Fault::None,
        }
    }
}

impl TestClient {
    /// Writes orders until the queue has these numbers.
    async fn works_until(&self, waiting: u64, parked: u64) {
        let orders = &self.shop.engine.orders;
        eventually("parked entries", async || {
            relay::run_once(orders).await.unwrap();
            write_orders::run_once(orders, 256).await.unwrap();
            let depth = orders.queue.depth().await.unwrap();
            ((depth.waiting, depth.parked) == (waiting, parked)).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn a_parked_reservation_is_parked_once_and_ordered_when_it_is_replayed_hours_later() {
    let plan = Arc::new(RefusesOrders::default());
    let client = client_with(plan.clone()).await;
    let item = client.shop.item(1).await;
    let reserved = client.buy(&visitor(1), item).await.unwrap();
    client.works_until(0, 1).await;

    let engine = &client.shop.engine;
    for waited_ms in [10_000, 20_000, 40_000, 80_000, HOUR_MS, 3 * HOUR_MS] {
        client.shop.clock.advance(waited_ms);
        reconcile::run_once(&engine.stock).await.unwrap();
        let sent = relay::run_once(&engine.orders).await.unwrap();
        assert_eq!(sent, 0, "sent again after {waited_ms} ms");
    }
    client.works_until(0, 1).await;

    assert_eq!(engine.orders.parked.replay_parked(None).await.unwrap(), 1);
    // It fails once more before the cause is fixed.
    eventually("another try", async || {
        let taken = write_orders::run_once(&engine.orders, 256).await.unwrap();
        (taken > 0).then_some(())
    })
    .await;
    plan.mended.store(true, Ordering::SeqCst);
    client.works_until(0, 0).await;
    eventually("the order", async || {
        write_orders::run_once(&engine.orders, 256).await.unwrap();
        let status = client
            .reservation(&visitor(1), reserved.reservation_id)
            .await
            .unwrap();
        (status.state == ReservationState::Ordered).then_some(())
    })
    .await;
    assert_eq!(client.shop.audit().await.items[0].orders_live, 1);
}

#[tokio::test]
async fn a_dropped_parked_reservation_fails_and_another_buyer_gets_its_unit() {
    let plan = Arc::new(RefusesOrders::default());
    let client = client_with(plan.clone()).await;
    let item = client.shop.item(1).await;
    let parked = client.buy(&visitor(1), item).await.unwrap().reservation_id;
    client.works_until(0, 1).await;
    plan.mended.store(true, Ordering::SeqCst);

    let orders = &client.shop.engine.orders;
    let found = async || orders.parked.find_parked(parked).await.unwrap();
    let dropped = drop_parked(orders, found().await.unwrap()).await.unwrap();
    assert_eq!(dropped, Some(WriteOutcome::Failed(Rejection::Busy)));
    assert!(found().await.is_none());
    let status = client.reservation(&visitor(1), parked).await.unwrap();
    assert_eq!(status.state, ReservationState::Failed);
    assert_eq!(status.reason, Some(Rejection::Busy));
    client.shop.drain().await;
    client.works_until(0, 0).await;
    client.order_of(&visitor(2), item).await;
    assert_eq!(client.shop.audit().await.items[0].orders_live, 1);
}
