//! A disk that is full, or read-only, during a sale, and then works again.

use std::{collections::HashSet, time::Duration};

use futures::future::join_all;
use test_servers::disk_faults::{DiskError, Effect, Fault, Operations};

use super::{client::Told, shop_with_disk_faults::ShopWithDiskFaults};
use crate::{
    buyers::{Outcome, Shoppers},
    process::Shop,
};

const BUYERS: u32 = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_on_a_full_disk_sells_nothing_reports_it_and_recovers() {
    let full = Fault::lasting(Operations::WRITE, Effect::Short(DiskError::Full));
    sells_nothing_and_then_again(full, &["full"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_in_a_read_only_folder_sells_nothing_reports_it_and_recovers() {
    let read_only = Fault::lasting(Operations::CHANGES, Effect::Fail(DiskError::ReadOnly));
    sells_nothing_and_then_again(read_only, &["readonly", "disk I/O error"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_on_a_failed_disk_sells_nothing_reports_it_and_recovers() {
    let broken = Fault::lasting(Operations::ALL, Effect::Fail(DiskError::Broken));
    sells_nothing_and_then_again(broken, &["unable to open", "disk I/O error"]).await;
}

/// `causes`: SQLite's possible errors, depending on the call that fails.
async fn sells_nothing_and_then_again(fault: Fault, causes: &[&str]) {
    let mut shop = ShopWithDiskFaults::start(BUYERS).await;
    let before: Vec<_> = join_all((0..20).map(|buyer| shop.buy(buyer))).await;

    shop.faults.set(fault);
    let meanwhile = join_all((20..50).map(|buyer| shop.buy(buyer))).await;
    let why = shop.expect_red().await;
    assert!(causes.iter().any(|cause| why.contains(cause)), "{why}");
    for told in &meanwhile {
        assert!(matches!(told, Told::Busy { .. }), "{told:?}");
    }
    // Reading still works; a purchase that cannot be written gets an error.
    let (item_id, token) = (shop.sale.item_id.clone(), shop.token(0).to_owned());
    for address in ["/", &format!("/items/{item_id}")] {
        assert_eq!(shop.client.get(address, "").await.status, 200, "{address}");
    }
    assert_eq!(shop.client.get("/api/me", &token).await.status, 200);
    let form = [
        ("mobile", "13900000000"),
        ("password", "correct horse battery"),
        ("nickname", "a person"),
    ];
    let registered = shop.client.form("/api/register", &form).await;
    assert_eq!(registered.status, 503, "{registered:?}");

    shop.faults.clear();
    shop.expect_green().await;
    for (buyer, told) in before.iter().enumerate() {
        shop.expect_order(buyer, told).await;
    }
    for (buyer, told) in (20..).zip(&meanwhile) {
        let Told::Busy { path: Some(path) } = told else {
            panic!("a path costs no write: {told:?}");
        };
        let told = shop
            .client
            .buy_with(path, &item_id, shop.token(buyer))
            .await;
        shop.expect_order(buyer, &told).await;
    }
    let registered = shop.client.form("/api/register", &form).await;
    assert_eq!(registered.status, 200, "{registered:?}");
    let token = registered.token.unwrap();
    shop.restart().await;
    for buyer in 50..BUYERS as usize {
        shop.buy_surely(buyer).await;
    }
    assert_eq!(
        shop.client.get("/api/me", &token).await.body["nickname"],
        "a person"
    );
    let audit = shop.stop().await;
    assert_eq!(audit.items[0].orders_live, i64::from(BUYERS));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sale_on_an_unreliable_disk_sells_everything_and_breaks_no_promise() {
    const STOCK: u32 = 200;
    // After each failure the order writer pauses, which takes seconds.
    const FAILURES: u64 = 8;
    let shop = ShopWithDiskFaults::start_with(Shop::new(), STOCK, 400).await;
    let shoppers = Shoppers::new(&[shop.shop.url()], &shop.sale, 32);
    let buying = tokio::spawn(shoppers.clone().buy_all());
    let mut failures = 0;
    let mut kinds = [
        (Operations::SYNC, Effect::Fail(DiskError::Broken), 3),
        (Operations::WRITE, Effect::Fail(DiskError::Full), 100),
        (
            Operations::SYNC,
            Effect::Delay(Duration::from_millis(700)),
            2,
        ),
        (Operations::WRITE, Effect::Short(DiskError::Full), 7),
    ]
    .into_iter()
    .cycle();
    while !buying.is_finished() && failures < FAILURES {
        let (operations, effect, nth) = kinds.next().unwrap();
        shop.faults.set(Fault {
            operations,
            effect,
            nth,
            lasting: false,
        });
        while shop.faults.hits() == 0 && !buying.is_finished() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        failures += shop.faults.hits();
    }
    shop.faults.clear();
    let outcomes = buying.await.unwrap();
    let orders: HashSet<_> = outcomes.iter().filter_map(Outcome::order).collect();
    let failed = shoppers.all_are_answered().await;
    assert_eq!(failed, 0, "whoever was told a number has an order");
    let kept = shoppers.promised();
    println!(
        "{failures} calls failed or were late, {kept} were told a number, {} orders",
        orders.len()
    );
    assert!(failures >= FAILURES, "the sale was over too soon");
    assert_eq!(orders.len(), STOCK as usize);
    let audit = shop.stop().await;
    assert_eq!(audit.items[0].orders_live, i64::from(STOCK));
}
