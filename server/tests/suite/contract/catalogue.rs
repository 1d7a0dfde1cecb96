//! The contract of [`Catalogue`] and [`CatalogueWriter`].

use app::wire::{ItemId, RoundId, RoundState};
use server::engine::{
    back_office::{
        self,
        add_round::{AddRoundError, Added, add_coming_round, add_round},
        check_round::{InvalidRound, Reason},
        stop_round::{StopRoundError, resume_round, stop_round},
    },
    ports::{Catalogue, CatalogueWriter, ChangedBy, NewRound, Window},
};
use uuid::Uuid;

use crate::support::{HOUR_MS, START_MS, TestShop, both, sample_item};

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
async fn an_item_has_all_its_page_needs_and_an_unknown_one_is_missing() {
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
        // The second answer comes from the cache, which also stores absences.
        assert_eq!(
            shop.engine.purchase.catalogue.item(unknown).await.unwrap(),
            None
        );
    }
}

/// A round of the next hour with one item; ids are derived from its number.
fn round(number: u128) -> NewRound {
    let id = |kind: u128| Uuid::from_u128(0xc000_0000 + (kind << 8) + number);
    NewRound {
        round_id: RoundId(id(1)),
        title: both("晚场", "Evening round"),
        starts_at_ms: START_MS,
        ends_at_ms: START_MS + HOUR_MS,
        stopped: None,
        pay_window_s: Some(300),
        items: vec![sample_item(ItemId(id(2)), id(3), 5)],
    }
}

#[tokio::test]
async fn a_round_is_written_whole_or_not_at_all() {
    let shop = TestShop::new().await;
    assert!(shop.sql.is_empty().await.unwrap());
    let first = round(1);
    shop.sql
        .add_round(
            &first,
            RoundState::Approved,
            &ChangedBy::command(),
            START_MS,
        )
        .await
        .unwrap();
    assert!(!shop.sql.is_empty().await.unwrap());
    let item_id = first.items[0].item_id;
    let written = shop.sql.item(item_id).await.unwrap().unwrap();
    assert_eq!((written.item.total, written.item.sellable), (5, 5));
    assert_eq!(
        (written.round_id, written.pay_window_s),
        (first.round_id, 300)
    );

    // Its second item has an existing id.
    let mut second = round(2);
    second.items.extend(first.items);
    shop.sql
        .add_round(
            &second,
            RoundState::Approved,
            &ChangedBy::command(),
            START_MS,
        )
        .await
        .unwrap_err();
    let rounds = shop.sql.rounds(START_MS).await.unwrap();
    assert_eq!(rounds.len(), 1, "{rounds:?}");
    assert_eq!(shop.sql.item(second.items[0].item_id).await.unwrap(), None);
}

#[tokio::test]
async fn the_back_office_adds_a_round_that_can_be_sold_and_no_other() {
    let shop = TestShop::new().await;
    let office = &shop.engine.back_office;
    assert!(back_office::is_empty(office).await.unwrap());
    let mut wrong = round(1);
    wrong.items[0].segments = 65;
    let refused = add_round(office, &wrong, &ChangedBy::command()).await;
    assert!(
        matches!(
            refused,
            Err(AddRoundError::Invalid(InvalidRound {
                item: Some(0),
                reason: Reason::Segments
            }))
        ),
        "{refused:?}"
    );
    let mut over = round(1);
    (over.starts_at_ms, over.ends_at_ms) = (START_MS - 1, START_MS);
    assert_eq!(
        reason(add_coming_round(office, over, RoundState::Approved, &ChangedBy::command()).await),
        Reason::Over
    );
    assert!(back_office::is_empty(office).await.unwrap());
    add_coming_round(
        office,
        round(1),
        RoundState::Approved,
        &ChangedBy::command(),
    )
    .await
    .unwrap();
    assert!(!back_office::is_empty(office).await.unwrap());
}

/// Why a round was not added.
fn reason(added: Result<Added, AddRoundError>) -> Reason {
    match added {
        Err(AddRoundError::Invalid(wrong)) => wrong.reason,
        added => panic!("{added:?}"),
    }
}

#[tokio::test]
async fn a_round_that_is_sent_again_is_added_once_and_another_one_does_not_take_its_place() {
    let shop = TestShop::new().await;
    let office = &shop.engine.back_office;
    let first = add_coming_round(
        office,
        round(1),
        RoundState::Approved,
        &ChangedBy::command(),
    )
    .await
    .unwrap();
    assert!(first.is_new);
    let stored = shop.sql.round(round(1).round_id).await.unwrap();
    assert_eq!(stored, Some(round(1)));
    shop.clock.advance(2 * HOUR_MS);
    let again = add_coming_round(
        office,
        round(1),
        RoundState::Approved,
        &ChangedBy::command(),
    )
    .await
    .unwrap();
    assert!(!again.is_new, "though it is over by now");
    assert_eq!(again.round, first.round);

    let mut other = round(1);
    other.items[0].stock += 1;
    assert_eq!(
        reason(add_coming_round(office, other, RoundState::Approved, &ChangedBy::command()).await),
        Reason::OtherRound
    );
    assert_eq!(shop.sql.round(round(1).round_id).await.unwrap(), stored);
}

