//! The contract of [`Captchas`].

use app::wire::{AccountId, CaptchaId, ItemId};
use futures::future::join_all;
use server::engine::ports::AskedCaptcha;
use uuid::Uuid;

use crate::support::{START_MS, TestShop};

async fn asked(shop: &TestShop, number: u128) -> AskedCaptcha {
    AskedCaptcha {
        captcha_id: CaptchaId(Uuid::from_u128(number)),
        buyer: AccountId(Uuid::from_u128(1)),
        item_id: ItemId(Uuid::from_u128(1)),
        question: shop.engine.purchase.questions.next().await.unwrap(),
        expires_at_ms: START_MS + 120_000,
    }
}

#[tokio::test]
async fn known_failure_14_the_first_answer_uses_up_a_question() {
    let shop = TestShop::new().await;
    let captchas = &shop.engine.purchase.captchas;
    let question = asked(&shop, 7).await;
    captchas.put(question.clone()).await.unwrap();
    assert!(captchas.get(question.captcha_id).await.unwrap().is_some());
    let takes = join_all((0..20).map(|_| captchas.take(question.captcha_id))).await;
    assert_eq!(
        takes
            .into_iter()
            .filter(|take| take.as_ref().unwrap().is_some())
            .count(),
        1
    );
    assert!(captchas.get(question.captcha_id).await.unwrap().is_none());
}

#[tokio::test]
async fn a_new_question_replaces_the_earlier_one() {
    let shop = TestShop::new().await;
    let captchas = &shop.engine.purchase.captchas;
    for number in [1, 2] {
        captchas.put(asked(&shop, number).await).await.unwrap();
    }
    assert!(
        captchas
            .take(CaptchaId(Uuid::from_u128(1)))
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        captchas
            .take(CaptchaId(Uuid::from_u128(2)))
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn the_words_of_a_question_are_given_once() {
    let shop = TestShop::new().await;
    let captchas = &shop.engine.purchase.captchas;
    let id = CaptchaId(Uuid::from_u128(1));
    assert!(
        !captchas.first_spelling(id).await.unwrap(),
        "an unknown question has no words"
    );
    captchas.put(asked(&shop, 1).await).await.unwrap();
    assert!(captchas.first_spelling(id).await.unwrap());
    assert!(!captchas.first_spelling(id).await.unwrap());
}

#[tokio::test]
async fn a_stored_question_is_unchanged_and_not_replaced_by_another_buyers() {
    let shop = TestShop::new().await;
    let captchas = &shop.engine.purchase.captchas;
    let mine = asked(&shop, 1).await;
    captchas.put(mine.clone()).await.unwrap();
    for number in [2, 3] {
        let mut other = asked(&shop, number).await;
        match number {
            2 => other.buyer = AccountId(Uuid::from_u128(2)),
            _ => other.item_id = ItemId(Uuid::from_u128(2)),
        }
        captchas.put(other).await.unwrap();
    }
    let kept = captchas.take(mine.captcha_id).await.unwrap().unwrap();
    assert_eq!((kept.buyer, kept.item_id), (mine.buyer, mine.item_id));
    assert_eq!(kept.expires_at_ms, mine.expires_at_ms);
    assert_eq!(kept.question.png, mine.question.png);
    assert_eq!(kept.question.answer, mine.question.answer);
    assert_eq!(kept.question.words, mine.question.words);
    assert_eq!(kept.question.prompt, mine.question.prompt);
    assert_eq!(kept.question.numeric, mine.question.numeric);
}
