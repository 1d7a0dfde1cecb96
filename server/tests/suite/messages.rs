//! Messages to buyers on the shop's own pages: for which events, how often, to whom, how long.

use app::{
    port::{AfterPurchase as _, Storefront as _, Visitor},
    wire::{AccountId, ApiError, Message, MessageId, MessageKind},
};
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use futures::future::join_all;
use serde_json::json;
use server::{
    engine::{
        messages::{KEPT, purge_messages, warn_expiring},
        orders::{close_unpaid, write_orders},
        ports::{ChangedBy, Messages as _, Refunds as _},
    },
    sandbox::Action,
};
use tower::ServiceExt;
use uuid::Uuid;

use crate::{
    back_office::{call, pages::send_form},
    pages::{get, html, signed_in},
    purchase::{TestClient, visitor},
    shipping::Customer,
    support::{START_MS, TestShop},
};

const DAY_MS: i64 = 24 * 3_600_000;
/// Time from an order to its deadline.
const WINDOW_MS: i64 = 600_000;

async fn of(client: &TestClient, who: &Visitor) -> Vec<Message> {
    client.messages(who).await.unwrap()
}

/// Oldest first.
async fn kinds(client: &TestClient, who: &Visitor) -> Vec<MessageKind> {
    let messages = of(client, who).await;
    messages.iter().rev().map(|message| message.kind).collect()
}

#[tokio::test]
async fn each_event_of_an_order_is_reported_once() {
    let customer = Customer::new().await;
    let (client, who, order) = (&customer.client, &customer.who, customer.order);
    let shop = &client.shop;
    client.pays(who, order, Action::PayWithRepeats).await;
    for (signature, body) in shop.take_sandbox_notices().await {
        shop.receive_notice(&signature, &body).await;
    }
    shop.settle_payments().await;
    shop.settle_payments().await;
    customer.gets_the_parcel().await;
    let by = ChangedBy::command();
    for _ in 0..2 {
        shop.sql.refund_order(order, &by, START_MS).await.unwrap();
        shop.settle_payments().await;
    }
    let expected = [
        MessageKind::Ordered,
        MessageKind::Paid,
        MessageKind::Shipped,
        MessageKind::Refunded,
    ];
    assert_eq!(kinds(client, who).await, expected);
    let latest = of(client, who).await.remove(0);
    assert_eq!((latest.order_id, latest.is_read), (order, false));
    assert_eq!(latest.title.en, "Pour-over kettle");
    assert_eq!(of(client, &visitor(9)).await, [], "nobody else hears of it");
}

#[tokio::test]
async fn the_end_of_an_unpaid_order_is_reported_with_its_reason() {
    let client = TestClient::new().await;
    let (item, late, gone) = (client.shop.item(5).await, visitor(1), visitor(2));
    client.order_of(&late, item).await;
    let order = client.order_of(&gone, item).await;
    client.cancel(&gone, order).await.unwrap();
    client.cancel(&gone, order).await.unwrap_err();
    client.shop.clock.advance(WINDOW_MS);
    let engine = &client.shop.engine;
    for _ in 0..2 {
        close_unpaid::run_once(&engine.orders, &engine.payments)
            .await
            .unwrap();
    }
    let closed = [MessageKind::Ordered, MessageKind::ClosedUnpaid];
    assert_eq!(kinds(&client, &late).await, closed);
    let cancelled = [MessageKind::Ordered, MessageKind::Cancelled];
    assert_eq!(kinds(&client, &gone).await, cancelled);
}

#[tokio::test]
async fn changes_that_did_not_happen_send_no_message() {
    let client = TestClient::of(TestShop::open_embedded().await);
    let (item, first, second) = (client.shop.item(1).await, visitor(1), visitor(2));
    client.buy(&first, item).await.unwrap();
    let queued = client.shop.queued(1).await;
    let engine = &client.shop.engine;
    let orders = &engine.orders;
    // The same entry at two writers, and again.
    let batch: Vec<_> = queued
        .into_iter()
        .map(|entry| (entry, app::wire::OrderId(client.shop.ids.next())))
        .collect();
    for _ in 0..2 {
        orders.writer.write(&batch, START_MS).await.unwrap();
    }
    while write_orders::run_once(orders, 256).await.unwrap() > 0 {}
    client.shop.drain().await;
    assert_eq!(kinds(&client, &first).await, [MessageKind::Ordered]);
    client.buy(&second, item).await.unwrap_err();
    assert_eq!(of(&client, &second).await, [], "nothing was won");
    // An order with a payment under way is not closed at its deadline.
    let order = of(&client, &first).await[0].order_id;
    client.goes_to_pay(&first, order).await;
    client.shop.clock.advance(WINDOW_MS);
    close_unpaid::run_once(orders, &engine.payments)
        .await
        .unwrap();
    assert_eq!(kinds(&client, &first).await, [MessageKind::Ordered]);
}

