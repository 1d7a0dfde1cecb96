//! Checks of `server audit` in a gate outside the ledger: each rule is broken by hand.

use app::wire::ItemId;
use server::engine::{audit, ports::StockGate};

use super::{OPEN, cli, connect, hold, reserve, take, work};
use crate::support::{HOUR_MS, START_MS, TestShop};

/// The gate's broken rules, and their items.
async fn broken(shop: &TestShop) -> Vec<(&'static str, Option<ItemId>)> {
    let mut report = audit::audit(&shop.sql, shop.clock.get()).await.unwrap();
    report.violations.clear();
    audit::compare(&shop.engine.audit, &mut report)
        .await
        .unwrap();
    let violations = report.violations.into_iter();
    violations
        .map(|found| (found.rule, found.item_id))
        .collect()
}

/// The queue confirmed the outbox's entries, and lost them.
async fn lose_entries(shop: &TestShop) {
    let outbox = shop.engine.orders.outbox.clone().unwrap();
    let taken = take(&*outbox, 10).await;
    assert!(!taken.is_empty());
    outbox.forward(&taken).await.unwrap();
}

#[tokio::test]
async fn a_hold_not_in_the_ledger_within_two_minutes_is_reported() {
    for segments in [1, 3] {
        let shop = TestShop::over(connect("audit-late")).await;
        let item = shop.item(3).await;
        shop.split(segments).await;
        reserve(&shop.gate(), hold(item, 1)).await;
        work(&shop).await;
        reserve(&shop.gate(), hold(item, 2)).await;
        lose_entries(&shop).await;
        shop.clock.advance(120_000);
        assert_eq!(broken(&shop).await, []);
        shop.clock.advance(1);
        let late = ("holds_reach_the_ledger_in_time", Some(item));
        assert_eq!(broken(&shop).await, [late]);
        // Also after the round's end.
        shop.clock.advance(HOUR_MS);
        assert_eq!(broken(&shop).await, [late]);
    }
}

#[tokio::test]
async fn an_item_on_sale_that_is_not_at_the_gate_is_reported() {
    let redis = connect("audit-missing");
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(1).await;
    shop.clock.advance(59_999);
    assert_eq!(broken(&shop).await, [], "it may be loaded yet");
    shop.clock.advance(1);
    let missing = [("items_on_sale_are_at_the_gate", Some(item))];
    assert_eq!(broken(&shop).await, missing, "never loaded");
    shop.gate().warm_up(item, OPEN).await.unwrap();
    assert_eq!(broken(&shop).await, []);
    cli(&redis, "hset", (item, "item"), &["epoch", ""]);
    assert_eq!(broken(&shop).await, missing, "closed");
    cli(&redis, "del", (item, "item"), &[]);
    assert_eq!(broken(&shop).await, missing, "lost");
    shop.clock.advance(HOUR_MS);
    assert_eq!(broken(&shop).await, [], "nobody wants to buy it any more");
    let later = START_MS + 3 * HOUR_MS;
    shop.item_in(1, later, later + HOUR_MS, None).await;
    assert_eq!(broken(&shop).await, [], "nor yet");
}

#[tokio::test]
async fn a_stuck_entry_hides_no_difference_of_another_item() {
    let redis = connect("audit-stuck");
    let shop = TestShop::over(redis.clone()).await;
    let (stuck, other) = (shop.item(3).await, shop.item(3).await);
    reserve(&shop.gate(), hold(other, 1)).await;
    work(&shop).await;
    reserve(&shop.gate(), hold(stuck, 2)).await;
    assert_eq!(broken(&shop).await, [], "it is only on its way");
    cli(&redis, "hincrby", (other, "item"), &["sellable", "1"]);
    cli(&redis, "hincrby", (other, "item"), &["total", "1"]);
    assert_eq!(
        broken(&shop).await,
        [(audit::GATE_EQUALS_LEDGER, Some(other))]
    );
    // Another item's difference is found, too.
    cli(&redis, "hincrby", (stuck, "item"), &["sellable", "-1"]);
    cli(&redis, "hincrby", (stuck, "item"), &["locked", "1"]);
    let both = broken(&shop).await;
    assert!(
        both.contains(&(audit::GATE_EQUALS_LEDGER, Some(stuck))),
        "{both:?}"
    );
}

#[tokio::test]
async fn a_worker_s_entries_in_flight_are_on_their_way() {
    let shop = TestShop::over(connect("audit-in-flight")).await;
    let item = shop.item(3).await;
    reserve(&shop.gate(), hold(item, 1)).await;
    // It waits neither in the outbox nor in the queue.
    lose_entries(&shop).await;
    let mut report = audit::audit(&shop.sql, shop.clock.get()).await.unwrap();
    audit::compare(&shop.engine.audit, &mut report)
        .await
        .unwrap();
    assert_eq!((report.on_their_way, report.violations), (1, vec![]));
}

#[tokio::test]
async fn differing_holders_are_reported_even_if_the_counters_agree() {
    let redis = connect("audit-holders");
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(3).await;
    for number in [1, 2] {
        reserve(&shop.gate(), hold(item, number)).await;
    }
    work(&shop).await;
    assert_eq!(broken(&shop).await, []);
    let differs = [(audit::GATE_EQUALS_LEDGER, Some(item))];
    let buyer = hold(item, 1).unit.buyer.to_string();
    let record = cli(&redis, "hget", (item, "holders"), &[&buyer]);
    cli(&redis, "hdel", (item, "holders"), &[&buyer]);
    assert_eq!(broken(&shop).await, differs, "only the ledger has it");
    let sold = record.replace("|h|", "|s|");
    cli(&redis, "hset", (item, "holders"), &[&buyer, &sold]);
    assert_eq!(broken(&shop).await, differs, "paid at the gate alone");
    cli(&redis, "hset", (item, "holders"), &[&buyer, &record]);
    assert_eq!(broken(&shop).await, []);
}

#[tokio::test]
async fn inconsistent_counters_of_the_gate_are_reported() {
    let redis = connect("audit-sum");
    let shop = TestShop::over(redis.clone()).await;
    let item = shop.item(3).await;
    shop.gate().warm_up(item, OPEN).await.unwrap();
    cli(&redis, "hincrby", (item, "item"), &["sellable", "-1"]);
    let rules: Vec<_> = broken(&shop)
        .await
        .into_iter()
        .map(|found| found.0)
        .collect();
    assert_eq!(rules, ["gate_adds_up", audit::GATE_EQUALS_LEDGER]);
}
