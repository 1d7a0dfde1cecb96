//! Failures that other shops of this kind have had.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use app::{
    port::Storefront,
    wire::{ApiError, ItemId, Rejection, ReservationState},
};
use async_trait::async_trait;
use sea_orm::{ConnectionTrait, Database};
use server::{
    adapters::{
        embedded::MemoryPaths,
        fault_injection::{Fault, FaultInjector, Point},
    },
    engine::{
        orders::{close_unpaid, write_orders},
        ports::{Account, Decision, PortError, Reserve, ReserveRequest},
        purchase::in_steps::InSteps,
    },
    sandbox::Action,
};

use super::{TestClient, visitor};
use crate::support::{Data, ManualClock, START_MS, SeededIds, TestShop};

/// Fails these calls at these points, each once, in order.
struct FailInTurn(Mutex<Vec<(&'static str, Point)>>);

impl FaultInjector for FailInTurn {
    fn next(&self, call: &'static str, point: Point) -> Fault {
        let mut left = self.0.lock().unwrap();
        if left.first() == Some(&(call, point)) {
            left.remove(0);
            Fault::Fail
        } else {
            Fault::None
        }
    }
}

async fn failing(calls: &[(&'static str, Point)]) -> TestClient {
    let clock = Arc::new(ManualClock::at(START_MS));
    let plan = Arc::new(FailInTurn(Mutex::new(calls.to_vec())));
    let ids = Arc::new(SeededIds::default());
    TestClient::of(TestShop::open(Data::of_the_stack(), clock, ids, Some(plan), |_| {}).await)
}

/// A manual change of the database.
async fn by_hand(client: TestClient, statement: &str) -> TestClient {
    let (clock, ids) = (client.shop.clock.clone(), client.shop.ids.clone());
    let data = client.shop.kill();
    let file = data.file();
    let database = Database::connect(format!("sqlite://{}", file.display()))
        .await
        .unwrap();
    database.execute_unprepared(statement).await.unwrap();
    database.close().await.unwrap();
    TestClient::of(TestShop::open(data, clock, ids, None, |_| {}).await)
}

#[tokio::test]
async fn known_failure_02_a_crash_after_a_hold_loses_no_order() {
    let client = TestClient::new().await;
    let (item, buyer) = (client.shop.item(1).await, visitor(1));
    let reserved = client.buy(&buyer, item).await.unwrap();
    let client = client.restart().await;
    client.shop.drain().await;
    client.ordered(&buyer, reserved.reservation_id).await;
    assert_eq!(client.shop.audit().await.items[0].orders_live, 1);
}

#[tokio::test]
async fn known_failure_04_a_reservation_that_gets_no_order_gives_its_unit_back() {
    let client = TestClient::new().await;
    let item = client.shop.item(2).await;
    let reserved = client.buy(&visitor(1), item).await.unwrap();
    // The ledger has fewer units than the gate gave.
    let client = by_hand(client, "UPDATE items SET sellable = 0, sold = 2").await;
    client.shop.drain().await;
    let status = client
        .reservation(&visitor(1), reserved.reservation_id)
        .await
        .unwrap();
    assert_eq!(status.state, ReservationState::Failed);
    let client = by_hand(client, "UPDATE items SET sellable = 2, sold = 0").await;
    client.order_of(&visitor(1), item).await;
    client.order_of(&visitor(2), item).await;
    client.shop.audit().await;
}

#[tokio::test]
async fn known_failure_05_one_failed_message_marks_nothing_sold_out() {
    let client = failing(&[("put", Point::Before); 2]).await;
    let item = client.shop.item(5).await;
    let failed = client.buy(&visitor(1), item).await;
    assert!(matches!(failed, Err(ApiError::Busy { .. })), "{failed:?}");
    assert!(!client.shop.engine.purchase.purchases.is_sold_out(item));
    assert_eq!(client.buy(&visitor(2), item).await.unwrap().position, 1);
}

#[tokio::test]
async fn known_failure_08_a_limit_counts_the_buyer_and_not_the_path() {
    let client = TestClient::new().await;
    let item = client.shop.item(1).await;
    let tries = (0..8).map(|number| format!("{number:032x}"));
    let mut limited = 0;
    for path in tries {
        match client.purchase(&visitor(1), path, item).await {
            Err(ApiError::PathInvalid) => {}
            Err(ApiError::RateLimited { retry_after_s: 1 }) => limited += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(limited, 3);
}

#[tokio::test]
async fn known_failure_10_the_pages_own_polling_is_not_limited() {
    let client = TestClient::new().await;
    let (item, buyer) = (client.shop.item(1).await, visitor(1));
    let reserved = client.buy(&buyer, item).await.unwrap();
    for _ in 0..200 {
        client
            .reservation(&buyer, reserved.reservation_id)
            .await
            .unwrap();
        client.stock(item).await.unwrap();
    }
}

#[tokio::test]
async fn known_failure_11_another_buyers_order_does_not_exist() {
    let client = TestClient::new().await;
    let (item, owner, other) = (client.shop.item(1).await, visitor(1), visitor(2));
    let order_id = client.order_of(&owner, item).await;
    let reservation_id = client.order(&owner, order_id).await.unwrap().reservation_id;
    assert_eq!(
        client.order(&other, order_id).await,
        Err(ApiError::NotFound)
    );
    assert_eq!(
        client.cancel(&other, order_id).await,
        Err(ApiError::NotFound)
    );
    assert_eq!(
        client.reservation(&other, reservation_id).await,
        Err(ApiError::NotFound)
    );
    assert_eq!(client.orders(&other).await.unwrap(), []);
    assert_eq!(client.my_reservation(&other, item).await.unwrap(), None);
}

#[tokio::test]
async fn known_failure_13_a_path_buys_once() {
    let client = TestClient::new().await;
    let (item, buyer) = (client.shop.item(5).await, visitor(1));
    let path = client.path_for(&buyer, item).await.unwrap().path;
    assert!(client.purchase(&buyer, path.clone(), item).await.is_ok());
    assert_eq!(
        client.purchase(&buyer, path, item).await,
        Err(ApiError::PathInvalid)
    );
}

#[tokio::test]
async fn known_failure_16_an_account_in_a_log_line_shows_no_secret() {
    let shop = TestShop::new().await;
    shop.buyer(1).await;
    let mobile = app::wire::Mobile::parse("13900000001").unwrap();
    let account: Account = shop
        .engine
        .accounts
        .accounts
        .by_mobile(&mobile)
        .await
        .unwrap()
        .unwrap();
    let line = format!("{account:?}");
    assert!(!line.contains(&account.password_hash), "{line}");
    assert!(!line.contains("13900000001"), "{line}");
}

#[tokio::test]
async fn known_failure_18_a_hold_is_on_disk_before_its_buyer_is_told() {
    let client = failing(&[("put", Point::Before); 2]).await;
    let (item, buyer) = (client.shop.item(1).await, visitor(1));
    let path = client.path_for(&buyer, item).await.unwrap().path;
    let failed = client.purchase(&buyer, path.clone(), item).await;
    assert!(matches!(failed, Err(ApiError::Busy { .. })), "{failed:?}");
    assert_eq!(client.my_reservation(&buyer, item).await.unwrap(), None);
    // The same path repeats the same request.
    assert_eq!(
        client.purchase(&buyer, path, item).await.unwrap().position,
        1
    );
}

#[tokio::test]
async fn a_purchase_repeated_after_a_lost_answer_takes_one_unit() {
    let client = failing(&[("put", Point::After)]).await;
    let (item, buyer) = (client.shop.item(2).await, visitor(1));
    let reserved = client.buy(&buyer, item).await.unwrap();
    client.shop.drain().await;
    client.ordered(&buyer, reserved.reservation_id).await;
    assert_eq!(client.stock(item).await.unwrap().sellable, 1);
    client.shop.audit().await;
}

#[tokio::test]
async fn a_buyer_who_may_hold_a_unit_never_gets_sold_out() {
    let client = failing(&[("put", Point::After), ("snapshot", Point::Before)]).await;
    let (item, first) = (client.shop.item(1).await, visitor(1));
    let path = client.path_for(&first, item).await.unwrap().path;
    let second_path = client.path_for(&visitor(2), item).await.unwrap().path;
    let lost = client.purchase(&first, path.clone(), item).await;
    assert!(matches!(lost, Err(ApiError::Busy { .. })), "{lost:?}");
    let second = client.purchase(&visitor(2), second_path, item).await;
    assert_eq!(second, Err(ApiError::SoldOut));
    assert!(client.shop.engine.purchase.purchases.is_sold_out(item));
    assert_eq!(
        client.purchase(&first, path, item).await.unwrap().position,
        1,
        "the sold-out cache does not know what the gate knows"
    );
    client.shop.audit().await;
}

/// A gate whose first answer is lost, and where the second call waits too long.
struct LostThenBusy {
    gate: Arc<dyn Reserve>,
    asked: AtomicU32,
}

#[async_trait]
impl Reserve for LostThenBusy {
    async fn reserve(&self, request: ReserveRequest) -> Result<Decision, PortError> {
        match self.asked.fetch_add(1, Ordering::SeqCst) {
            0 => {
                self.gate.reserve(request).await?;
                Err(PortError::failed("gate", "the answer was lost"))
            }
            1 => Ok(Decision::Refused(Rejection::Busy)),
            _ => self.gate.reserve(request).await,
        }
    }

    fn is_sold_out(&self, item_id: ItemId) -> bool {
        self.gate.is_sold_out(item_id)
    }
}

#[tokio::test]
async fn a_buyer_who_may_hold_a_unit_never_gets_sold_out_after_busy() {
    let mut shop = TestShop::open_embedded().await;
    let (gate, asked) = (shop.reserve.clone(), AtomicU32::new(0));
    let purchase = Arc::get_mut(&mut shop.engine.purchase).unwrap();
    let paths = Arc::new(MemoryPaths::new(shop.clock.clone()));
    purchase.paths = paths.clone();
    purchase.purchases = Arc::new(InSteps {
        limits: purchase.limits.clone(),
        paths,
        gate: Arc::new(LostThenBusy { gate, asked }),
    });
    let client = TestClient::of(shop);
    let (item, first) = (client.shop.item(1).await, visitor(1));
    let path = client.path_for(&first, item).await.unwrap().path;
    let second_path = client.path_for(&visitor(2), item).await.unwrap().path;
    let busy = client.purchase(&first, path.clone(), item).await;
    assert!(matches!(busy, Err(ApiError::Busy { .. })), "{busy:?}");
    let second = client.purchase(&visitor(2), second_path, item).await;
    assert_eq!(second, Err(ApiError::SoldOut));
    let again = client.purchase(&first, path, item).await;
    assert_eq!(again.unwrap().position, 1);
    client.shop.audit().await;
}

#[tokio::test]
async fn known_failure_19_a_reservation_without_an_item_fails_once_and_blocks_no_other() {
    let client = TestClient::new().await;
    let (gone, item) = (client.shop.item(1).await, client.shop.item(1).await);
    let poison = client.buy(&visitor(1), gone).await.unwrap();
    let sound = client.buy(&visitor(2), item).await.unwrap();
    let statement = format!("DELETE FROM items WHERE hex(id) = '{:X}'", gone.0.simple());
    let client = by_hand(client, &statement).await;
    assert_eq!(
        write_orders::run_once(&client.shop.engine.orders, 256)
            .await
            .unwrap(),
        2
    );
    assert_eq!(
        write_orders::run_once(&client.shop.engine.orders, 256)
            .await
            .unwrap(),
        0
    );
    let status = client
        .reservation(&visitor(1), poison.reservation_id)
        .await
        .unwrap();
    assert_eq!(status.state, ReservationState::Failed);
    assert!(status.reason.is_some());
    client.ordered(&visitor(2), sound.reservation_id).await;
}

#[tokio::test]
async fn known_failure_20_closing_returns_the_unit_and_never_touches_a_paid_order() {
    let client = TestClient::new().await;
    let item = client.shop.item(2).await;
    let paid = client.order_of(&visitor(1), item).await;
    client.order_of(&visitor(2), item).await;
    client.pays(&visitor(1), paid, Action::Pay).await;
    for (signature, body) in client.shop.take_sandbox_notices().await {
        assert!(client.shop.receive_notice(&signature, &body).await);
    }
    client.shop.settle_payments().await;
    client.shop.clock.advance(601_000);
    assert_eq!(
        close_unpaid::run_once(&client.shop.engine.orders, &client.shop.engine.payments)
            .await
            .unwrap(),
        1
    );
    client.shop.drain().await;
    let audited_item = client.shop.audit().await.items[0];
    assert_eq!(
        (
            audited_item.sellable,
            audited_item.sold,
            audited_item.orders_paid
        ),
        (1, 1, 1)
    );
    assert_eq!(
        client.cancel(&visitor(1), paid).await,
        Err(ApiError::OrderState)
    );
}

/// Records the order of calls.
#[derive(Default)]
struct Recorder(Mutex<Vec<&'static str>>);

impl FaultInjector for Recorder {
    fn next(&self, call: &'static str, point: Point) -> Fault {
        if point == Point::After {
            self.0.lock().unwrap().push(call);
        }
        Fault::None
    }
}

#[tokio::test]
async fn many_buyers_at_once_share_a_commit() {
    let recorder = Arc::new(Recorder::default());
    let clock = Arc::new(ManualClock::at(START_MS));
    let ids = Arc::new(SeededIds::default());
    let plan: Arc<dyn FaultInjector> = recorder.clone();
    let client =
        TestClient::of(TestShop::open(Data::of_the_stack(), clock, ids, Some(plan), |_| {}).await);
    let item = client.shop.item(200).await;
    let mut paths = Vec::new();
    for number in 0..200 {
        paths.push((
            number,
            client.path_for(&visitor(number), item).await.unwrap().path,
        ));
    }
    let visitors: Vec<_> = (0..200).map(visitor).collect();
    let buys = paths
        .into_iter()
        .map(|(number, path)| client.purchase(&visitors[number as usize], path, item));
    for reserved in futures::future::join_all(buys).await {
        reserved.unwrap();
    }
    let calls = recorder.0.lock().unwrap();
    let commits = calls.iter().filter(|call| **call == "put").count();
    assert!(commits <= 20, "{commits} commits for 200 buyers");
}