#[tokio::test]
async fn two_minutes_before_the_deadline_unpaid_buyers_are_warned_once() {
    let customer = Customer::new().await;
    let (client, shop) = (&customer.client, &customer.client.shop);
    let (item, slow) = (shop.item(5).await, visitor(7));
    client.order_of(&slow, item).await;
    customer.pays().await;
    let warn = async || {
        warn_expiring::run_once(&shop.engine.messages)
            .await
            .unwrap()
    };
    shop.clock.advance(WINDOW_MS - 120_001);
    assert_eq!(warn().await, 0, "too early");
    shop.clock.advance(1);
    // Two instances at once.
    let told: u32 = join_all([warn(), warn()]).await.into_iter().sum();
    assert_eq!(told, 1);
    shop.clock.advance(60_000);
    assert_eq!(warn().await, 0, "once");
    let expected = [MessageKind::Ordered, MessageKind::ExpiresSoon];
    assert_eq!(kinds(client, &slow).await, expected);
    let paid = [MessageKind::Ordered, MessageKind::Paid];
    assert_eq!(kinds(client, &customer.who).await, paid);
}

#[tokio::test]
async fn orders_made_in_the_last_two_minutes_get_no_warning() {
    let shop = TestShop::with(|config| config.sale.pay_window_s = 119).await;
    let client = TestClient::of(shop);
    let (item, who) = (client.shop.item(5).await, visitor(1));
    client.order_of(&who, item).await;
    for _ in 0..3 {
        let told = warn_expiring::run_once(&client.shop.engine.messages).await;
        assert_eq!(told.unwrap(), 0);
        client.shop.clock.advance(60_000);
    }
}

#[tokio::test]
async fn messages_are_marked_as_read_up_to_one_and_only_for_their_reader() {
    let client = TestClient::new().await;
    let (item, one, two) = (client.shop.item(5).await, visitor(1), visitor(2));
    for who in [&one, &two] {
        let order = client.order_of(who, item).await;
        client.cancel(who, order).await.unwrap();
    }
    let unread = async |who| client.unread_messages(who).await.unwrap();
    assert_eq!((unread(&one).await, unread(&two).await), (2, 2));
    let first = of(&client, &one).await[1].message_id;
    client.read_messages(&one, first).await.unwrap();
    assert_eq!(unread(&one).await, 1, "the later one is new");
    let read: Vec<_> = of(&client, &one).await;
    assert_eq!([read[0].is_read, read[1].is_read], [false, true]);
    let of_another = of(&client, &two).await[0].message_id;
    client.read_messages(&one, of_another).await.unwrap();
    assert_eq!(unread(&two).await, 2);
    let latest = MessageId(Uuid::max());
    client.read_messages(&one, latest).await.unwrap();
    assert_eq!((unread(&one).await, unread(&two).await), (0, 2));
}

#[tokio::test]
async fn old_messages_are_deleted_and_an_account_keeps_the_latest_200() {
    let client = TestClient::of(TestShop::open_embedded().await);
    let (item, who) = (client.shop.item(5).await, visitor(1));
    client.order_of(&who, item).await;
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) \
        INSERT INTO messages SELECT randomblob(16), account_id, order_id, kind, at_ms, NULL \
        FROM messages, n";
    client.shop.change_by_hand(many).await;
    client.order_of(&visitor(2), item).await;
    assert_eq!(
        of(&client, &who).await.len() as u32,
        KEPT,
        "no more are shown"
    );
    let newest = of(&client, &who).await;
    let messages = &client.shop.engine.messages;
    let purge = async || purge_messages::run_once(messages).await.unwrap();
    assert_eq!(purge().await, 101);
    assert_eq!(purge().await, 0);
    assert_eq!(of(&client, &who).await, newest, "the latest stay");
    let all = client
        .shop
        .sql
        .messages(AccountId(Uuid::from_u128(1)), 1_000);
    assert_eq!(all.await.unwrap().len() as u32, KEPT);

    assert_eq!(messages.rules.keep_messages_ms, 90 * DAY_MS);
    client.shop.clock.advance(90 * DAY_MS);
    assert_eq!(purge().await, 0);
    client.shop.clock.advance(1);
    assert_eq!(purge().await, KEPT + 1);
    assert_eq!(of(&client, &who).await, []);
}

