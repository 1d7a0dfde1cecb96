//! Changes of the catalogue by another process.

use std::{sync::Arc, time::Duration};

use app::wire::{ItemId, RoundId};
use server::{
    adapters::sql::Access,
    assembly::open_back_office,
    config::Config,
    engine::{
        back_office::add_round::add_round,
        ports::{ChangedBy, NewRound},
    },
};
use test_servers::redis::shared;
use tokio::sync::Notify;

use crate::{
    pages::{get, html, site},
    support::{Data, HOUR_MS, ManualClock, START_MS, TestShop, both, eventually, sample_item},
};

#[tokio::test]
async fn a_round_that_a_command_adds_beside_a_cluster_is_on_its_pages_when_it_hears_of_it() {
    let mut config = None;
    let clock = Arc::new(ManualClock::at(START_MS));
    let keep = |running: &mut Config| config = Some(running.clone());
    let shop = TestShop::open(Data::postgres(), clock, Arc::default(), None, keep).await;
    let config = config.unwrap();
    let router = site(&shop);
    let hears = Arc::new(Notify::new());
    let heard = hears.clone();
    shop.catalogue_changes.listen(move |_| hears.notify_one());
    let channel = format!("{}:catalogue", config.cluster.as_ref().unwrap().namespace);
    eventually("the instance listens", async || {
        let listeners = shared().cli(&["pubsub", "numsub", &channel]);
        listeners.ends_with('1').then_some(())
    })
    .await;
    let shows_it = async || {
        let page = html(get(&router, "/", "en", None).await).await;
        page.contains("Pour-over kettle")
    };
    assert!(!shows_it().await);

    let command = Box::pin(open_back_office(&config, Access::Write))
        .await
        .unwrap();
    let round = NewRound {
        round_id: RoundId(command.ids.id()),
        title: both("晚场", "Evening round"),
        starts_at_ms: START_MS,
        ends_at_ms: START_MS + HOUR_MS,
        stopped: None,
        pay_window_s: None,
        items: vec![sample_item(ItemId(command.ids.id()), command.ids.id(), 5)],
    };
    add_round(&command, &round, &ChangedBy::command())
        .await
        .unwrap();
    let hearing = tokio::time::timeout(Duration::from_secs(30), heard.notified());
    hearing.await.expect("the instance hears of the round");
    assert!(shows_it().await);
}
