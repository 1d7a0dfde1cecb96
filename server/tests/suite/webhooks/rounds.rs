//! Webhooks about rounds that start, are sold out and end.

use app::wire::RoundId;
use server::engine::{stock::warm_up, webhooks::announce};

use super::{Receiver, deliver, shop, told};
use crate::{
    purchase::{TestClient, visitor},
    support::{HOUR_MS, START_MS, TestShop},
};

async fn announce(shop: &TestShop) -> u32 {
    announce::run_once(&shop.engine.webhooks).await.unwrap()
}

#[tokio::test]
async fn start_sold_out_and_end_of_a_round_are_reported_once_each() {
    let (receiver, shop) = (Receiver::start().await, shop().await);
    told(&shop, &receiver.url, &[]).await;
    let item = shop
        .item_in(1, START_MS + 1_000, START_MS + HOUR_MS, None)
        .await;
    warm_up::run_once(&shop.engine.stock).await.unwrap();
    assert_eq!(announce(&shop).await, 0, "it has not started");
    shop.clock.advance(1_000);
    assert_eq!(announce(&shop).await, 1);
    assert_eq!(announce(&shop).await, 0);
    deliver(&shop).await;
    let started = receiver.take().remove(0);
    assert_eq!(started.event(), "round.started");
    let body = started.json();
    assert_eq!(body["timestamp"], "2027-01-15T08:00:01Z");
    assert_eq!(body["data"]["title"]["en"], "Noon round");
    let round_id: RoundId = serde_json::from_value(body["data"]["round_id"].clone()).unwrap();

    let client = TestClient::of(shop);
    let shop = &client.shop;
    client.buy(&visitor(1), item).await.unwrap();
    assert_eq!(announce(shop).await, 1);
    deliver(shop).await;
    assert_eq!(receiver.take_events(), ["round.sold_out"]);
    shop.clock.advance(HOUR_MS);
    assert_eq!(announce(shop).await, 1);
    deliver(shop).await;
    let ended = receiver.take().remove(0);
    assert_eq!(ended.event(), "round.ended");
    assert_eq!(ended.json()["data"]["round_id"], round_id.to_string());

    // A program added later gets no past events, and another process sends nothing again.
    let late = Receiver::start().await;
    told(shop, &late.url, &[]).await;
    let shop = client.shop.restart().await;
    assert_eq!(announce(&shop).await, 0);
}
