//! The system page.

use std::sync::Arc;

use app::{
    port::SystemOffice as _,
    wire::{ApiError, Differences, DoctorCheck, Role, SystemReport},
};
use async_trait::async_trait;
use futures::future::BoxFuture;
use server::engine::{back_office::calls::OfficeCalls, ports::SystemFacts};
use tokio::task::yield_now;

use super::signed_in;
use crate::{
    pages::{AlwaysReady, get, html, site, visitor_with},
    support::TestShop,
};

/// A process whose pages do not wait for the checks.
struct ChecksInBackground;

#[async_trait]
impl SystemFacts for ChecksInBackground {
    fn version(&self) -> String {
        String::new()
    }

    fn settings(&self) -> String {
        String::new()
    }

    async fn checks(&self) -> Vec<DoctorCheck> {
        Vec::new()
    }

    async fn carry_out(&self, work: BoxFuture<'static, ()>) {
        tokio::spawn(work);
    }
}

#[tokio::test]
async fn an_abandoned_check_continues_and_is_shown_to_the_next_caller() {
    let shop = TestShop::open_embedded().await;
    shop.item(3).await;
    let auditor = signed_in(&shop, Role::Auditor, false).await;
    let auditor = visitor_with(&shop, &auditor).await;
    let office = OfficeCalls::new(
        &shop.engine,
        Arc::new(AlwaysReady),
        Arc::new(ChecksInBackground),
    );
    let busy = Err(ApiError::Busy { retry_after_s: 5 });
    assert_eq!(office.differences(&auditor).await, busy);
    let checks = office.checks(&auditor).await;
    assert!(checks.is_err(), "the lock is held as long as the check");
    let found = loop {
        match office.differences(&auditor).await {
            Err(ApiError::Busy { .. }) => yield_now().await,
            found => break found.unwrap(),
        }
    };
    assert_eq!((found.items, found.broken.len()), (1, 0));
}

#[tokio::test]
async fn the_page_shows_settings_instances_and_problems_but_no_secrets() {
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
