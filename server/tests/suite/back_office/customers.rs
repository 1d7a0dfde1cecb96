//! Orders, buyers and payments in customer service.

use app::{
    port::{Storefront as _, Visitor},
    wire::{Me, Mobile, OrderId, OrderList, OrderState, PaymentList, Role},
};
use axum::http::{StatusCode, header};
use server::{
    engine::{
        accounts::sign_in,
        ports::{Accounts as _, BuyerBans as _, ChangedBy},
    },
    sandbox::Action,
};

use super::{pages::send_form, signed_in};
use crate::{
    pages::{get, html, site},
    purchase::{TestClient, visitor},
    support::{START_MS, TestShop, credentials, origin},
};

/// The password of all accounts made by `signed_in`.
const PASSWORD: &str = "a long password";

/// A buyer with an account, and a paid order.
async fn paid_order(client: &TestClient) -> (Visitor, OrderId) {
    let account_id = client.shop.buyer(1).await;
    let me = Me {
        account_id,
        nickname: "buyer 1".to_owned(),
        ..visitor(1).me.unwrap()
    };
    let who = Visitor {
        me: Some(me),
        ..visitor(1)
    };
    let item = client.shop.item(3).await;
    let order = client.order_of(&who, item).await;
    client.pays(&who, order, Action::Pay).await;
    for (signature, body) in client.shop.take_sandbox_notices().await {
        client.shop.receive_notice(&signature, &body).await;
    }
    client.shop.settle_payments().await;
    (who, order)
}

#[tokio::test]
async fn an_order_is_found_by_its_number_its_id_and_its_buyer() {
    let client = TestClient::of(TestShop::open_embedded().await);
    let (_, order) = paid_order(&client).await;
    let router = site(&client.shop);
    let token = signed_in(&client.shop, Role::Support, false).await;
    let found = async |query: String| {
        let path = format!("/api/admin/orders?{query}");
        let answer = html(get(&router, &path, "en", Some(&token)).await).await;
        let list: OrderList = serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{answer}"));
        let ids: Vec<_> = list.orders.iter().map(|row| row.order.order_id).collect();
        ids
    };
    for query in [
        String::new(),
        format!("search={order}"),
        format!("search={}", order.number()),
        format!("search={}", order.number().to_lowercase()),
        "search=139%200000%200001".to_owned(),
        "search=buyer%201".to_owned(),
        "search=%20&state=paid".to_owned(),
    ] {
        assert_eq!(found(query.clone()).await, [order], "{query}");
    }
    for query in [
        "search=0000000000".to_owned(),
        "search=13900000002".to_owned(),
        "search=buyer".to_owned(),
        "state=closed".to_owned(),
        format!("before={order}"),
        format!("item_id={order}"),
        // Neither a number nor a pattern.
        "search=%25".to_owned(),
        "search=%27%20OR%201%3D1".to_owned(),
    ] {
        assert_eq!(found(query.clone()).await, [], "{query}");
    }
    let page = html(get(&router, "/admin/orders?search=buyer+1", "en", Some(&token)).await).await;
    assert!(
        page.contains(&order.number()) && page.contains("139****0001"),
        "{page}"
    );
    let page = html(
        get(
            &router,
            &format!("/admin/orders/{order}"),
            "en",
            Some(&token),
        )
        .await,
    );
    let page = page.await;
    for words in ["A unit was held", "The order was made", "Paid", "sandbox"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(
        !page.contains("Give the money back"),
        "support does not refund"
    );
    assert!(!page.contains("13900000001"), "the number is masked");
}

#[tokio::test]
async fn older_orders_are_on_the_next_page() {
    let client = TestClient::of(TestShop::open_embedded().await);
    let item = client.shop.item(60).await;
    let mut made = Vec::new();
    for number in 0..51 {
        let account_id = client.shop.buyer(number).await;
        let me = Me {
            account_id,
            ..visitor(1).me.unwrap()
        };
        let who = Visitor {
            me: Some(me),
            ..visitor(1)
        };
        made.push(client.order_of(&who, item).await);
    }
    made.reverse();
    let router = site(&client.shop);
    let token = signed_in(&client.shop, Role::Auditor, false).await;
    let list = async |path: &str| {
        let answer = html(get(&router, path, "en", Some(&token)).await).await;
        let list: OrderList = serde_json::from_str(&answer).unwrap();
        let ids: Vec<_> = list.orders.iter().map(|row| row.order.order_id).collect();
        (ids, list.next)
    };
    let (first, next) = list("/api/admin/orders").await;
    assert_eq!((first.as_slice(), next), (&made[..50], Some(made[49])));
    let (second, next) = list(&format!("/api/admin/orders?before={}", made[49])).await;
    assert_eq!((second.as_slice(), next), (&made[50..], None));
    let page = html(get(&router, "/admin/orders", "en", Some(&token)).await).await;
    let link = format!("/admin/orders?before={}", made[49]);
    assert!(page.contains(&link), "{page}");
}

#[tokio::test]
async fn an_operator_refunds_an_order_with_a_reason_and_the_password() {
    let client = TestClient::of(TestShop::open_embedded().await);
    let (who, order) = paid_order(&client).await;
    let router = site(&client.shop);
    let token = signed_in(&client.shop, Role::Operator, false).await;
    let page = format!("/admin/orders/{order}");
    let form = format!("{page}/refund");
    let state = async || client.order(&who, order).await.unwrap().order.state;
    for (reason, password, words) in [
        ("Arrived broken", "another password", "not your password"),
        (" ", PASSWORD, "Say why"),
    ] {
        let fields = [("reason", reason), ("password", password)];
        let response = send_form(&router, &form, &token, &fields).await;
        assert_eq!(response.status(), 422);
        let text = html(response).await;
        assert!(text.contains(words), "{text}");
        assert!(
            text.contains(&format!("value=\"{reason}\"")),
            "what was typed stays: {text}"
        );
        assert!(!text.contains(password), "a password is never sent back");
        assert_eq!(state().await, OrderState::Paid);
    }
    let fields = [("reason", "Arrived broken"), ("password", PASSWORD)];
    let response = send_form(&router, &form, &token, &fields).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()[header::LOCATION], page.as_str());
    client.shop.settle_payments().await;
    assert_eq!(state().await, OrderState::Refunded);
    let balance = client.shop.sql.sandbox_balance().await.unwrap();
    assert_eq!(balance, [], "the buyer has the money");
    client.shop.audit().await;

    let again = send_form(&router, &form, &token, &fields).await;
    assert_eq!(again.status(), 409);
    assert!(html(again).await.contains("in another state by now"));
    let text = html(get(&router, &page, "en", Some(&token)).await).await;
    assert!(text.contains("by Operator-false"), "{text}");
    let admin = signed_in(&client.shop, Role::Admin, false).await;
    let log = format!("/admin/log?subject={order}");
    let log = html(get(&router, &log, "en", Some(&admin)).await).await;
    assert!(log.contains("Arrived broken"), "{log}");
    let money = "/api/admin/payments?group=went_back";
    let money = html(get(&router, money, "en", Some(&admin)).await).await;
    let money: PaymentList = serde_json::from_str(&money).unwrap();
    assert_eq!(money.payments[0].order_id, order);
}

