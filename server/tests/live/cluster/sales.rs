//! Sales without faults.

use test_servers::redis::RedisCluster;

use super::deployment::{Database, Deployment, Plan};

async fn sale(what: &str, plan: Plan, stock: u32, segments: u32) {
    let cluster = Deployment::start(plan).await;
    let sale = cluster.seed_in_segments(stock, 10_000, segments);
    let shoppers = cluster.shoppers(&sale);
    let begun = std::time::Instant::now();
    let outcomes = shoppers.clone().buy_all().await;
    let what = format!(
        "{what}: 10,000 buyers, {stock} units, two web instances, two workers: {:.1} s",
        begun.elapsed().as_secs_f64()
    );
    let orders = outcomes.iter().filter(|o| o.order().is_some()).count();
    assert_eq!(
        orders, stock as usize,
        "nothing undersold, nothing oversold"
    );
    cluster.end(&what, &sale, &shoppers, &outcomes, stock).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_buyers_over_two_instances_get_exactly_a_hundred_units() {
    sale("PostgreSQL", Plan::default(), 100, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_buyers_over_two_instances_get_exactly_five_thousand_units() {
    sale("PostgreSQL", Plan::default(), 5_000, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_buyers_get_exactly_five_thousand_units_on_mariadb() {
    let database = Database::MariaDb;
    let plan = Plan {
        database,
        ..Plan::default()
    };
    sale("MariaDB", plan, 5_000, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_buyers_get_exactly_five_thousand_units_of_three_segments_on_a_redis_cluster()
{
    let redis = RedisCluster::start();
    let plan = Plan {
        settings: vec![("REDIS_URL", redis.urls().join(","))],
        ..Plan::default()
    };
    sale("Redis Cluster, three segments", plan, 5_000, 3).await;
}
