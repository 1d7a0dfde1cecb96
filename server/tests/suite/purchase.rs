//! The purchase through the shop's client: captcha, hidden path, reservation, order, and mistakes by
//! people and machines. Tests named `known_failure_NN_…` cover failures that other shops of this
//! kind have had; see `docs/known-failures.md`.

mod at_once;
mod known_failures;
mod refusals;
mod returns;
mod waiting;

use std::sync::Arc;

use app::{
    port::{Storefront, Visitor},
    wire::{
        AccountId, ApiError, CaptchaId, HiddenPath, ItemId, Language, Me, OrderId, PaymentId,
        ReservationId, ReservationState, Reserved, Role,
    },
};
use server::{
    engine::storefront::ShopFront,
    sandbox::{Action, SandboxProvider},
};

use crate::support::{ANSWER, HOUR_MS, START_MS, TestShop};

/// The client of a test shop, with a purchase in one call.
pub struct TestClient {
    pub shop: TestShop,
    front: Arc<ShopFront>,
}

impl std::ops::Deref for TestClient {
    type Target = ShopFront;

    fn deref(&self) -> &ShopFront {
        &self.front
    }
}

impl TestClient {
    pub async fn new() -> TestClient {
        TestClient::of(TestShop::new().await)
    }

    pub fn of(shop: TestShop) -> TestClient {
        let front = Arc::new(ShopFront::new(shop.engine.clone()));
        TestClient { shop, front }
    }

    pub async fn restart(self) -> TestClient {
        drop(self.front);
        TestClient::of(self.shop.restart().await)
    }

    pub async fn ask(&self, who: &Visitor, item: ItemId) -> Result<CaptchaId, ApiError> {
        Ok(self.captcha(who, item).await?.captcha_id)
    }

    /// Captcha and path.
    pub async fn path_for(&self, who: &Visitor, item: ItemId) -> Result<HiddenPath, ApiError> {
        let captcha = self.ask(who, item).await?;
        self.path(who, item, Some(captcha), Some(ANSWER.to_owned()))
            .await
    }

    /// All steps to a reservation.
    pub async fn buy(&self, who: &Visitor, item: ItemId) -> Result<Reserved, ApiError> {
        let path = self.path_for(who, item).await?.path;
        self.purchase(who, path, item).await
    }

    /// All steps to an order.
    pub async fn order_of(&self, who: &Visitor, item: ItemId) -> OrderId {
        let reserved = self.buy(who, item).await.unwrap();
        self.shop.drain().await;
        self.ordered(who, reserved.reservation_id).await
    }

    pub async fn ordered(&self, who: &Visitor, id: ReservationId) -> OrderId {
        let status = self.reservation(who, id).await.unwrap();
        assert_eq!(status.state, ReservationState::Ordered);
        status.order_id.unwrap()
    }

    /// Opens the page of the built-in provider.
    pub async fn goes_to_pay(&self, who: &Visitor, order: OrderId) -> PaymentId {
        let page = self.pay(who, order).await.unwrap();
        let payment = page.url.strip_prefix("/sandbox/").unwrap();
        payment.parse().unwrap()
    }

    /// Opens the page and presses a button.
    pub async fn pays(&self, who: &Visitor, order: OrderId, action: Action) -> PaymentId {
        let payment = self.goes_to_pay(who, order).await;
        self.shop.sandbox().act(payment, action).await.unwrap();
        payment
    }
}

/// A signed-in buyer.
pub fn visitor(number: u32) -> Visitor {
    let account_id = AccountId(uuid::Uuid::from_u128(u128::from(number)));
    Visitor {
        me: Some(Me {
            account_id,
            nickname: format!("buyer {number}"),
            mobile: "139****0001".into(),
            role: Role::Buyer,
            banned: false,
        }),
        login_token: None,
        ip: "10.0.0.1".parse().unwrap(),
        language: Language::En,
        device: String::new(),
    }
}

