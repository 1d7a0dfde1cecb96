//! The contract of [`Catalogue`].

use app::wire::ItemId;
use server::engine::ports::{Catalogue, Window};
use uuid::Uuid;

use crate::support::{HOUR_MS, START_MS, TestShop, both};

const DAY_MS: i64 = 24 * HOUR_MS;

#[tokio::test]
async fn rounds_come_by_their_start_and_go_a_day_after_their_end() {
    let shop = TestShop::new().await;
    let at = async |start_ms, end_ms| shop.item_in(5, start_ms, end_ms, None).await;
    let tomorrow = at(START_MS + DAY_MS, START_MS + DAY_MS + HOUR_MS).await;
    let running = at(START_MS - HOUR_MS, START_MS + HOUR_MS).await;
    let ended = at(START_MS - 2 * HOUR_MS, START_MS - HOUR_MS).await;
    let long_ago = at(START_MS - DAY_MS - HOUR_MS, START_MS - DAY_MS).await;

    let rounds = shop.sql.rounds(START_MS).await.unwrap();
    let shown: Vec<_> = rounds.iter().map(|round| round.items[0].item_id).collect();
    assert_eq!(shown, [ended, running, tomorrow]);
    assert!(
        shop.sql.item(long_ago).await.unwrap().is_some(),
        "its page stays"
    );
    let sold = shop.sql.sellable_items(START_MS).await.unwrap();
    let sold: Vec<_> = sold.into_iter().map(|(item_id, _)| item_id).collect();
    assert_eq!(sold, [running, tomorrow], "what the gate must know");
}

#[tokio::test]
async fn an_item_says_everything_its_page_needs_and_an_unknown_one_is_none() {
    let shop = TestShop::new().await;
    let words = both("盘点中", "Counting stock");
    let (start_ms, end_ms) = (START_MS, START_MS + HOUR_MS);
    let item_id = shop.item_in(5, start_ms, end_ms, Some(words.clone())).await;
    let item = shop
        .engine
        .purchase
        .catalogue
        .item(item_id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((item.item.total, item.item.sellable), (5, 5));
    assert_eq!((item.starts_at_ms, item.ends_at_ms), (start_ms, end_ms));
    assert_eq!((item.limit_per_buyer, item.pay_window_s), (1, 600));
    assert_eq!(item.stopped, Some(words));
    let window = Window {
        starts_at_ms: start_ms,
        ends_at_ms: end_ms,
        stopped: true,
    };
    let sold = shop.sql.sellable_items(START_MS).await.unwrap();
    assert_eq!(sold, [(item_id, window)], "it may be resumed");

    let unknown = ItemId(Uuid::from_u128(99));
    for _ in 0..2 {
        // The second answer comes from the cache, which keeps absences too.
        assert_eq!(
            shop.engine.purchase.catalogue.item(unknown).await.unwrap(),
            None
        );
    }
}
