//! What those who run the shop see of it at this moment.

use app::wire::{LivePlace, Now, Role, SaleStep};
use axum::Router;
use server::telemetry::{kept::KeepingRecorder, metrics::recorder};

use super::signed_in;
use crate::{
    pages::{get, html, site},
    purchase::{TestClient, visitor},
    support::{HOUR_MS, START_MS, TestShop},
};

async fn now(router: &Router, token: &str) -> Now {
    let answer = get(router, "/api/admin/now", "en", Some(token)).await;
    serde_json::from_str(&html(answer).await).unwrap()
}

#[tokio::test]
async fn a_sale_is_seen_from_the_question_to_the_unpaid_order() {
    let client = TestClient::of(TestShop::open_embedded().await);
    let shop = &client.shop;
    let recorder = KeepingRecorder::new(recorder().unwrap(), shop.kept.clone());
    let _counted_here = metrics::set_default_local_recorder(&recorder);
    let router = site(shop);
    let token = signed_in(shop, Role::Support, false).await;
    let item = shop.item(5).await;
    client.buy(&visitor(1), item).await.unwrap();

    let seen = now(&router, &token).await;
    let queue = seen.queue.unwrap();
    assert_eq!((queue.waiting, queue.oldest_age_ms), (1, Some(0)));
    let counts = seen.counts.as_ref().unwrap();
    for step in [
        SaleStep::CaptchaAsked,
        SaleStep::CaptchaRight,
        SaleStep::PathHandedOut,
        SaleStep::Decided,
        SaleStep::Held,
    ] {
        assert_eq!(counts.step(step).total, 1, "{step:?}");
    }
    assert_eq!(counts.step(SaleStep::Ordered).total, 0);

    shop.drain().await;
    assert_eq!(now(&router, &token).await, seen, "seen once a second");
    shop.clock.advance(550_000);
    let seen = now(&router, &token).await;
    let queue = seen.queue.unwrap();
    assert_eq!((queue.waiting, queue.oldest_age_ms), (0, None));
    assert_eq!(seen.counts.unwrap().step(SaleStep::Ordered).total, 1);
    let orders = seen.orders.unwrap();
    assert_eq!((orders.unpaid, orders.closing_soon), (1, 1));
    assert_eq!(seen.instances.unwrap().len(), 1);
    let rounds = seen.rounds.unwrap();
    assert_eq!((rounds.len(), rounds[0].place), (1, LivePlace::Running));
    let units = &rounds[0].items[0];
    assert!(units.at_gate);
    assert_eq!((units.sellable, units.locked, units.sold), (4, 1, 0));

    for path in ["/admin", "/admin/screen"] {
        let page = html(get(&router, path, "en", Some(&token)).await).await;
        for piece in [
            "Noon round",
            "data-now=\"rounds.0.items.0.sellable\">4<",
            "data-now=\"counts.steps.held.total\">1<",
            "http-equiv=\"refresh\"",
            &seen.shape,
        ] {
            assert!(page.contains(piece), "{path}: {piece}: {page}");
        }
        let has_menu = page.contains("admin__nav");
        assert_eq!(has_menu, path == "/admin", "{page}");
    }
}

#[tokio::test]
async fn the_rounds_on_sale_the_next_and_the_latest_are_shown() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let token = signed_in(&shop, Role::Reviewer, false).await;
    let day_ms = 24 * HOUR_MS;
    for (starts_in_ms, ends_in_ms) in [
        (-20 * HOUR_MS, -19 * HOUR_MS),
        (-2 * HOUR_MS, -HOUR_MS),
        (-HOUR_MS, HOUR_MS),
        (day_ms, day_ms + 1),
        (2 * day_ms, 2 * day_ms + 1),
    ] {
        let (starts, ends) = (START_MS + starts_in_ms, START_MS + ends_in_ms);
        shop.item_in(1, starts, ends, None).await;
    }
    let rounds = now(&router, &token).await.rounds.unwrap();
    let rounds: Vec<_> = rounds
        .iter()
        .map(|round| (round.place, round.starts_at_ms - START_MS))
        .collect();
    assert_eq!(
        rounds,
        [
            (LivePlace::Running, -HOUR_MS),
            (LivePlace::Next, day_ms),
            (LivePlace::Latest, -2 * HOUR_MS),
        ]
    );
}
