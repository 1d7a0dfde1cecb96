//! Undelivered entries and messages are shown to staff, who can retry or end them.

use app::wire::{Action, ActivityQuery, Role, Undelivered};
use server::engine::{
    ports::{
        ActivityLog as _, ChangedBy, DeliveryFailure, DeliveryOutcome, WebhookDeliveries as _,
        WebhookEndpoints as _, WebhookEvent,
    },
    webhooks::endpoints::add,
};

use super::{pages::send_form, signed_in};
use crate::{
    pages::{get, html, site},
    shipping::Customer,
    support::{START_MS, TestShop},
};

const PAGE: &str = "/admin/messages";

async fn read(customer: &Customer, token: &str) -> Undelivered {
    let router = site(&customer.client.shop);
    let answer = html(get(&router, "/api/admin/undelivered", "en", Some(token)).await).await;
    serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{answer}"))
}

#[tokio::test]
async fn a_given_up_message_can_be_sent_again_with_a_button() {
    let shop = TestShop::open_embedded().await;
    let machine = (&*shop.clock as _, &*shop.ids as _);
    let url = "https://program.example/hook?key=secret";
    let events = [WebhookEvent::OrderCreated];
    let by = ChangedBy::command();
    let endpoint = add(&shop.sql, machine, url, true, &events, &by)
        .await
        .unwrap();
    let customer = Customer::of(shop).await;
    let shop = &customer.client.shop;
    let due = shop
        .sql
        .take_due(endpoint.endpoint_id, START_MS, START_MS + 1, 9)
        .await
        .unwrap();
    let failed = DeliveryOutcome {
        delivery_id: due[0].delivery_id,
        status: Some(500),
        failure: Some(DeliveryFailure {
            error: "it answered 500".to_owned(),
            next_at_ms: None,
        }),
    };
    shop.sql.record(&[failed], START_MS).await.unwrap();

    let operator = signed_in(shop, Role::Operator, false).await;
    let found = read(&customer, &operator).await;
    assert_eq!(found.webhooks[0].url, "https://program.example/…");
    assert_eq!(
        found.given_up[0].last_error.as_deref(),
        Some("it answered 500")
    );
    let router = site(shop);
    let page = html(get(&router, PAGE, "en", Some(&operator)).await).await;
    assert!(
        page.contains("it answered 500") && page.contains("Send it again"),
        "{page}"
    );

    let path = format!("{PAGE}/{}/replay", due[0].delivery_id);
    assert_eq!(
        send_form(&router, &path, &operator, &[]).await.status(),
        303
    );
    let found = read(&customer, &operator).await;
    assert_eq!((found.given_up.len(), found.waiting.len()), (0, 1));
    let log = shop
        .sql
        .activities(&ActivityQuery::default(), 1)
        .await
        .unwrap();
    assert_eq!(log[0].action, Action::ReplayMessage);
    let nothing = "00000000-0000-7000-8000-000000000009";
    for path in [
        format!("{PAGE}/{nothing}/replay"),
        format!("{PAGE}/parked/{nothing}/replay"),
    ] {
        let refused = send_form(&router, &path, &operator, &[]).await;
        assert_eq!(refused.status(), 404, "{path}");
    }
    let unchanged = shop.sql.activities(&ActivityQuery::default(), 1).await;
    assert_eq!(unchanged.unwrap(), log, "nothing happened");
    assert_eq!(shop.sql.endpoints().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_parked_reservation_is_dropped_with_a_reason_and_the_caller_s_password() {
    let customer = Customer::of(TestShop::open_embedded().await).await;
    let shop = &customer.client.shop;
    // As after five tries: a reservation of another item's first buyer.
    let item = shop.item(3).await;
    let buyer = shop.buyer(2).await;
    let hex = |id: &dyn ToString| id.to_string().replace('-', "");
    let id = "00000000-0000-7000-8000-000000000001";
    shop.change_by_hand(&format!(
        "INSERT INTO reservations (id, item_id, buyer_id, path, position, held_at_ms, state, tries, replayed) \
         VALUES (x'{}', x'{}', x'{}', 'a path', 1, {START_MS}, 'queued', 5, 0)",
        hex(&id),
        hex(&item),
        hex(&buyer)
    ))
    .await;
    let operator = signed_in(shop, Role::Operator, false).await;
    let parked = read(&customer, &operator).await.parked.unwrap();
    assert_eq!(
        (
            parked.all,
            parked.entries[0].reservation_id.to_string().as_str()
        ),
        (1, id)
    );

    let router = site(shop);
    let form = html(get(&router, &format!("{PAGE}?drop={id}"), "en", Some(&operator)).await).await;
    assert!(form.contains(&format!("{PAGE}/parked/{id}/drop")), "{form}");
    let path = format!("{PAGE}/parked/{id}/drop");
    let wrong = [("reason", "no such product"), ("password", "another one")];
    let refused = send_form(&router, &path, &operator, &wrong).await;
    assert_eq!(refused.status(), 422);
    let page = html(refused).await;
    assert!(
        page.contains("That is not your password") && page.contains("no such product"),
        "{page}"
    );
    let right = [
        ("reason", "no such product"),
        ("password", "a long password"),
    ];
    let dropped = send_form(&router, &path, &operator, &right).await;
    assert_eq!(dropped.status(), 303);
    assert_eq!(read(&customer, &operator).await.parked.unwrap().all, 0);
    let log = shop
        .sql
        .activities(&ActivityQuery::default(), 1)
        .await
        .unwrap();
    assert_eq!(log[0].action, Action::DropParked);
    assert_eq!(log[0].reason.as_deref(), Some("no such product"));
}
