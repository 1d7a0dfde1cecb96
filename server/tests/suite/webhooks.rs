//! Webhooks about orders and rounds: for which events, how often, how they are signed, and what happens when a
//! program does not answer.

mod endpoints;
mod receiver;
mod rounds;
mod tries;

use std::sync::Arc;

use app::{port::Storefront as _, wire::OrderState};
use server::engine::{
    ports::{
        ChangedBy, DeliveryFilter, Refunds as _, WebhookDeliveries as _, WebhookEndpoint,
        WebhookEvent,
    },
    webhooks::{
        deliver::{self, Lane, TAKEN_MS},
        endpoints::add,
        secret,
    },
};

use server::sandbox::Action;
use tokio::sync::Notify;

use crate::{
    shipping::Customer,
    support::{START_MS, TestShop, eventually},
};

use receiver::{Answer, Receiver};

/// A shop that may call programs on this machine.
async fn shop() -> TestShop {
    TestShop::with(|config| config.webhooks.private_addresses = true).await
}

/// Subscribes a program to these events, or to all if empty.
async fn told(shop: &TestShop, url: &str, events: &[WebhookEvent]) -> WebhookEndpoint {
    let machine = (&*shop.clock as _, &*shop.ids as _);
    add(&shop.sql, machine, url, true, events, &ChangedBy::command())
        .await
        .unwrap()
}