#[tokio::test]
async fn the_page_lists_messages_and_its_button_works_without_scripts() {
    let customer = Customer::new().await;
    let (router, token) = (&customer.router, &*customer.token);
    let read = async || html(get(router, "/messages", "en", Some(token)).await).await;
    let page = read().await;
    for words in ["You got it!", "Pour-over kettle", "New", "Mark all as read"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(page.contains(&customer.page()), "{page}");
    let again = read().await;
    assert!(
        again.contains("Mark all as read"),
        "reading changes nothing"
    );
    let latest = of(&customer.client, &customer.who).await[0].message_id;
    let fields = [("message_id", latest.to_string())];
    let fields: Vec<_> = fields.iter().map(|(name, id)| (*name, &**id)).collect();
    let answer = send_form(router, "/messages/read", token, &fields).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()[header::LOCATION], "/messages");
    let page = read().await;
    assert!(page.contains("You got it!"), "{page}");
    assert!(!page.contains("Mark all as read"), "{page}");
    let other = signed_in(&customer.client.shop, 2).await;
    let empty = html(get(router, "/messages", "zh", Some(&other)).await).await;
    assert!(empty.contains("还没有消息"), "{empty}");
}

#[tokio::test]
async fn the_calls_return_only_the_callers_messages() {
    let customer = Customer::new().await;
    let (router, token) = (&customer.router, &*customer.token);
    let other = signed_in(&customer.client.shop, 2).await;
    let read = async |path, token| {
        let answer = get(router, path, "en", token).await;
        (answer.status().as_u16(), html(answer).await)
    };
    for path in ["/api/messages", "/api/messages/unread"] {
        assert_eq!(read(path, None).await.0, 401, "{path}");
    }
    assert_eq!(
        read("/api/messages", Some(&other)).await,
        (200, "[]".to_owned())
    );
    let (_, list) = read("/api/messages", Some(token)).await;
    let list: Vec<Message> = serde_json::from_str(&list).unwrap();
    assert_eq!(list[0].order_id, customer.order);
    let unread = async |token| read("/api/messages/unread", Some(token)).await.1;
    assert_eq!(
        (unread(token).await, unread(&other).await),
        ("1".into(), "0".into())
    );

    let path = "/api/messages/read";
    let seen = json!({ "message_id": list[0].message_id });
    assert_eq!(call(router, path, None, &seen).await.0, 401);
    for wrong in [
        json!({}),
        json!({"message_id": 7}),
        json!({"message_id": "x' OR 1=1"}),
    ] {
        let (status, answer) = call(router, path, Some(token), &wrong).await;
        let error: ApiError = serde_json::from_slice(&answer).unwrap();
        let field = "message_id".to_owned();
        assert_eq!((status.as_u16(), error), (422, ApiError::Invalid { field }));
    }
    for (path, body, kind) in [
        (path, seen.to_string(), "application/json"),
        (
            "/messages/read",
            format!("message_id={}", list[0].message_id),
            "application/x-www-form-urlencoded",
        ),
    ] {
        let request = Request::post(path)
            .header(header::HOST, "shop.example")
            .header("sec-fetch-site", "cross-site")
            .header(header::CONTENT_TYPE, kind)
            .header(header::COOKIE, format!("seckill_login={token}"));
        let request = request.body(Body::from(body)).unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), 403, "{path}");
    }
    assert_eq!(call(router, path, Some(&other), &seen).await.0, 200);
    assert_eq!(unread(token).await, "1", "another's message is not touched");
    assert_eq!(call(router, path, Some(token), &seen).await.0, 200);
    assert_eq!(unread(token).await, "0");
    let form = send_form(router, "/messages/read", token, &[("message_id", "x")]).await;
    assert_eq!(form.status(), 422);
}
