//! Refused requests and their answers.

use app::{
    port::{Storefront, Visitor},
    wire::{ApiError, CaptchaId, ItemId, OrderId, ReservationId},
};
use uuid::Uuid;

use super::{TestClient, visitor};
use crate::support::{ANSWER, START_MS, both};

fn nobody() -> Visitor {
    Visitor {
        me: None,
        ..visitor(0)
    }
}

#[tokio::test]
async fn visitors_are_told_to_sign_in() {
    let client = TestClient::new().await;
    let item = client.shop.item(1).await;
    let id = Uuid::from_u128(1);
    assert_eq!(
        client.path_for(&nobody(), item).await,
        Err(ApiError::Unauthenticated)
    );
    let path = "a".repeat(32);
    assert_eq!(
        client.purchase(&nobody(), path, item).await,
        Err(ApiError::Unauthenticated)
    );
    assert_eq!(
        client.orders(&nobody()).await,
        Err(ApiError::Unauthenticated)
    );
    let order = client.order(&nobody(), OrderId(id)).await;
    assert_eq!(order, Err(ApiError::Unauthenticated));
    let reservation = client.reservation(&nobody(), ReservationId(id)).await;
    assert_eq!(reservation, Err(ApiError::Unauthenticated));
}

#[tokio::test]
async fn a_banned_account_can_look_but_not_buy() {
    let client = TestClient::new().await;
    let item = client.shop.item(1).await;
    let mut banned = visitor(1);
    banned.me.as_mut().unwrap().banned = true;
    assert!(client.stock(item).await.is_ok());
    assert_eq!(client.ask(&banned, item).await, Err(ApiError::Banned));
    let path = client.path(&banned, item, None, None).await;
    assert_eq!(path, Err(ApiError::Banned));
}

#[tokio::test]
async fn no_paths_are_issued_before_or_after_a_round_or_while_it_is_stopped() {
    let client = TestClient::new().await;
    let hour = 3_600_000;
    let words = Some(both("暂停", "paused"));
    for (start, end, stopped, expected) in [
        (
            START_MS + hour,
            START_MS + 2 * hour,
            None,
            ApiError::NotStarted,
        ),
        (START_MS - hour, START_MS, None, ApiError::Ended),
        (START_MS - hour, START_MS + hour, words, ApiError::Stopped),
    ] {
        let item = client.shop.item_in(1, start, end, stopped).await;
        assert_eq!(client.ask(&visitor(1), item).await, Err(expected.clone()));
        assert_eq!(
            client.path(&visitor(1), item, None, None).await,
            Err(expected)
        );
    }
    let unknown = ItemId(Uuid::from_u128(99));
    assert_eq!(
        client.ask(&visitor(1), unknown).await,
        Err(ApiError::NotFound)
    );
    assert_eq!(client.stock(unknown).await, Err(ApiError::NotFound));
}

#[tokio::test]
async fn a_wrong_late_used_or_foreign_answer_is_wrong() {
    let client = TestClient::new().await;
    let (item, other) = (client.shop.item(1).await, client.shop.item(1).await);
    let buyer = visitor(1);
    let answer = || Some(ANSWER.to_owned());

    let captcha = client.ask(&buyer, item).await.unwrap();
    let wrong = client
        .path(&buyer, item, Some(captcha), Some("8".into()))
        .await;
    assert_eq!(wrong, Err(ApiError::CaptchaWrong));
    let used = client.path(&buyer, item, Some(captcha), answer()).await;
    assert_eq!(used, Err(ApiError::CaptchaWrong), "one try");

    let captcha = client.ask(&buyer, item).await.unwrap();
    let foreign = client
        .path(&visitor(2), item, Some(captcha), answer())
        .await;
    assert_eq!(foreign, Err(ApiError::CaptchaWrong));
    let captcha = client.ask(&buyer, item).await.unwrap();
    let elsewhere = client.path(&buyer, other, Some(captcha), answer()).await;
    assert_eq!(elsewhere, Err(ApiError::CaptchaWrong));

    client.shop.clock.advance(5_000);
    let captcha = client.ask(&buyer, item).await.unwrap();
    client.shop.clock.advance(120_000);
    let late = client.path(&buyer, item, Some(captcha), answer()).await;
    assert_eq!(late, Err(ApiError::CaptchaWrong));
    let made_up = Some(CaptchaId(Uuid::from_u128(5)));
    let unknown = client.path(&buyer, item, made_up, answer()).await;
    assert_eq!(unknown, Err(ApiError::CaptchaWrong));
    let missing = client.path(&buyer, item, None, answer()).await;
    assert_eq!(
        missing,
        Err(ApiError::Invalid {
            field: "captcha_id".into()
        })
    );
}

#[tokio::test]
async fn a_foreign_expired_or_misdirected_path_is_invalid_and_not_used_up() {
    let client = TestClient::new().await;
    let (item, other) = (client.shop.item(1).await, client.shop.item(1).await);
    let buyer = visitor(1);
    let path = client.path_for(&buyer, item).await.unwrap().path;
    for (who, to) in [(&visitor(2), item), (&buyer, other)] {
        let refused = client.purchase(who, path.clone(), to).await;
        assert_eq!(refused, Err(ApiError::PathInvalid));
    }
    assert!(client.purchase(&buyer, path, item).await.is_ok());

    let path = client.path_for(&visitor(3), other).await.unwrap().path;
    client.shop.clock.advance(60_000);
    let expired = client.purchase(&visitor(3), path, other).await;
    assert_eq!(expired, Err(ApiError::PathInvalid));
}

#[tokio::test]
async fn the_words_of_a_question_are_for_its_owner_and_limited() {
    let client = TestClient::new().await;
    let item = client.shop.item(1).await;
    let captcha = client.ask(&visitor(1), item).await.unwrap();
    let foreign = client.captcha_words(&visitor(2), captcha).await;
    assert_eq!(foreign, Err(ApiError::NotFound));
    let words = client
        .captcha_words(&visitor(1), captcha)
        .await
        .unwrap()
        .words;
    assert_eq!(words, "3 plus 5 minus 1");
    let again = client.captcha_words(&visitor(1), captcha).await;
    assert_eq!(again, Err(ApiError::NotFound), "once");
    let made_up = CaptchaId(Uuid::from_u128(1));
    assert_eq!(
        client.captcha_words(&visitor(1), made_up).await,
        Err(ApiError::NotFound)
    );
    let limited = client.captcha_words(&visitor(1), made_up).await;
    assert!(
        matches!(limited, Err(ApiError::RateLimited { .. })),
        "{limited:?}"
    );
}