/// One turn of the worker.
async fn deliver(shop: &TestShop) -> u32 {
    deliver::run_once(&shop.engine.webhooks, Lane::Quick)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_program_is_notified_once_of_every_step_of_an_order() {
    let (receiver, shop) = (Receiver::start().await, shop().await);
    let endpoint = told(&shop, &receiver.url, &[]).await;
    let customer = Customer::of(shop).await;
    let (shop, order) = (&customer.client.shop, customer.order);
    customer.pays().await;
    customer.gets_the_parcel().await;
    let by = ChangedBy::command();
    shop.sql.refund_order(order, &by, START_MS).await.unwrap();
    shop.settle_payments().await;

    assert_eq!(deliver(shop).await, 5);
    assert_eq!(deliver(shop).await, 0, "nothing is told twice");
    let got = receiver.take();
    let mut events: Vec<_> = got.iter().map(receiver::Got::event).collect();
    events.sort();
    assert_eq!(
        events,
        [
            "order.created",
            "order.paid",
            "order.received",
            "order.refunded",
            "order.shipped"
        ]
    );
    for message in &got {
        assert!(message.is_signed_with(&secret::shown(&endpoint.secret)));
        assert_eq!(message.header("content-type"), "application/json");
        let (body, time) = (message.json(), "2027-01-15T08:00:00Z");
        assert_eq!(body["timestamp"], time);
        let data = &body["data"];
        assert_eq!(data["order_id"], order.to_string());
        assert_eq!(
            (&data["amount"], &data["currency"]),
            (&9_900.into(), &"CNY".into())
        );
        for secret in ["李雷", "13800000009", "漕溪", "buyer 1", "13900000001"] {
            assert!(!message.text().contains(secret), "{secret}");
        }
    }
    let shipped = got
        .iter()
        .find(|message| message.event() == "order.shipped")
        .unwrap();
    assert_eq!(shipped.json()["data"]["tracking_number"], "SF1234");
}

#[tokio::test]
async fn the_end_of_an_unpaid_order_comes_with_its_reason() {
    let (receiver, shop) = (Receiver::start().await, shop().await);
    told(&shop, &receiver.url, &[WebhookEvent::OrderClosed]).await;
    let customer = Customer::of(shop).await;
    let client = &customer.client;
    client.cancel(&customer.who, customer.order).await.unwrap();
    assert_eq!(deliver(&client.shop).await, 1);
    let got = receiver.take();
    assert_eq!(got.len(), 1, "nothing else was asked for");
    assert_eq!(got[0].json()["data"]["close_reason"], "cancelled");
    let sent = client
        .shop
        .sql
        .deliveries(&DeliveryFilter::default(), 10)
        .await
        .unwrap();
    assert_eq!(sent[0].last_status, Some(204));
}

#[tokio::test]
async fn two_workers_at_once_send_each_message_once() {
    let (receiver, shop) = (Receiver::start().await, shop().await);
    told(&shop, &receiver.url, &[]).await;
    let customer = Customer::of(shop).await;
    customer.pays().await;
    let shop = &customer.client.shop;
    let sent = tokio::join!(deliver(shop), deliver(shop), deliver(shop));
    assert_eq!(sent.0 + sent.1 + sent.2, 2);
    assert_eq!(receiver.take().len(), 2);
}

#[tokio::test]
async fn messages_of_a_dead_worker_are_sent_by_another_after_a_minute() {
    let (receiver, shop) = (Receiver::start().await, shop().await);
    let endpoint = told(&shop, &receiver.url, &[]).await;
    let customer = Customer::of(shop).await;
    let shop = &customer.client.shop;
    let taken = shop
        .sql
        .take_due(endpoint.endpoint_id, START_MS, START_MS + TAKEN_MS, 10)
        .await
        .unwrap();
    assert_eq!(taken.len(), 1);
    assert_eq!(deliver(shop).await, 0);
    shop.clock.advance(TAKEN_MS);
    assert_eq!(deliver(shop).await, 1);
    assert_eq!(receiver.take_events(), ["order.created"]);
}

#[tokio::test]
async fn a_slow_program_delays_no_other() {
    let (slow, quick, shop) = (
        Receiver::start().await,
        Receiver::start().await,
        shop().await,
    );
    for receiver in [&slow, &quick] {
        told(&shop, &receiver.url, &[]).await;
    }
    let customer = Customer::of(shop).await;
    let shop = &customer.client.shop;
    let until = Arc::new(Notify::new());
    slow.answers(Answer::Wait(until.clone()));
    let arrives = async |receiver: &Receiver| {
        eventually("a message", async || {
            (!receiver.take().is_empty()).then_some(())
        })
        .await;
    };
    // It is not known to be slow yet.
    let first = async {
        arrives(&quick).await;
        arrives(&slow).await;
        shop.clock.advance(3_000);
        until.notify_one();
    };
    let (sent, ()) = tokio::join!(deliver(shop), first);
    assert_eq!(sent, 2);
    customer.pays().await;
    let slow_turn = deliver::run_once(&shop.engine.webhooks, Lane::Slow);
    let others = async {
        arrives(&slow).await;
        assert_eq!(
            deliver(shop).await,
            1,
            "while the slow one has not answered"
        );
        arrives(&quick).await;
        until.notify_one();
    };
    let (sent, ()) = tokio::join!(slow_turn, others);
    assert_eq!(sent.unwrap(), 1);
}

#[tokio::test]
async fn a_refund_is_reported_once_and_only_if_it_paid_the_order() {
    let (receiver, shop) = (Receiver::start().await, shop().await);
    told(&shop, &receiver.url, &[WebhookEvent::OrderRefunded]).await;
    let customer = Customer::of(shop).await;
    let (client, order) = (&customer.client, customer.order);
    client.pays(&customer.who, order, Action::PayTwice).await;
    for (signature, body) in client.shop.take_sandbox_notices().await {
        client.shop.receive_notice(&signature, &body).await;
    }
    client.shop.settle_payments().await;
    deliver(&client.shop).await;
    assert_eq!(receiver.take().len(), 0, "the order is paid");
    let by = ChangedBy::command();
    client
        .shop
        .sql
        .refund_order(order, &by, START_MS)
        .await
        .unwrap();
    client.shop.settle_payments().await;
    let state = client
        .order(&customer.who, order)
        .await
        .unwrap()
        .order
        .state;
    assert_eq!(state, OrderState::Refunded);
    deliver(&client.shop).await;
    assert_eq!(receiver.take_events(), ["order.refunded"]);
}
