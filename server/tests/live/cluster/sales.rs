//! Sales in which nothing fails.

use super::deployment::{Database, Deployment, Plan};

async fn sale(database: Database, stock: u32) {
    let plan = Plan {
        database,
        ..Plan::default()
    };
    let cluster = Deployment::start(plan).await;
    let sale = cluster.seed(stock, 10_000);
    let crowd = cluster.crowd(&sale);
    let begun = std::time::Instant::now();
    let outcomes = crowd.clone().buy_all().await;
    println!(
        "{database:?}: 10,000 buyers, {stock} units, two web copies, two workers: {:.1} s",
        begun.elapsed().as_secs_f64()
    );
    let orders = outcomes.iter().filter(|o| o.order().is_some()).count();
    assert_eq!(
        orders, stock as usize,
        "nothing undersold, nothing oversold"
    );
    cluster.end(&sale, &crowd, &outcomes, stock).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_buyers_over_two_copies_get_exactly_a_hundred_units() {
    sale(Database::Postgres, 100).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_buyers_over_two_copies_get_exactly_five_thousand_units() {
    sale(Database::Postgres, 5_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_on_mariadb() {
    sale(Database::MariaDb, 5_000).await;
}