#[tokio::test]
async fn a_purchase_goes_from_question_to_order() {
    let client = TestClient::new().await;
    let (item, buyer) = (client.shop.item(10).await, visitor(1));
    let reserved = client.buy(&buyer, item).await.unwrap();
    assert_eq!(reserved.position, 1);

    let queued = client.my_reservation(&buyer, item).await.unwrap().unwrap();
    assert_eq!(
        (queued.state, queued.position),
        (ReservationState::Queued, Some(1))
    );
    assert_eq!(queued.reservation_id, reserved.reservation_id);
    client.shop.drain().await;

    let order_id = client.ordered(&buyer, reserved.reservation_id).await;
    let order = client.order(&buyer, order_id).await.unwrap();
    assert_eq!(order.reservation_id, reserved.reservation_id);
    assert_eq!(order.order.amount.0, 9_900);
    assert_eq!(order.order.pay_deadline_ms, START_MS + 600_000);
    assert_eq!(client.orders(&buyer).await.unwrap(), [order.order]);
    let stock = client.stock(item).await.unwrap();
    assert_eq!((stock.total, stock.sellable), (10, 9));
    assert_eq!(client.shop.audit().await.items[0].orders_live, 1);
}

#[tokio::test]
async fn questions_and_paths_are_issued_from_a_minute_before_the_start() {
    let client = TestClient::new().await;
    let start_ms = START_MS + HOUR_MS;
    let item = client
        .shop
        .item_in(10, start_ms, start_ms + HOUR_MS, None)
        .await;
    let buyer = visitor(1);
    client.shop.clock.advance(HOUR_MS - 60_001);
    assert_eq!(
        client.path_for(&buyer, item).await,
        Err(ApiError::NotStarted)
    );
    client.shop.clock.advance(1);
    let path = client.path_for(&buyer, item).await.unwrap().path;

    // A path used too early is refused, and not used up.
    let early = client.purchase(&buyer, path.clone(), item).await;
    assert_eq!(early, Err(ApiError::NotStarted));
    client.shop.clock.advance(59_999);
    let early = client.purchase(&buyer, path.clone(), item).await;
    assert_eq!(early, Err(ApiError::NotStarted));
    client.shop.clock.advance(1);
    assert_eq!(
        client.purchase(&buyer, path, item).await.unwrap().position,
        1
    );
}

#[tokio::test]
async fn a_path_is_valid_for_its_lifetime_counted_from_the_start_at_the_earliest() {
    let client = TestClient::new().await;
    let start_ms = START_MS + HOUR_MS;
    let item = client
        .shop
        .item_in(10, start_ms, start_ms + HOUR_MS, None)
        .await;
    let (eager, slow, late) = (visitor(1), visitor(2), visitor(3));
    client.shop.clock.advance(HOUR_MS - 60_000);
    let first = client.path_for(&eager, item).await.unwrap();
    let second = client.path_for(&slow, item).await.unwrap();
    assert_eq!(first.expires_at_ms, start_ms + 60_000);
    assert_eq!(second.expires_at_ms, start_ms + 60_000);
    client.shop.clock.advance(60_000 + 59_999);
    assert!(client.purchase(&eager, first.path, item).await.is_ok());
    let third = client.path_for(&late, item).await.unwrap();
    assert_eq!(third.expires_at_ms, start_ms + 59_999 + 60_000);
    client.shop.clock.advance(1);
    let expired = client.purchase(&slow, second.path, item).await;
    assert_eq!(expired, Err(ApiError::PathInvalid));
    assert!(client.purchase(&late, third.path, item).await.is_ok());
}

#[tokio::test]
async fn a_path_obtained_early_buys_at_the_second_of_the_start() {
    let client = TestClient::new().await;
    let start_ms = START_MS + HOUR_MS;
    let item = client
        .shop
        .item_in(1, start_ms, start_ms + HOUR_MS, None)
        .await;
    let buyer = visitor(1);
    client.shop.clock.advance(HOUR_MS - 30_000);
    let path = client.path_for(&buyer, item).await.unwrap().path;
    let early = client.purchase(&buyer, path.clone(), item).await;
    assert_eq!(early, Err(ApiError::NotStarted));
    client.shop.clock.advance(30_000);
    assert_eq!(
        client.purchase(&buyer, path, item).await.unwrap().position,
        1
    );
}

#[tokio::test]
async fn with_captchas_off_a_path_needs_no_answer() {
    let shop = TestShop::with(|config| config.sale.captcha = None).await;
    let client = TestClient::of(shop);
    let (item, buyer) = (client.shop.item(1).await, visitor(1));
    let path = client.path(&buyer, item, None, None).await.unwrap().path;
    assert!(client.purchase(&buyer, path, item).await.is_ok());
}
