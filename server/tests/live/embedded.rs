//! Whole sales in the embedded shop: one process and its data folder, killed without warning, or with
//! a disk that fails at any call.

mod client;
mod clocks;
mod every_fault_point;
mod folders;
mod full_disk;
mod log_ins;
mod payments;
mod purchases;
mod shop_with_disk_faults;
mod slow_commits;
mod starts;

use std::time::{Duration, Instant};

use crate::{
    buyers::{Outcome, Shoppers},
    process::{Audit, Process, Shop},
};
use rand::{Rng, SeedableRng, rngs::StdRng};

/// Concurrent connections.
const CONNECTIONS: usize = 64;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_buyers_get_exactly_a_hundred_units() {
    let shop = Shop::new();
    let sale = shop.seed(100, 10_000, 0);
    let server = Process::start(&shop, &[]).await;
    let shoppers = Shoppers::new(&[shop.url()], &sale, CONNECTIONS);

    let begun = Instant::now();
    let outcomes = shoppers.buy_all().await;
    let took = begun.elapsed();
    let orders = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Outcome::Ordered(_)))
        .count();
    let sold_out = outcomes
        .iter()
        .filter(|outcome| **outcome == Outcome::SoldOut)
        .count();
    println!(
        "10,000 buyers, 100 units, {CONNECTIONS} connections: {orders} orders, {sold_out} sold \
         out, {:.1} s, {:.0} buyers/s, resident {} MB",
        took.as_secs_f64(),
        10_000.0 / took.as_secs_f64(),
        server.resident_kb() / 1024
    );
    assert_eq!(
        (orders, sold_out),
        (100, 9_900),
        "every other answer is a clean refusal"
    );
    let mut ids: Vec<_> = outcomes.iter().filter_map(Outcome::order).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 100, "nobody shares an order");

    assert_sold_out(&shop.audit(), 100);
    server.stop().await;
    assert_sold_out(&shop.audit(), 100);
}

fn assert_sold_out(audit: &Audit, units: i64) {
    assert!(audit.ok, "{audit:?}");
    let item = &audit.items[0];
    assert_eq!(
        (item.orders_live, item.sellable, item.reservations_open),
        (units, 0, 0)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_twenty_times_the_shop_forgets_no_queued_buyer() {
    const STOCK: u32 = 900;
    let seed = 20;
    println!("seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    for round in 0..20 {
        let shop = Shop::new();
        let sale = shop.seed(STOCK, 1_000, 0);
        let mut server = Process::start(&shop, &[]).await;
        let shoppers = Shoppers::new(&[shop.url()], &sale, CONNECTIONS);
        let buying = tokio::spawn(shoppers.clone().buy_all());
        // At a random time in the sale, which takes about a second.
        tokio::time::sleep(Duration::from_millis(rng.random_range(20..500))).await;
        server.kill().await;
        let promised = shoppers.promised();
        server = Process::start(&shop, &[]).await;

        let outcomes = buying.await.unwrap();
        for reservation in shoppers.promises() {
            let state = shoppers.state_of(&reservation).await;
            assert!(
                matches!(state.as_str(), "ordered" | "failed"),
                "{reservation:?}: {state}"
            );
        }
        let orders = outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Outcome::Ordered(_)))
            .count();
        println!("round {round}: {promised} told \"queued\" before the kill, {orders} orders");
        assert_eq!(orders, STOCK as usize, "nothing undersold");
        server.stop().await;
        assert_sold_out(&shop.audit(), i64::from(STOCK));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unpaid_unit_is_bought_by_another_buyer() {
    let shop = Shop::new();
    let sale = shop.seed_with(&[
        "--stock",
        "1",
        "--buyers",
        "2",
        "--starts-in-s",
        "0",
        "--pay-window-s",
        "1",
    ]);
    let server = Process::start(&shop, &[]).await;
    let shoppers = Shoppers::new(&[shop.url()], &sale, 1);
    assert!(matches!(shoppers.buy(0).await, Outcome::Ordered(_)));
    let deadline = Instant::now() + Duration::from_secs(20);
    // First sold out, so that the mark is set; then the unit comes back.
    assert_eq!(shoppers.buy(1).await, Outcome::SoldOut);
    loop {
        match shoppers.buy(1).await {
            Outcome::Ordered(_) => break,
            Outcome::SoldOut => assert!(Instant::now() < deadline, "the unit never came back"),
        }
    }
    let audit = shop.audit();
    assert!(audit.ok, "{audit:?}");
    assert_eq!(
        (audit.items[0].orders_closed, audit.items[0].orders_live),
        (1, 1)
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_round_added_beside_a_running_server_is_sold_too() {
    let shop = Shop::new();
    shop.migrate();
    let server = Process::start(&shop, &[]).await;
    let sale = shop.seed(3, 5, 0);
    let outcomes = Shoppers::new(&[shop.url()], &sale, 5).buy_all().await;
    let orders = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Outcome::Ordered(_)))
        .count();
    assert_eq!(orders, 3);
    server.stop().await;
    assert_sold_out(&shop.audit(), 3);
}
