//! The live page for staff.

use app::wire::{LivePlace, Now, Role, SaleStep};
use axum::{
    Router,
    body::{Body, BodyDataStream},
    http::{Request, StatusCode, header},
};
use futures::{StreamExt as _, future::join_all};
use server::telemetry::{counters::ValueRecorder, metrics::recorder};
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::{pages::send_form, signed_in};
use crate::{
    pages::{get, html, site, site_until},
    purchase::{TestClient, visitor},
    support::{HOUR_MS, START_MS, TestShop},
};

async fn now(router: &Router, token: &str) -> Now {
    let answer = get(router, "/api/admin/now", "en", Some(token)).await;
    serde_json::from_str(&html(answer).await).unwrap()
}

#[tokio::test]
async fn a_sale_is_shown_from_the_question_to_the_unpaid_order() {
    let client = TestClient::of(TestShop::open_embedded().await);
    let shop = &client.shop;
    let recorder = ValueRecorder::new(recorder().unwrap(), shop.counter_values.clone());
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

/// A stream of messages, read like a browser does.
struct Stream {
    body: BodyDataStream,
    unread: String,
}

impl Stream {
    /// Opens a stream; returns the status if the caller is refused.
    async fn open(router: &Router, token: &str, last_id: Option<i64>) -> Result<Self, StatusCode> {
        let mut request = Request::get("/api/admin/now/events")
            .header(header::COOKIE, format!("seckill_login={token}"));
        if let Some(id) = last_id {
            request = request.header("last-event-id", id);
        }
        let request = request.body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        if response.status() != StatusCode::OK {
            return Err(response.status());
        }
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "text/event-stream"
        );
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        Ok(Self {
            body: response.into_body().into_data_stream(),
            unread: String::new(),
        })
    }

    /// The id and content of the next message; `None` at the end. Comments are heartbeats.
    async fn next(&mut self) -> Option<(i64, Now)> {
        loop {
            if let Some((message, rest)) = self.unread.split_once("\n\n") {
                let fields: Vec<_> = message.lines().map(str::to_owned).collect();
                self.unread = rest.to_owned();
                let field = |name: &str| fields.iter().find_map(|line| line.strip_prefix(name));
                if let (Some(id), Some(data)) = (field("id: "), field("data: ")) {
                    return Some((id.parse().unwrap(), serde_json::from_str(data).unwrap()));
                }
                continue;
            }
            let bytes = self.body.next().await?.unwrap();
            self.unread += std::str::from_utf8(&bytes).unwrap();
        }
    }
}

#[tokio::test]
async fn a_stream_sends_every_update_and_repeats_none() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let token = signed_in(&shop, Role::Auditor, false).await;
    shop.item(5).await;
    let mut stream = Stream::open(&router, &token, None).await.unwrap();
    let (id, seen) = stream.next().await.unwrap();
    assert_eq!((id, seen.at_ms), (START_MS, START_MS));
    assert_eq!(seen, now(&router, &token).await);
    let mut after = Stream::open(&router, &token, Some(id)).await.unwrap();
    shop.clock.advance(1_000);
    for stream in [&mut stream, &mut after] {
        let (id, _) = stream.next().await.unwrap();
        assert_eq!(id, START_MS + 1_000, "the first one is not sent again");
    }
}

#[tokio::test]
async fn a_stream_ends_with_its_log_in_and_gives_its_place_to_another() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let token = signed_in(&shop, Role::Operator, false).await;
    let other = signed_in(&shop, Role::Admin, false).await;
    let buyer = signed_in(&shop, Role::Buyer, false).await;
    let refused = Stream::open(&router, &buyer, None).await.err();
    assert_eq!(refused, Some(StatusCode::FORBIDDEN));
    let mut streams = Vec::new();
    let refused = loop {
        // The limit per address is not tested here.
        shop.clock.advance(1_000);
        match Stream::open(&router, &token, None).await {
            Ok(stream) => streams.push(stream),
            Err(status) => break status,
        }
        assert!(streams.len() < 1_000, "no bound");
    };
    assert_eq!(refused, StatusCode::SERVICE_UNAVAILABLE);
    let left = send_form(&router, "/api/logout", &token, &[]).await;
    assert!(left.status().is_redirection(), "{}", left.status());
    let ended = streams
        .into_iter()
        .map(async |mut stream| while stream.next().await.is_some() {});
    join_all(ended).await;
    assert!(Stream::open(&router, &other, None).await.is_ok());
}

#[tokio::test]
async fn a_stream_ends_when_its_process_is_about_to_stop() {
    let shop = TestShop::open_embedded().await;
    let (stop, stopped) = watch::channel(false);
    let router = site_until(&shop, stopped);
    let token = signed_in(&shop, Role::Operator, false).await;
    let mut stream = Stream::open(&router, &token, None).await.unwrap();
    assert!(stream.next().await.is_some());
    stop.send_replace(true);
    assert!(stream.next().await.is_none());
}
