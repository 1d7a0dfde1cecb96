//! The embedded gate beside a ledger that is slow, does not answer, or is a step behind.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use app::wire::{AccountId, ItemId, ReservationId};
use server::{
    adapters::faulty::{Fault, FaultPlan, Point},
    engine::{
        orders::write_orders,
        ports::{
            Decision, PortError, Reconciled, Release, Reserve, ReserveRequest, Restock, StockGate,
            Unit, Window,
        },
        stock::release,
    },
};
use tokio::time::timeout;
use uuid::Uuid;

use crate::support::{Data, EngineGate, HOUR_MS, ManualClock, START_MS, TestShop};

/// What takes longer never comes.
const LIMIT: Duration = Duration::from_secs(60);

const OPEN: Window = Window {
    starts_at_ms: START_MS,
    ends_at_ms: START_MS + HOUR_MS,
    stopped: false,
};

/// The next call of this name fails after its effect.
#[derive(Default)]
struct LoseAnswer(Mutex<Option<&'static str>>);

impl FaultPlan for LoseAnswer {
    fn next(&self, call: &'static str, point: Point) -> Fault {
        let mut lost = self.0.lock().unwrap();
        match point == Point::After && *lost == Some(call) {
            true => {
                *lost = None;
                Fault::Fail
            }
            false => Fault::None,
        }
    }
}

async fn shop(plan: Arc<dyn FaultPlan>) -> TestShop {
    let clock = Arc::new(ManualClock::at(START_MS));
    TestShop::open(Data::embedded(), clock, Arc::default(), Some(plan), |_| {}).await
}

fn request(item_id: ItemId, buyer: u32) -> ReserveRequest {
    ReserveRequest {
        reservation_id: ReservationId(Uuid::from_u128(u128::from(buyer))),
        item_id,
        buyer: AccountId(Uuid::from_u128(u128::from(buyer))),
        path: format!("path{buyer}"),
        asked_before: false,
    }
}

async fn reserve(gate: &EngineGate, item_id: ItemId, buyer: u32) -> Result<Decision, PortError> {
    let answer = timeout(LIMIT, gate.reserve(request(item_id, buyer))).await;
    answer.expect("the gate does not answer")
}

const FIRST: Decision = Decision::Held { position: 1 };

/// An item of one unit whose only order was closed: the ledger is about to hear that the gate has
/// the unit back.
async fn closed_order(shop: &TestShop) -> (ItemId, Unit) {
    let (item, gate) = (shop.item(1).await, shop.gate());
    assert_eq!(reserve(&gate, item, 1).await.unwrap(), FIRST);
    assert_eq!(
        write_orders::run_once(&shop.engine.orders, 256)
            .await
            .unwrap(),
        1
    );
    shop.clock.advance(601_000);
    let closed = server::engine::orders::close_unpaid::run_once(&shop.engine.orders).await;
    assert_eq!(closed.unwrap(), 1);
    let due = shop.engine.stock.due.due_releases(0, 10).await.unwrap();
    assert_eq!(due, [request(item, 1).unit()]);
    (item, due[0])
}

async fn sellable(gate: &EngineGate, item: ItemId) -> u32 {
    gate.stock(item).await.unwrap().unwrap().sellable
}

#[tokio::test]
async fn a_comparison_that_crosses_a_release_finds_no_difference_and_keeps_the_unit_on_sale() {
    let shop = TestShop::open_embedded().await;
    let gate = shop.gate();
    let (item, unit) = closed_order(&shop).await;
    gate.release(unit, Release::Return).await.unwrap();
    // The ledger has not been told yet, and counts the unit as held.
    assert_eq!(gate.reconcile(item).await.unwrap(), Reconciled::Same);
    assert_eq!(sellable(&gate, item).await, 1);
    let told = shop.engine.stock.due.released(&[unit.reservation_id]).await;
    told.unwrap();
    assert_eq!(gate.reconcile(item).await.unwrap(), Reconciled::Same);
    let next = reserve(&gate, item, 2).await.unwrap();
    assert_eq!(next, Decision::Held { position: 2 });
    shop.drain().await;
    shop.audit().await;
}

#[tokio::test]
async fn an_item_that_is_read_again_in_the_middle_of_a_release_keeps_the_unit_on_sale() {
    let plan = Arc::new(LoseAnswer::default());
    let shop = shop(plan.clone()).await;
    let gate = shop.gate();
    let (item, unit) = closed_order(&shop).await;
    gate.release(unit, Release::Return).await.unwrap();
    // Its own request cannot be answered from memory any more: the item is read again.
    *plan.0.lock().unwrap() = Some("put");
    reserve(&gate, item, 2).await.unwrap_err();
    let second = reserve(&gate, item, 2).await.unwrap();
    assert_eq!(second, Decision::Held { position: 2 });
    // Who has given the unit back hears its number again, and gets no other.
    assert_eq!(reserve(&gate, item, 1).await.unwrap(), FIRST);
    let told = shop.engine.stock.due.released(&[unit.reservation_id]).await;
    told.unwrap();
    assert_eq!(gate.reconcile(item).await.unwrap(), Reconciled::Same);
    assert_eq!(reserve(&gate, item, 1).await.unwrap(), FIRST);
    let stock = gate.stock(item).await.unwrap().unwrap();
    assert_eq!((stock.sellable, stock.locked), (0, 1));
    shop.drain().await;
    shop.audit().await;
}

#[tokio::test]
async fn a_unit_that_was_sold_again_before_a_crash_is_not_sold_a_third_time() {
    let shop = TestShop::open_embedded().await;
    let (item, unit) = closed_order(&shop).await;
    shop.gate().release(unit, Release::Return).await.unwrap();
    let second = reserve(&shop.gate(), item, 2).await.unwrap();
    assert_eq!(second, Decision::Held { position: 2 });
    // The ledger has two holders of the one unit.
    let shop = shop.restart().await;
    shop.gate().warm_up(item, OPEN).await.unwrap();
    assert_eq!(release::run_once(&shop.engine.stock).await.unwrap(), 1);
    let third = reserve(&shop.gate(), item, 3).await.unwrap();
    assert!(matches!(third, Decision::SoldOut { .. }), "{third:?}");
    assert_eq!(shop.gate().reconcile(item).await.unwrap(), Reconciled::Same);
    shop.drain().await;
    assert_eq!(shop.audit().await.items[0].orders_live, 1);
}

#[tokio::test]
async fn a_difference_is_found_and_the_ledger_is_taken() {
    let shop = TestShop::open_embedded().await;
    let (item, gate) = (shop.item(3).await, shop.gate());
    assert_eq!(reserve(&gate, item, 1).await.unwrap(), FIRST);
    shop.drain().await;
    shop.change_by_hand("UPDATE items SET total = 5, sellable = 4")
        .await;
    let repaired = gate.reconcile(item).await.unwrap();
    let Reconciled::Repaired { detail, .. } = repaired else {
        panic!("{repaired:?}");
    };
    assert!(
        detail.contains("total: 3") && detail.contains("total: 5"),
        "{detail}"
    );
    assert_eq!(sellable(&gate, item).await, 4);
    assert_eq!(gate.reconcile(item).await.unwrap(), Reconciled::Same);
}
