//! Captchas on Redis.

use std::sync::Arc;

use app::wire::CaptchaId;
use futures::future::join_all;
use server::{
    adapters::redis::RedisCaptchas,
    engine::ports::{AskedCaptcha, Captchas, PortError, Question},
};
use uuid::Uuid;

use super::{Place, assert_busy, buyer, clock, item, until};
use test_servers::redis::{RedisServer, shared};

use crate::support::{ManualClock, START_MS, both};

fn captchas(place: &Place, clock: &Arc<ManualClock>) -> RedisCaptchas {
    RedisCaptchas::new(place.redis(), clock.clone())
}

fn asked(number: u128) -> AskedCaptcha {
    AskedCaptcha {
        captcha_id: CaptchaId(Uuid::from_u128(number)),
        buyer: buyer(1),
        item_id: item(1),
        question: Question {
            png: vec![0x89, b'P', b'N', b'G', 0, 255, 13, 10].into(),
            answer: "7".into(),
            words: Some(both("3 加 4", "3 plus 4")),
            prompt: both("算出结果", "What is the result?"),
            numeric: true,
        },
        expires_at_ms: START_MS + 120_000,
    }
}

#[tokio::test]
async fn a_captcha_asked_by_one_instance_is_shown_spelt_and_answered_at_another() {
    for place in Place::both() {
        let clock = clock();
        let instances = [captchas(&place, &clock), captchas(&place, &clock)];
        let earlier = asked(1);
        instances[1].put(earlier.clone()).await.unwrap();
        let question = asked(2);
        let id = question.captcha_id;
        instances[0].put(question.clone()).await.unwrap();
        let gone = instances[0].take(earlier.captcha_id).await.unwrap();
        assert!(gone.is_none(), "replaced");

        let shown = instances[1].get(id).await.unwrap().unwrap();
        assert_eq!(shown.question.png, question.question.png);
        assert_eq!(shown.question.words, question.question.words);
        assert_eq!(shown.question.prompt, question.question.prompt);
        assert_eq!(shown.question.answer, question.question.answer);
        assert_eq!(shown.expires_at_ms, question.expires_at_ms);
        assert_eq!((shown.buyer, shown.item_id), (buyer(1), item(1)));
        assert!(shown.question.numeric);

        let spelt = join_all((0..20).map(|n| instances[n % 2].first_spelling(id))).await;
        let spelt = spelt.into_iter().filter(|first| *first.as_ref().unwrap());
        assert_eq!(spelt.count(), 1);

        let takes = join_all((0..20).map(|n| instances[n % 2].take(id))).await;
        let taken = takes.into_iter().filter_map(Result::unwrap);
        assert_eq!(taken.count(), 1);
        assert!(!instances[0].first_spelling(id).await.unwrap());
    }
}

#[tokio::test]
async fn an_expired_captcha_is_gone_and_one_that_is_too_large_is_refused() {
    let clock = clock();
    let captchas = captchas(&Place::alone(shared()), &clock);
    captchas.put(asked(1)).await.unwrap();
    clock.advance(120_000);
    let old = CaptchaId(Uuid::from_u128(1));
    assert!(captchas.get(old).await.unwrap().is_none());
    assert!(!captchas.first_spelling(old).await.unwrap());
    assert!(captchas.take(old).await.unwrap().is_none());
    let mut large = asked(2);
    large.question.png = vec![0; 100_000].into();
    let refused = captchas.put(large).await;
    assert!(matches!(refused, Err(PortError::Failed { .. })));
}

#[tokio::test]
async fn captchas_are_busy_without_redis_and_gone_in_an_empty_one() {
    let server = RedisServer::start();
    let place = Place::alone(&server);
    let captchas = captchas(&place, &clock());
    captchas.put(asked(1)).await.unwrap();
    server.pause();
    assert_busy(captchas.take(asked(1).captcha_id)).await;
    server.restart_empty();
    until("Redis answers again", async || {
        matches!(captchas.take(asked(1).captcha_id).await, Ok(None))
    })
    .await;
    captchas.put(asked(2)).await.unwrap();
    assert!(captchas.take(asked(2).captcha_id).await.unwrap().is_some());
}
