//! Endpoints: refused addresses, new secrets, and log entries.

use app::port::Storefront as _;
use app::wire::{Action, ActivityQuery};
use server::{
    adapters::webhook_sender::HttpWebhooks,
    engine::{
        ports::{
            ActivityLog as _, ChangedBy, DeliveryFilter, EndpointChange, Sent, SwitchedOff,
            WebhookDeliveries as _, WebhookEndpoints as _, WebhookSender as _,
        },
        webhooks::{
            MOST_ENDPOINTS,
            endpoints::{AddEndpointError, add, rotate},
            secret,
        },
    },
};

use super::{Receiver, deliver, shop, told};
use crate::{
    shipping::Customer,
    support::{START_MS, TestShop},
};

#[tokio::test]
async fn nothing_is_sent_to_private_addresses_unless_allowed() {
    let (receiver, shop) = (Receiver::start().await, shop().await);
    let port = receiver.url.split(':').nth(2).unwrap();
    let named = told(&shop, &format!("http://localhost:{port}"), &[]).await;
    let numbered = told(&shop, &receiver.url, &[]).await;
    let sender = HttpWebhooks::new(false);
    for endpoint in [named, numbered] {
        let sent = sender.send(&endpoint, "msg_1", "{}", START_MS).await;
        let Sent::Away { error, .. } = sent else {
            panic!("{sent:?}")
        };
        assert!(error.contains("not public"), "{error}");
    }
    assert_eq!(receiver.take().len(), 0);
}

#[tokio::test]
async fn endpoints_are_bounded_and_use_only_https() {
    let shop = TestShop::new().await;
    let (machine, by) = ((&*shop.clock as _, &*shop.ids as _), ChangedBy::command());
    let plain = add(&shop.sql, machine, "http://a.example/", false, &[], &by).await;
    assert!(matches!(plain, Err(AddEndpointError::Url)));
    for _ in 0..MOST_ENDPOINTS {
        add(&shop.sql, machine, "https://a.example/", false, &[], &by)
            .await
            .unwrap();
    }
    let one_more = add(&shop.sql, machine, "https://a.example/", false, &[], &by).await;
    assert!(matches!(one_more, Err(AddEndpointError::TooMany)));
}

#[tokio::test]
async fn for_a_day_both_secrets_sign() {
    let (receiver, shop) = (Receiver::start().await, shop().await);
    let endpoint = told(&shop, &receiver.url, &[]).await;
    let old = secret::shown(&endpoint.secret);
    let customer = Customer::of(shop).await;
    let shop = &customer.client.shop;
    let (machine, by) = ((&*shop.clock as _, &*shop.ids as _), ChangedBy::command());
    let new = rotate(&shop.sql, machine, endpoint.endpoint_id, &by)
        .await
        .unwrap();
    let new = secret::shown(&new.unwrap());
    deliver(shop).await;
    let got = receiver.take().remove(0);
    assert!(got.is_signed_with(&old) && got.is_signed_with(&new) && old != new);
    shop.clock.advance(24 * 3_600_000);
    customer
        .client
        .cancel(&customer.who, customer.order)
        .await
        .ok();
    let replayed = server::engine::ports::Replay::Since {
        endpoint_id: endpoint.endpoint_id,
        since_ms: 0,
        delivered_too: true,
    };
    let replayed = shop.sql.replay(&replayed, &by, shop.clock.get()).await;
    replayed.unwrap();
    deliver(shop).await;
    let got = receiver.take().remove(0);
    assert!(!got.is_signed_with(&old) && got.is_signed_with(&new));
}

#[tokio::test]
async fn a_switched_off_endpoint_gets_waiting_messages_later_but_no_new_ones() {
    let (receiver, shop) = (Receiver::start().await, shop().await);
    let endpoint_id = told(&shop, &receiver.url, &[]).await.endpoint_id;
    let customer = Customer::of(shop).await;
    let shop = &customer.client.shop;
    let (sql, by) = (&shop.sql, ChangedBy::command());
    let off = EndpointChange::SwitchOff(SwitchedOff {
        at_ms: START_MS,
        why: "moves".to_owned(),
    });
    assert!(
        sql.change_endpoint(endpoint_id, &off, &by, START_MS)
            .await
            .unwrap()
    );
    customer.pays().await;
    assert_eq!(deliver(shop).await, 0);
    let on = EndpointChange::SwitchOn;
    assert!(
        sql.change_endpoint(endpoint_id, &on, &by, START_MS)
            .await
            .unwrap()
    );
    assert_eq!(deliver(shop).await, 1);
    assert_eq!(receiver.take_events(), ["order.created"]);

    assert!(
        sql.remove_endpoint(endpoint_id, &by, START_MS)
            .await
            .unwrap()
    );
    assert!(
        !sql.remove_endpoint(endpoint_id, &by, START_MS)
            .await
            .unwrap()
    );
    assert_eq!(sql.backlog().await.unwrap().waiting, 0);
    assert_eq!(
        sql.deliveries(&DeliveryFilter::default(), 10)
            .await
            .unwrap(),
        []
    );
    let log = ActivityQuery {
        subject_id: Some(endpoint_id),
        ..ActivityQuery::default()
    };
    let log = sql.activities(&log, 10).await.unwrap();
    let done: Vec<_> = log.iter().map(|entry| entry.action).collect();
    assert_eq!(
        done,
        [
            Action::RemoveWebhook,
            Action::ChangeWebhook,
            Action::ChangeWebhook,
            Action::AddWebhook
        ]
    );
    assert!(
        log.iter()
            .all(|entry| !format!("{entry:?}").contains("whsec_"))
    );
}

#[tokio::test]
async fn messages_are_deleted_after_a_month() {
    let (receiver, shop) = (Receiver::start().await, shop().await);
    told(&shop, &receiver.url, &[]).await;
    let customer = Customer::of(shop).await;
    let shop = &customer.client.shop;
    deliver(shop).await;
    let webhooks = &shop.engine.webhooks;
    let purge = async || {
        server::engine::webhooks::purge_deliveries::run_once(webhooks)
            .await
            .unwrap()
    };
    assert_eq!(purge().await, 0);
    shop.clock.advance(30 * 24 * 3_600_000 + 1);
    assert_eq!(purge().await, 1);
}