#[tokio::test]
async fn a_banned_buyer_can_look_but_not_buy_until_the_ban_is_lifted() {
    let shop = TestShop::open_embedded().await;
    let account_id = shop.buyer(1).await;
    let router = site(&shop);
    let token = signed_in(&shop, Role::Support, false).await;
    let page = format!("/admin/buyers/{account_id}");
    let fields = [("reason", "Resells"), ("password", PASSWORD)];
    let signs_in = async || {
        let deps = &shop.engine.accounts;
        let form = credentials("13900000001", "password-1");
        let signed_in = sign_in::login(deps, &origin(), form).await;
        signed_in.unwrap().me
    };
    for (verb, banned) in [("ban", true), ("unban", false)] {
        let form = format!("{page}/{verb}");
        let response = send_form(&router, &form, &token, &fields).await;
        assert_eq!(response.headers()[header::LOCATION], page.as_str());
        assert_eq!(signs_in().await.banned, banned);
        let text = html(get(&router, &page, "en", Some(&token)).await).await;
        assert_eq!(text.contains("May not buy"), banned, "{text}");
        assert!(!text.contains("13900000001"), "the number is masked");
        shop.clock.advance(60_000);
    }
    let staff = shop
        .sql
        .by_mobile(&Mobile::parse("13700000002").unwrap())
        .await;
    let staff = staff.unwrap().unwrap();
    assert!(staff.role.is_staff());
    let by = ChangedBy::command();
    let refused = shop
        .sql
        .set_banned(staff.account_id, true, &by, START_MS)
        .await;
    assert_eq!(refused.unwrap(), None, "only buyers are banned here");
    let path = format!("/admin/buyers/{}/ban", staff.account_id);
    let response = send_form(&router, &path, &token, &fields).await;
    assert_eq!(response.status(), 404);
}

#[tokio::test]
async fn guesses_of_a_colleagues_password_are_limited() {
    let client = TestClient::of(TestShop::open_embedded().await);
    let (_, order) = paid_order(&client).await;
    let router = site(&client.shop);
    let token = signed_in(&client.shop, Role::Operator, false).await;
    let form = format!("/admin/orders/{order}/refund");
    let mut statuses = Vec::new();
    for guess in 0..8 {
        let guess = format!("password {guess}");
        let fields = [("reason", "Why not"), ("password", guess.as_str())];
        let response = send_form(&router, &form, &token, &fields).await;
        statuses.push(response.status().as_u16());
    }
    assert_eq!((statuses[0], statuses[7]), (422, 429), "{statuses:?}");
    let fields = [("reason", "Why not"), ("password", PASSWORD)];
    let response = send_form(&router, &form, &token, &fields).await;
    assert_eq!(response.status(), 429, "also with the right one");
}
