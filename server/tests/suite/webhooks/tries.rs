//! Retries of messages that did not arrive.

use app::port::AfterPurchase as _;
use server::engine::ports::{
    ChangedBy, Delivery, DeliveryFilter, DeliveryState, EndpointChange, Replay, Shipments as _,
    SwitchedOff, WebhookDeliveries as _, WebhookEndpoints as _, WebhookEvent,
};

use super::{Answer, Receiver, deliver, shop, told};
use crate::{
    shipping::{Customer, right},
    support::{START_MS, TestShop},
};

const DAY_MS: i64 = 24 * 3_600_000;

async fn only(shop: &TestShop) -> Delivery {
    let mut all = shop
        .sql
        .deliveries(&DeliveryFilter::default(), 10)
        .await
        .unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

#[tokio::test]
async fn a_refused_message_is_sent_again_the_same_until_it_is_given_up() {
    let (receiver, shop) = (Receiver::start().await, shop().await);
    told(&shop, &receiver.url, &[]).await;
    let customer = Customer::of(shop).await;
    let shop = &customer.client.shop;
    receiver.answers(Answer::Status(500));
    let mut pauses = Vec::new();
    for tries in 1..=10 {
        assert_eq!(deliver(shop).await, 0);
        assert_eq!(deliver(shop).await, 0, "it is not due at once");
        let waiting = only(shop).await;
        assert_eq!((waiting.tries, waiting.last_status), (tries, Some(500)));
        assert!(waiting.last_error.unwrap().starts_with("500"));
        if let Some(next_at_ms) = waiting.next_at_ms {
            let pause = next_at_ms - shop.clock.get();
            pauses.push(pause / 1_000);
            shop.clock.advance(pause);
        }
    }
    assert_eq!(only(shop).await.state, DeliveryState::GivenUp);
    assert!(
        (4..=6).contains(&pauses[0]) && (270..=330).contains(&pauses[1]),
        "{pauses:?}"
    );
    assert_eq!(pauses.len(), 9);
    let got = receiver.take();
    assert_eq!(got.len(), 10);
    assert!(
        got.iter()
            .all(|again| again.id() == got[0].id() && again.text() == got[0].text())
    );
    shop.clock.advance(DAY_MS);
    assert_eq!(deliver(shop).await, 0);
    assert_eq!(receiver.take().len(), 0, "it was given up");

    receiver.answers(Answer::Status(200));
    let endpoint_id = only(shop).await.endpoint_id;
    let again = Replay::Since {
        endpoint_id,
        since_ms: START_MS,
        delivered_too: false,
    };
    let by = ChangedBy::command();
    let replay = async |which: Replay| {
        let replayed = shop.sql.replay(&which, &by, shop.clock.get()).await;
        replayed.unwrap()
    };
    assert_eq!(replay(again.clone()).await, 1);
    assert_eq!(deliver(shop).await, 1);
    assert_eq!(receiver.take()[0].id(), got[0].id());
    assert_eq!(replay(again).await, 0, "it has arrived");
    let one = Replay::One(only(shop).await.delivery_id);
    assert_eq!(replay(one).await, 1);
    assert_eq!(deliver(shop).await, 1);
}

#[tokio::test]
async fn a_redirect_is_a_refusal_and_is_not_followed() {
    let (receiver, shop) = (Receiver::start().await, shop().await);
    told(&shop, &receiver.url, &[]).await;
    let customer = Customer::of(shop).await;
    receiver.answers(Answer::Redirect);
    assert_eq!(deliver(&customer.client.shop).await, 0);
    let paths: Vec<_> = receiver.take().into_iter().map(|got| got.path).collect();
    assert_eq!(paths, ["/hook"]);
    assert_eq!(only(&customer.client.shop).await.last_status, Some(307));
}

#[tokio::test]
async fn a_program_that_asks_for_a_pause_gets_it() {
    let (receiver, shop) = (Receiver::start().await, shop().await);
    told(&shop, &receiver.url, &[]).await;
    let customer = Customer::of(shop).await;
    let shop = &customer.client.shop;
    receiver.answers(Answer::Later(600));
    deliver(shop).await;
    assert_eq!(receiver.take().len(), 1);
    receiver.answers(Answer::Status(200));
    shop.clock.advance(599_000);
    assert_eq!(deliver(shop).await, 0, "ten minutes are not over");
    shop.clock.advance(1_000);
    assert_eq!(deliver(shop).await, 1);
}

#[tokio::test]
async fn an_unreachable_program_is_tried_again_after_half_a_minute() {
    let (receiver, shop) = (Receiver::start().await, shop().await);
    let gone = receiver.url.clone();
    drop(receiver);
    told(&shop, &gone, &[]).await;
    let customer = Customer::of(shop).await;
    let shop = &customer.client.shop;
    assert_eq!(deliver(shop).await, 0);
    let waiting = only(shop).await;
    assert_eq!((waiting.tries, waiting.last_status), (1, None));
    assert!(
        !waiting.last_error.unwrap().contains(&gone),
        "addresses may hold keys"
    );
    let endpoints = shop.sql.endpoints().await.unwrap();
    assert_eq!(endpoints[0].rests_until_ms, shop.clock.get() + 30_000);
}

#[tokio::test]
async fn a_program_that_says_it_is_gone_is_switched_off() {
    let (receiver, shop) = (Receiver::start().await, shop().await);
    told(&shop, &receiver.url, &[]).await;
    let customer = Customer::of(shop).await;
    let shop = &customer.client.shop;
    receiver.answers(Answer::Status(410));
    deliver(shop).await;
    let off = shop.sql.endpoints().await.unwrap().remove(0).switched_off;
    assert_eq!(off.unwrap().why, "it answered 410 Gone");
    receiver.take();
    customer.pays().await;
    shop.clock.advance(DAY_MS);
    deliver(shop).await;
    assert_eq!(receiver.take().len(), 0);
    assert_eq!(
        only(shop).await.event,
        "order.created",
        "nothing new is written down"
    );
}

#[tokio::test]
async fn a_message_does_not_change_when_its_order_is_shipped() {
    let (receiver, shop) = (Receiver::start().await, shop().await);
    told(&shop, &receiver.url, &[WebhookEvent::OrderPaid]).await;
    let customer = Customer::of(shop).await;
    let (client, who, order) = (&customer.client, &customer.who, customer.order);
    customer.pays().await;
    receiver.answers(Answer::Status(500));
    deliver(&client.shop).await;
    client
        .save_shipping_address(who, order, right())
        .await
        .unwrap();
    let shipment = app::wire::Shipment::parse("顺丰", "SF1234").unwrap();
    let (sql, by) = (&client.shop.sql, ChangedBy::command());
    sql.ship(order, &shipment, &by, START_MS).await.unwrap();
    client.shop.clock.advance(10_000);
    deliver(&client.shop).await;
    let got = receiver.take();
    assert_eq!(got.len(), 2);
    assert_eq!((got[0].id(), got[0].text()), (got[1].id(), got[1].text()));
}

#[tokio::test]
async fn messages_to_an_unreachable_address_are_finally_given_up() {
    let (receiver, shop) = (Receiver::start().await, shop().await);
    told(&shop, &receiver.url, &[]).await;
    let customer = Customer::of(shop).await;
    let shop = &customer.client.shop;
    receiver.answers(Answer::Later(3_600));
    deliver(shop).await;
    shop.clock.advance(4 * DAY_MS);
    deliver(shop).await;
    let given_up = only(shop).await;
    assert_eq!(
        (given_up.state, given_up.tries),
        (DeliveryState::GivenUp, 2)
    );
    assert_eq!(receiver.take().len(), 1, "it is not sent so late");
}

#[tokio::test]
async fn messages_to_a_switched_off_address_raise_no_alarm() {
    let (receiver, shop) = (Receiver::start().await, shop().await);
    let endpoint = told(&shop, &receiver.url, &[]).await;
    let customer = Customer::of(shop).await;
    let sql = &customer.client.shop.sql;
    assert_eq!(sql.backlog().await.unwrap().waiting, 1);
    let off = EndpointChange::SwitchOff(SwitchedOff {
        at_ms: START_MS,
        why: "moves".to_owned(),
    });
    let (id, by) = (endpoint.endpoint_id, ChangedBy::command());
    sql.change_endpoint(id, &off, &by, START_MS).await.unwrap();
    assert_eq!(sql.backlog().await.unwrap().waiting, 0);
}