#[tokio::test]
async fn a_product_is_sold_again_only_as_it_is_described_in_the_shop() {
    let shop = TestShop::new().await;
    let office = &shop.engine.back_office;
    add_coming_round(
        office,
        round(1),
        RoundState::Approved,
        &ChangedBy::command(),
    )
    .await
    .unwrap();
    let mut second = round(2);
    second.items[0].product_id = round(1).items[0].product_id;
    let mut other = second.clone();
    other.items[0].title = both("铁壶", "Iron kettle");
    assert_eq!(
        reason(add_coming_round(office, other, RoundState::Approved, &ChangedBy::command()).await),
        Reason::OtherProduct
    );
    second.items[0].sale_price.0 -= 1;
    assert!(
        add_coming_round(office, second, RoundState::Approved, &ChangedBy::command())
            .await
            .unwrap()
            .is_new
    );
}

#[tokio::test]
async fn a_round_sent_several_times_at_once_is_added_once() {
    let shop = TestShop::new().await;
    let office = &shop.engine.back_office;
    let by = ChangedBy::command();
    let calls = (0..4).map(|_| add_coming_round(office, round(1), RoundState::Approved, &by));
    let added = futures::future::join_all(calls).await;
    let new = added.iter().filter(|added| added.as_ref().unwrap().is_new);
    assert_eq!(new.count(), 1);
}

#[tokio::test]
async fn only_one_of_several_conflicting_new_products_is_added() {
    let shop = TestShop::new().await;
    let office = &shop.engine.back_office;
    let by = ChangedBy::command();
    let calls = (1..=4).map(|number| {
        let mut round = round(number);
        round.items[0].product_id.0 = Uuid::from_u128(7);
        round.items[0].list_price.0 += number as i64;
        add_coming_round(office, round, RoundState::Approved, &by)
    });
    let added = futures::future::join_all(calls).await;
    let (new, refused): (Vec<_>, Vec<_>) = added.into_iter().partition(Result::is_ok);
    assert_eq!(new.len(), 1);
    for refused in refused {
        assert_eq!(reason(refused), Reason::OtherProduct);
    }
}

#[tokio::test]
async fn a_stopped_round_shows_the_reason_until_it_is_resumed() {
    let shop = TestShop::new().await;
    let (office, catalogue) = (&shop.engine.back_office, &shop.engine.purchase.catalogue);
    let NewRound {
        round_id, items, ..
    } = add_coming_round(
        office,
        round(1),
        RoundState::Approved,
        &ChangedBy::command(),
    )
    .await
    .unwrap()
    .round;
    let words = both("盘点中", "Counting stock");
    let item_id = items[0].item_id;
    let says = async || {
        catalogue
            .item(item_id)
            .await
            .unwrap()
            .unwrap()
            .stopped
            .clone()
    };
    let is_stopped = async || {
        shop.sql.sellable_items(START_MS).await.unwrap()[0]
            .1
            .stopped
    };
    assert_eq!((says().await, is_stopped().await), (None, false));
    for _ in 0..2 {
        stop_round(office, round_id, &words, &ChangedBy::command())
            .await
            .unwrap();
        assert_eq!(
            (says().await, is_stopped().await),
            (Some(words.clone()), true)
        );
    }
    for _ in 0..2 {
        resume_round(office, round_id, &ChangedBy::command())
            .await
            .unwrap();
        assert_eq!((says().await, is_stopped().await), (None, false));
    }

    let no_words = stop_round(office, round_id, &both(" ", ""), &ChangedBy::command()).await;
    assert!(
        matches!(no_words, Err(StopRoundError::Words)),
        "{no_words:?}"
    );
    let unknown = RoundId(Uuid::from_u128(99));
    let refused = stop_round(office, unknown, &words, &ChangedBy::command()).await;
    assert!(
        matches!(refused, Err(StopRoundError::NotFound)),
        "{refused:?}"
    );
    assert_eq!((says().await, is_stopped().await), (None, false));
}

#[tokio::test]
async fn a_round_is_on_the_list_as_soon_as_it_has_been_added() {
    let shop = TestShop::new().await;
    let catalogue = &shop.engine.purchase.catalogue;
    let round = round(1);
    let item_id = round.items[0].item_id;
    // Cached for some seconds, unless something changes.
    assert_eq!(catalogue.rounds(START_MS).await.unwrap().len(), 0);
    assert_eq!(catalogue.item(item_id).await.unwrap(), None);
    add_round(&shop.engine.back_office, &round, &ChangedBy::command())
        .await
        .unwrap();
    assert_eq!(catalogue.rounds(START_MS).await.unwrap().len(), 1);
    assert!(catalogue.item(item_id).await.unwrap().is_some());
}
