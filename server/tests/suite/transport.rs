//! TLS to the servers of a cluster: a sale works over it, and an invalid certificate stops the start with an
//! error that names the setting.

mod refused;

use std::sync::Arc;

use crate::{
    purchase::{TestClient, visitor},
    support::{Data, ManualClock, START_MS, TestShop},
};

/// All steps of a purchase from the question to the order, and the audit.
pub async fn a_purchase_comes_to_its_order(data: Data) {
    let clock = Arc::new(ManualClock::at(START_MS));
    let shop = TestShop::open(data, clock, Arc::default(), None, |_| {}).await;
    let client = TestClient::of(shop);
    let item = client.shop.item(2).await;
    client.order_of(&visitor(1), item).await;
    let report = client.shop.audit().await;
    assert!(report.ok, "{report:?}");
}

#[tokio::test]
async fn a_sale_runs_over_tls_on_postgres_redis_and_rabbitmq() {
    a_purchase_comes_to_its_order(Data::postgres_with_tls()).await;
}

#[tokio::test]
async fn a_sale_runs_over_tls_on_mariadb_a_redis_cluster_and_rabbitmq() {
    a_purchase_comes_to_its_order(Data::mariadb_with_tls()).await;
}
