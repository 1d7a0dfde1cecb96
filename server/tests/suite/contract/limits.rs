//! The contract of [`Limits`].

use app::wire::AccountId;
use futures::future::join_all;
use server::engine::ports::{Limit, RetryAfter};
use uuid::Uuid;

use crate::support::TestShop;

fn buyer(number: u128) -> AccountId {
    AccountId(Uuid::from_u128(number))
}

/// Counts one call: `None` when it is allowed.
async fn over(shop: &TestShop, limit: &Limit) -> Option<RetryAfter> {
    shop.engine.purchase.limits.count(limit).await.unwrap()
}

#[tokio::test]
async fn known_failure_09_concurrent_calls_do_not_exceed_the_limit() {
    let shop = TestShop::new().await;
    let limit = Limit::Purchase(buyer(1));
    let counted = join_all((0..50).map(|_| shop.engine.purchase.limits.count(&limit))).await;
    let passed = counted
        .into_iter()
        .filter(|over| over.as_ref().unwrap().is_none())
        .count();
    assert_eq!(passed, 5);
}

#[tokio::test]
async fn a_limit_counts_one_buyer_and_one_action() {
    let shop = TestShop::new().await;
    let limits = &shop.engine.purchase.limits;
    let used_up = Limit::Purchase(buyer(1));
    while limits.count(&used_up).await.unwrap().is_none() {}
    assert!(
        limits
            .count(&Limit::Purchase(buyer(2)))
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        limits
            .count(&Limit::Path(buyer(1)))
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn a_caller_who_waits_as_long_as_told_is_allowed() {
    let shop = TestShop::new().await;
    let limit = Limit::Captcha(buyer(1));
    for _ in 0..5 {
        assert_eq!(over(&shop, &limit).await, None);
    }
    let refused = over(&shop, &limit).await.unwrap();
    assert!((1..=1000).contains(&refused.wait_ms), "{refused:?}");
    shop.clock.advance(refused.wait_ms - 1);
    assert!(over(&shop, &limit).await.is_some());
    shop.clock.advance(1);
    assert_eq!(over(&shop, &limit).await, None);
}

#[tokio::test]
async fn words_are_given_in_a_burst_of_three_then_every_ten_seconds() {
    let shop = TestShop::new().await;
    let limit = Limit::Spelling(buyer(1));
    for _ in 0..3 {
        assert_eq!(over(&shop, &limit).await, None);
    }
    let refused = over(&shop, &limit).await.unwrap();
    assert_eq!(refused.wait_ms, 10_000);
    shop.clock.advance(10_000);
    assert_eq!(over(&shop, &limit).await, None);
    assert!(over(&shop, &limit).await.is_some());
}

#[tokio::test]
async fn an_address_may_send_fifty_requests_a_second() {
    let shop = TestShop::new().await;
    let limit = Limit::Address("10.0.0.1".parse().unwrap());
    for _ in 0..2 {
        let mut passed = 0;
        while over(&shop, &limit).await.is_none() {
            passed += 1;
        }
        assert_eq!(passed, 50);
        shop.clock.advance(1000);
    }
}

#[tokio::test]
async fn a_refusal_does_not_prolong_the_wait() {
    let shop = TestShop::new().await;
    let limit = Limit::Path(buyer(1));
    while over(&shop, &limit).await.is_none() {}
    for waited_ms in (0..1000).step_by(100) {
        let refused = over(&shop, &limit).await.unwrap();
        assert_eq!(refused.wait_ms, 1000 - waited_ms);
        shop.clock.advance(100);
    }
    assert_eq!(over(&shop, &limit).await, None);
}

#[tokio::test]
async fn a_clock_set_back_blocks_no_caller() {
    let shop = TestShop::new().await;
    let limit = Limit::Address("10.0.0.1".parse().unwrap());
    while over(&shop, &limit).await.is_none() {}
    shop.clock.advance(-600_000);
    let refused = over(&shop, &limit).await.unwrap();
    assert!((1..=1000).contains(&refused.wait_ms), "{refused:?}");
    shop.clock.advance(refused.wait_ms);
    assert_eq!(over(&shop, &limit).await, None);
}
