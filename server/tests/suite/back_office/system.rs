//! What the shop runs on, as its page says it.

use app::wire::{Differences, Role, SystemReport};

use super::signed_in;
use crate::{
    pages::{get, html, site},
    support::TestShop,
};

#[tokio::test]
async fn settings_instances_and_what_is_wrong_are_on_the_page_and_nothing_secret() {
    let shop = TestShop::open_embedded().await;
    shop.item(3).await;
    let router = site(&shop);
    let auditor = signed_in(&shop, Role::Auditor, false).await;
    let read = async |path: &str| html(get(&router, path, "en", Some(&auditor)).await).await;
    let report: SystemReport = serde_json::from_str(&read("/api/admin/system").await).unwrap();
    assert_eq!(report.version, "test");
    let instances = report.instances.unwrap();
    assert_eq!(instances[0].version, env!("CARGO_PKG_VERSION"));

    let page = read("/admin/system").await;
    assert!(
        page.contains("Settings in effect") && page.contains("SECKILL_ADDR"),
        "{page}"
    );
    let page = read("/admin/system?look=findings").await;
    assert!(page.contains("Problems: 1."), "{page}");
    let page = read("/admin/system?look=differences").await;
    assert!(page.contains("Ledger and gate agree; items: 1."), "{page}");

    shop.change_by_hand("UPDATE items SET sellable = sellable - 1, locked = locked + 1")
        .await;
    let differences = read("/api/admin/system/differences").await;
    let differences: Differences = serde_json::from_str(&differences).unwrap();
    let rules: Vec<_> = differences
        .broken
        .iter()
        .map(|broken| broken.rule.as_str())
        .collect();
    assert!(rules.contains(&"locked_is_pending_orders"), "{rules:?}");
}
