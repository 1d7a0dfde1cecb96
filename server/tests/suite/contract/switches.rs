//! The contract of [`Switches`](server::engine::ports::Switches).

use app::wire::{AccountId, Action, ActivityQuery, SetSwitch, Switch};
use server::engine::ports::{ActivityLog as _, ChangedBy};
use uuid::Uuid;

use crate::support::{START_MS, TestShop};

fn by(name: &str) -> ChangedBy {
    ChangedBy {
        account_id: Some(AccountId(Uuid::from_u128(7))),
        name: name.to_owned(),
        address: Some("10.0.0.1".parse().unwrap()),
        reason: Some(format!("{name} says so")),
    }
}

fn set_by(name: &str, switch: Switch, ends_at_ms: i64) -> SetSwitch {
    SetSwitch {
        switch,
        set_by: by(name).account_id,
        set_by_name: name.to_owned(),
        reason: format!("{name} says so"),
        set_at_ms: START_MS,
        ends_at_ms,
    }
}

#[tokio::test]
async fn the_last_setting_of_a_switch_counts_until_cleared_and_is_logged() {
    let shop = TestShop::new().await;
    let switches = &shop.engine.switches.switches;
    assert_eq!(switches.all().await.unwrap(), []);
    let first = set_by("Wang", Switch::QueueOnly, START_MS + 1_000);
    let second = set_by("Li", Switch::QueueOnly, START_MS + 9_000);
    switches.set(&first, &by("Wang")).await.unwrap();
    switches.set(&second, &by("Li")).await.unwrap();
    assert_eq!(switches.all().await.unwrap(), [second]);
    for was_set in [true, false] {
        let by = by("Li");
        let cleared = switches.clear(Switch::QueueOnly, &by, START_MS + 1).await;
        assert_eq!(cleared.unwrap(), was_set);
    }
    assert_eq!(switches.all().await.unwrap(), []);

    let query = ActivityQuery {
        subject_id: Some(Switch::QueueOnly.subject_id()),
        ..ActivityQuery::default()
    };
    let told = shop.sql.activities(&query, 10).await.unwrap();
    let told: Vec<_> = told
        .iter()
        .map(|entry| (entry.action, entry.name.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (Action::ClearSwitch, "Li"),
            (Action::SetSwitch, "Li"),
            (Action::SetSwitch, "Wang"),
        ]
    );
}

#[tokio::test]
async fn an_expired_switch_is_cleared_without_a_log_entry() {
    let shop = TestShop::new().await;
    let switches = &shop.engine.switches.switches;
    let set = set_by("Wang", Switch::ReadingOnly, START_MS + 1_000);
    switches.set(&set, &by("Wang")).await.unwrap();
    let by = by("Li");
    let cleared = switches
        .clear(Switch::ReadingOnly, &by, START_MS + 1_000)
        .await;
    assert!(!cleared.unwrap());
    let told = shop.sql.activities(&ActivityQuery::default(), 10).await;
    assert_eq!(told.unwrap().len(), 1);
}

#[tokio::test]
async fn two_concurrent_settings_of_a_switch_are_both_logged() {
    let shop = TestShop::new().await;
    let switches = &shop.engine.switches.switches;
    let names = ["Wang", "Li", "Zhao", "Qian"];
    let set = names.map(|name| async move {
        let set = set_by(name, Switch::NoLogIns, START_MS + 1_000);
        switches.set(&set, &by(name)).await
    });
    for done in futures::future::join_all(set).await {
        done.unwrap();
    }
    assert_eq!(switches.all().await.unwrap().len(), 1);
    let told = shop.sql.activities(&ActivityQuery::default(), 10).await;
    assert_eq!(told.unwrap().len(), names.len());
}
