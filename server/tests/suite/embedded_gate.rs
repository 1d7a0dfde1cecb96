//! The embedded gate with a ledger that is slow, does not answer, or lags one step behind.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use app::{
    port::Storefront,
    wire::{AccountId, ApiError, ItemId, ReservationId},
};
use sea_orm::{
    Database, DatabaseConnection, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use server::{
    adapters::fault_injection::{Fault, FaultInjector, Point},
    engine::{
        orders::write_orders,
        ports::{
            Decision, DueRelease, PortError, Reconciled, Release, Reserve, ReserveRequest, Restock,
            StockGate, Unit, Window,
        },
        stock::release,
    },
};
use tokio::time::timeout;
use uuid::Uuid;

use crate::{
    purchase::{TestClient, visitor},
    support::{Data, EngineGate, HOUR_MS, ManualClock, START_MS, TestShop, eventually},
};

/// Longer than any call in these tests takes.
const LIMIT: Duration = Duration::from_mins(1);

const OPEN: Window = Window {
    starts_at_ms: START_MS,
    ends_at_ms: START_MS + HOUR_MS,
    stopped: false,
};

/// After `begin`, calls with these names never answer.
struct Silence {
    calls: &'static [&'static str],
    begun: AtomicBool,
}

impl Silence {
    fn of(calls: &'static [&'static str]) -> Arc<Self> {
        let begun = AtomicBool::new(false);
        Arc::new(Self { calls, begun })
    }

    fn begin(&self) {
        self.begun.store(true, Ordering::SeqCst);
    }
}

impl FaultInjector for Silence {
    fn next(&self, call: &'static str, point: Point) -> Fault {
        let silent = point == Point::Before && self.calls.contains(&call);
        match silent && self.begun.load(Ordering::SeqCst) {
            true => Fault::Crash,
            false => Fault::None,
        }
    }
}

