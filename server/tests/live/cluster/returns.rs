//! Units that come back during a sale: they were not paid for, or their reservations waited too
//! long.

use std::time::{Duration, Instant};

use futures::future::join_all;

use super::{
    deployment::{Deployment, Plan},
    scenario::Scenario,
};
use crate::{
    buyers::{Outcome, Shoppers},
    process::Sale,
};

/// Repeats the purchase until there is an order; returns how often it was sold out before.
async fn insists(shoppers: &Shoppers, buyer: usize) -> usize {
    let deadline = Instant::now() + Duration::from_mins(1);
    let mut sold_out = 0;
    while shoppers.buy(buyer).await == Outcome::SoldOut {
        sold_out += 1;
        assert!(Instant::now() < deadline, "no unit for buyer {buyer}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    sold_out
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unpaid_units_are_bought_again_at_every_instance() {
    const BUYERS: usize = 40;
    let begun = Instant::now();
    let cluster = Deployment::start(Plan::default()).await;
    let buyers = BUYERS.to_string();
    let mut arguments = vec!["--stock", "10", "--buyers", &buyers, "--starts-in-s", "0"];
    arguments.extend(["--pay-window-s", "1"]);
    let sale = cluster.seed_with(&arguments);
    // Each half uses only one instance, where late buyers were told "sold out" before.
    let half = BUYERS / 2;
    let at = |instance: usize, sale: &Sale| {
        let url = cluster.webs[instance].shop.url();
        Shoppers::new(&[url], sale, half)
    };
    let groups = [
        at(0, &sale.early(half as u32)),
        at(1, &sale.late(half as u32)),
    ];
    let buys = |shoppers: Shoppers| async move {
        let each = (0..half).map(|buyer| insists(&shoppers, buyer));
        join_all(each).await.into_iter().sum::<usize>()
    };
    let sold_out = join_all(groups.map(buys)).await;
    for (instance, sold_out) in sold_out.iter().enumerate() {
        assert!(*sold_out > 0, "instance {instance} was never sold out");
    }
    let deadline = Instant::now() + Duration::from_secs(30);
    let audit = loop {
        let audit = cluster.drained().await;
        if audit.items[0].orders_live == 0 {
            break audit;
        }
        assert!(Instant::now() < deadline, "unpaid orders stay: {audit:#?}");
    };
    let item = &audit.items[0];
    assert_eq!((item.orders_closed, item.sellable), (BUYERS as i64, 10));
    println!(
        "the unpaid: {BUYERS} orders of 10 units, all closed, after {} and {} times sold out at \
         the instances; {:.1} s",
        sold_out[0],
        sold_out[1],
        begun.elapsed().as_secs_f64()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reservations_that_waited_too_long_are_released() {
    let plan = Plan {
        settings: vec![("QUEUE_AGE_S", "2".to_owned())],
        ..Plan::default()
    };
    let mut scenario = Scenario::begin("workers paused, the queue too old", plan).await;
    scenario.cluster.pause_workers();
    scenario.goes_on();
    // No worker had this one in flight, which it would order first after the pause.
    scenario.somebody_buys().await;
    scenario.waits_for_orders().await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    scenario.cluster.resume_workers();
    let failed = scenario.told("failed").await;
    assert!(failed > 0, "nobody was released");
    scenario.cluster.failed = failed;
    scenario
        .end(&format!("{failed} reservations released"))
        .await;
}
