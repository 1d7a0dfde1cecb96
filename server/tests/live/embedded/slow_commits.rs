//! A commit that takes longer than any caller waits.

use std::time::Duration;

use futures::future::join_all;
use test_servers::disk_faults::{Effect, Fault, Operations};
use tokio::time::sleep;

use super::{
    client::{Told, within},
    shop_with_disk_faults::ShopWithDiskFaults,
};
use crate::process::Shop;

/// Longer than a transaction may take (10 s), and than a request.
const LONG: Duration = Duration::from_millis(11_500);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_slower_than_every_limit_breaks_no_promise_and_repeats_no_position() {
    const STOCK: usize = 3;
    let mut shop = ShopWithDiskFaults::start_with(Shop::new(), STOCK as u32, 12).await;
    shop.faults.set(Fault {
        operations: Operations::SYNC,
        effect: Effect::Delay(LONG),
        nth: 1,
        lasting: false,
    });
    // The first one is alone in its commit. The others arrive during it, one a second.
    let arrivals = (0..12).map(|buyer| {
        let shop = &shop;
        async move {
            sleep(Duration::from_secs(buyer as u64)).await;
            try_once(shop, buyer).await
        }
    });
    let told = join_all(arrivals).await;
    assert_eq!(shop.faults.hits(), 1);
    assert!(matches!(told[0], Some(Told::Busy { .. })), "{:?}", told[0]);

    let mut orders = 0;
    for (buyer, told) in told.iter().enumerate() {
        let told = match told {
            Some(Told::Busy { path: Some(path) }) => again(&shop, buyer, path).await,
            told => told.clone(),
        };
        if let Some(told) = told {
            shop.expect_order(buyer, &told).await;
            orders += 1;
        }
    }
    assert_eq!(orders, STOCK, "whoever was told a number, and nobody else");
    assert_eq!(shop.stop().await.items[0].orders_live, STOCK as i64);
}

/// A position or `busy`; `None` for "sold out".
async fn try_once(shop: &ShopWithDiskFaults, buyer: usize) -> Option<Told> {
    let (item_id, token) = (&shop.sale.item_id, shop.token(buyer));
    let path = shop.client.path(item_id, token).await;
    if path.error() == "sold_out" {
        return None;
    }
    purchase(shop, buyer, &path.text("path")).await
}

async fn purchase(shop: &ShopWithDiskFaults, buyer: usize, path: &str) -> Option<Told> {
    let (item_id, token) = (&shop.sale.item_id, shop.token(buyer));
    let answer = shop.client.purchase(path, item_id, token).await;
    match (answer.status, answer.error()) {
        (200, _) => Some(Told::Number {
            reservation: answer.text("reservation_id"),
            position: answer.body["position"].as_u64().unwrap(),
        }),
        (503, _) => Some(Told::Busy {
            path: Some(path.to_owned()),
        }),
        (409, "sold_out") => None,
        _ => panic!("{answer:?}"),
    }
}

/// Retries with the same path until there is an answer.
async fn again(shop: &ShopWithDiskFaults, buyer: usize, path: &str) -> Option<Told> {
    within("busy for too long", async || {
        match purchase(shop, buyer, path).await {
            Some(Told::Busy { .. }) => None,
            answer => Some(answer),
        }
    })
    .await
}