/// The next call of this name fails after its effect.
#[derive(Default)]
struct LoseAnswer(Mutex<Option<&'static str>>);

impl FaultInjector for LoseAnswer {
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

async fn shop(plan: Arc<dyn FaultInjector>) -> TestShop {
    let clock = Arc::new(ManualClock::at(START_MS));
    TestShop::open(Data::embedded(), clock, Arc::default(), Some(plan), |_| {}).await
}

fn request(item_id: ItemId, buyer: u32) -> ReserveRequest {
    ReserveRequest {
        unit: Unit {
            reservation_id: ReservationId(Uuid::from_u128(u128::from(buyer))),
            item_id,
            buyer: AccountId(Uuid::from_u128(u128::from(buyer))),
        },
        path: format!("path{buyer}"),
        asked_before: false,
    }
}

async fn reserve(gate: &EngineGate, item_id: ItemId, buyer: u32) -> Result<Decision, PortError> {
    let answer = timeout(LIMIT, gate.reserve(request(item_id, buyer))).await;
    answer.expect("the gate does not answer")
}

const FIRST: Decision = Decision::Held { position: 1 };

/// An item of one unit whose only order was closed: the ledger was not told yet that the gate has
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
    let closed =
        server::engine::orders::close_unpaid::run_once(&shop.engine.orders, &shop.engine.payments)
            .await;
    assert_eq!(closed.unwrap(), 1);
    let due = shop.engine.stock.due.due_releases(0, 10).await.unwrap();
    let unit = request(item, 1).unit;
    let release = Release::Return;
    assert_eq!(due, [DueRelease { unit, release }]);
    (item, unit)
}

async fn sellable(gate: &EngineGate, item: ItemId) -> u32 {
    gate.stock(item).await.unwrap().unwrap().sellable
}

#[tokio::test]
async fn a_comparison_during_a_release_finds_no_difference_and_keeps_the_unit_on_sale() {
    let shop = TestShop::open_embedded().await;
    let gate = shop.gate();
    let (item, unit) = closed_order(&shop).await;
    gate.release(unit, Release::Return).await.unwrap();
    // The ledger was not told yet, and counts the unit as held.
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
async fn an_item_read_again_during_a_release_keeps_the_unit_on_sale() {
    let plan = Arc::new(LoseAnswer::default());
    let shop = shop(plan.clone()).await;
    let gate = shop.gate();
    let (item, unit) = closed_order(&shop).await;
    gate.release(unit, Release::Return).await.unwrap();
    // The request can no longer be answered from memory: the item is read again.
    *plan.0.lock().unwrap() = Some("put");
    reserve(&gate, item, 2).await.unwrap_err();
    let second = reserve(&gate, item, 2).await.unwrap();
    assert_eq!(second, Decision::Held { position: 2 });
    // The holder of the returned unit gets the same position again, and no other unit.
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
    // The ledger has two holders of the same unit.
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
async fn a_comparison_with_the_ledger_delays_no_purchase() {
    let plan = Silence::of(&["summary", "snapshot"]);
    let shop = shop(plan.clone()).await;
    let gate = shop.gate();
    let (compared, other) = (shop.item(2).await, shop.item(1).await);
    for item in [compared, other] {
        gate.warm_up(item, OPEN).await.unwrap();
    }
    plan.begin();
    let comparing = tokio::spawn({
        let gate = gate.clone();
        async move { gate.reconcile(compared).await }
    });
    tokio::task::yield_now().await;
    assert_eq!(reserve(&gate, compared, 1).await.unwrap(), FIRST);
    assert_eq!(reserve(&gate, other, 2).await.unwrap(), FIRST);
    assert!(!comparing.is_finished());
    comparing.abort();
}

#[tokio::test]
async fn an_item_being_read_is_busy_and_delays_no_other() {
    let plan = Silence::of(&["snapshot"]);
    let shop = shop(plan.clone()).await;
    let gate = shop.gate();
    let (unknown, known) = (shop.item(1).await, shop.item(1).await);
    gate.warm_up(known, OPEN).await.unwrap();
    plan.begin();
    let waiting = tokio::spawn({
        let gate = gate.clone();
        async move { reserve(&gate, unknown, 1).await }
    });
    tokio::task::yield_now().await;
    assert_eq!(reserve(&gate, known, 2).await.unwrap(), FIRST);
    let refused = waiting.await.unwrap().unwrap_err();
    assert!(matches!(refused, PortError::Busy { .. }), "{refused}");
}

#[tokio::test]
async fn items_are_read_during_a_sale() {
    let shop = TestShop::open_embedded().await;
    let (gate, sold) = (shop.gate(), shop.item(100).await);
    gate.warm_up(sold, OPEN).await.unwrap();
    for round in 0..20 {
        let unknown = shop.item(1).await;
        let selling = async {
            for buyer in 1..=5 {
                let position = 5 * round + buyer;
                let decision = reserve(&gate, sold, 1_000 + position).await.unwrap();
                assert_eq!(decision, Decision::Held { position });
            }
        };
        let (read, ()) = futures::join!(reserve(&gate, unknown, 2_000 + round), selling);
        assert_eq!(read.unwrap(), FIRST);
    }
}

#[tokio::test]
async fn a_difference_is_found_and_the_ledger_s_data_is_used() {
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

#[tokio::test]
async fn a_purchase_without_an_answer_is_busy_and_its_path_stays_valid() {
    let plan = Silence::of(&["put"]);
    let client = TestClient::of(shop(plan.clone()).await);
    let (item, buyer) = (client.shop.item(1).await, visitor(1));
    let path = client.path_for(&buyer, item).await.unwrap().path;
    plan.begin();
    for _ in 0..2 {
        let answer = timeout(LIMIT, client.purchase(&buyer, path.clone(), item)).await;
        let answer = answer.expect("the purchase does not end");
        assert!(matches!(answer, Err(ApiError::Busy { .. })), "{answer:?}");
    }
}

/// Holds the write lock of the shop's database, like a commit that does not end.
async fn lock_of(shop: &TestShop) -> (DatabaseConnection, sea_orm::DatabaseTransaction) {
    let url = format!("sqlite://{}", shop.file().display());
    let database = Database::connect(url).await.unwrap();
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..Default::default()
    };
    let lock = database.begin_with_options(options).await.unwrap();
    (database, lock)
}

#[tokio::test]
async fn a_purchase_refused_because_of_the_disk_is_continued_when_repeated() {
    let client = TestClient::of(TestShop::open_embedded().await);
    let (item, buyer) = (client.shop.item(3).await, visitor(1));
    let path = client.path_for(&buyer, item).await.unwrap().path;
    client.shop.gate().warm_up(item, OPEN).await.unwrap();
    let (_database, lock) = lock_of(&client.shop).await;
    let answer = timeout(LIMIT, client.purchase(&buyer, path.clone(), item)).await;
    let answer = answer.expect("the purchase does not end");
    assert!(matches!(answer, Err(ApiError::Busy { .. })), "{answer:?}");
    lock.rollback().await.unwrap();

    let told = eventually("an answer", async || {
        // A buyer who asks too often is told so; the path stays valid.
        client.shop.clock.advance(1_000);
        match client.purchase(&buyer, path.clone(), item).await {
            Err(ApiError::Busy { .. }) => None,
            answer => Some(answer.unwrap()),
        }
    })
    .await;
    assert_eq!(told.position, 1);
    client.shop.drain().await;
    client.ordered(&buyer, told.reservation_id).await;
    assert_eq!(client.shop.audit().await.items[0].orders_live, 1);
}
