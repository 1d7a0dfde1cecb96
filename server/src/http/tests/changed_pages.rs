//! Pages that change while they are cached.

use std::{
    sync::{Arc, atomic::Ordering::SeqCst},
    time::Duration,
};

use app::routes::Page;
use axum::Router;

use super::{FakeShop, ITEM, PageInvalidation, ask_get, router_with};

fn item_page() -> String {
    format!("/items/{ITEM}")
}

/// A router whose pages change when the test says so.
fn changeable(shop: &Arc<FakeShop>) -> (Router, PageInvalidation) {
    let invalidation = PageInvalidation::default();
    let router = router_with(shop, |site| {
        site.settings.page_life = Duration::from_mins(10);
        site.invalidation = invalidation.clone();
    });
    (router, invalidation)
}

#[tokio::test]
async fn a_changed_page_is_rendered_at_once_and_the_others_are_not() {
    let shop = FakeShop::new();
    let (router, invalidation) = changeable(&shop);
    let says_so = async |path: &str| ask_get(&router, path).await.text().contains("（新）");
    assert!(!says_so("/").await && !says_so(&item_page()).await);
    let read = shop.items_read.load(SeqCst);
    *shop.titles_end.lock().unwrap() = "（新）".to_owned();
    assert!(!says_so("/").await, "pages are kept");

    invalidation.invalidate([Page::Home]);
    assert!(says_so("/").await);
    assert!(!says_so(&item_page()).await);
    assert_eq!(shop.items_read.load(SeqCst), read);
    invalidation.invalidate([Page::Item(ITEM.parse().unwrap())]);
    assert!(says_so(&item_page()).await);
    assert!(shop.items_read.load(SeqCst) > read);
}

#[tokio::test]
async fn a_rendering_overtaken_by_a_change_is_never_shown() {
    let shop = FakeShop::new();
    let (router, invalidation) = changeable(&shop);
    shop.items_wait.store(true, SeqCst);
    let early = tokio::spawn({
        let router = router.clone();
        async move { ask_get(&router, &item_page()).await }
    });
    while shop.items_read.load(SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    // The rendering has read the old title.
    *shop.titles_end.lock().unwrap() = "（新）".to_owned();
    invalidation.invalidate([Page::Item(ITEM.parse().unwrap())]);
    let late = async { ask_get(&router, &item_page()).await };
    let let_go = async { shop.items_wait.store(false, SeqCst) };
    let (late, ()) = tokio::join!(late, let_go);
    for answer in [
        early.await.unwrap(),
        late,
        ask_get(&router, &item_page()).await,
    ] {
        assert!(answer.text().contains("（新）"));
    }
}
