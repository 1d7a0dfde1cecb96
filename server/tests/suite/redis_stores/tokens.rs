//! Log-ins on Redis in front of a ledger.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use app::wire::AccountId;
use async_trait::async_trait;
use server::{
    adapters::{redis::RedisTokens, sql::Sql},
    engine::ports::{Login, LoginTokens, PortError, TokenHash},
};

use super::{Place, until};
use test_servers::redis::{RedisServer, shared};

use crate::support::{START_MS, TestShop};

fn tokens(place: &Place, shop: &TestShop) -> RedisTokens<Sql> {
    RedisTokens::new(place.redis(), Arc::new(shop.sql.clone()))
}

async fn knows(tokens: &RedisTokens<Sql>, token: &TokenHash) -> bool {
    tokens.get(token).await.unwrap().is_some()
}

#[tokio::test]
async fn a_log_in_is_known_to_every_copy_and_a_log_out_soon() {
    for place in Place::both() {
        let shop = TestShop::new().await;
        let buyer = shop.buyer(1).await;
        let (here, there) = (tokens(&place, &shop), tokens(&place, &shop));
        let token = TokenHash("a".repeat(64));
        assert!(!knows(&here, &token).await);
        here.insert(&token, buyer, START_MS + 10, START_MS + 20)
            .await
            .unwrap();
        let login = there.get(&token).await.unwrap().unwrap();
        assert_eq!(login.me.account_id, buyer);
        assert_eq!(
            (login.expires_at_ms, login.dies_at_ms),
            (START_MS + 10, START_MS + 20)
        );
        assert_eq!(here.get(&token).await.unwrap().unwrap(), login);

        here.touch(&token, START_MS + 15).await.unwrap();
        let slid = here.get(&token).await.unwrap().unwrap();
        assert_eq!(slid.expires_at_ms, START_MS + 15);

        there.remove(&token).await.unwrap();
        assert!(!knows(&there, &token).await);
        let asked = tokio::time::Instant::now();
        until("the log-out to be heard", async || {
            !knows(&here, &token).await
        })
        .await;
        assert!(asked.elapsed() < Duration::from_secs(4));
        here.touch(&token, START_MS + 19).await.unwrap();
        assert!(!knows(&here, &token).await, "a late use revives nothing");
    }
}

#[tokio::test]
async fn a_log_in_that_a_copy_read_before_the_log_out_and_wrote_after_it_does_not_count() {
    let place = Place::alone(shared());
    let shop = TestShop::new().await;
    let buyer = shop.buyer(1).await;
    let token = TokenHash("b".repeat(64));
    let here = tokens(&place, &shop);
    here.insert(&token, buyer, START_MS + 10, START_MS + 20)
        .await
        .unwrap();
    assert!(knows(&here, &token).await);
    let key = format!("{}:login:{{{}}}", place.namespace, token.0);
    let written = shared().cli(&["get", &key]);
    assert!(written.contains("nickname"), "{written}");
    here.remove(&token).await.unwrap();
    shared().cli(&["set", &key, &written]);
    assert!(!knows(&here, &token).await);
    assert!(!knows(&tokens(&place, &shop), &token).await);
}

#[tokio::test]
async fn nobody_is_logged_out_by_a_redis_that_is_gone_or_forgot() {
    let server = RedisServer::start();
    let place = Place::alone(&server);
    let shop = TestShop::new().await;
    let buyer = shop.buyer(1).await;
    let token = TokenHash("c".repeat(64));
    let here = tokens(&place, &shop);
    here.insert(&token, buyer, START_MS + 10, START_MS + 20)
        .await
        .unwrap();
    assert!(knows(&here, &token).await);
    server.pause();
    assert!(knows(&tokens(&place, &shop), &token).await, "silent");
    server.kill();
    let fresh = tokens(&place, &shop);
    assert!(knows(&fresh, &token).await, "gone");
    let late = TokenHash("d".repeat(64));
    fresh
        .insert(&late, buyer, START_MS + 10, START_MS + 20)
        .await
        .unwrap();
    fresh.touch(&late, START_MS + 11).await.unwrap();
    fresh.remove(&late).await.unwrap();
    assert!(
        !knows(&fresh, &late).await,
        "a log-out needs the ledger only"
    );
    server.restart_empty();
    assert!(knows(&tokens(&place, &shop), &token).await, "empty");
}

/// A ledger that can be away.
struct Away {
    sql: Sql,
    is_away: AtomicBool,
}

impl Away {
    fn there(&self) -> Result<&Sql, PortError> {
        match self.is_away.load(Ordering::SeqCst) {
            false => Ok(&self.sql),
            true => Err(PortError::Busy {
                port: "ledger",
                detail: "away".into(),
            }),
        }
    }
}

#[async_trait]
impl LoginTokens for Away {
    async fn insert(
        &self,
        token: &TokenHash,
        account_id: AccountId,
        expires_at_ms: i64,
        dies_at_ms: i64,
    ) -> Result<(), PortError> {
        self.there()?
            .insert(token, account_id, expires_at_ms, dies_at_ms)
            .await
    }

    async fn get(&self, token: &TokenHash) -> Result<Option<Login>, PortError> {
        LoginTokens::get(self.there()?, token).await
    }

    async fn touch(&self, token: &TokenHash, expires_at_ms: i64) -> Result<(), PortError> {
        self.there()?.touch(token, expires_at_ms).await
    }

    async fn remove(&self, token: &TokenHash) -> Result<(), PortError> {
        self.there()?.remove(token).await
    }

    async fn purge(&self, now_ms: i64) -> Result<(), PortError> {
        self.there()?.purge(now_ms).await
    }
}

#[tokio::test]
async fn whoever_is_logged_in_stays_so_while_the_ledger_is_away() {
    let place = Place::alone(shared());
    let shop = TestShop::new().await;
    let buyer = shop.buyer(1).await;
    let ledger = Arc::new(Away {
        sql: shop.sql.clone(),
        is_away: AtomicBool::new(false),
    });
    // Each a copy that knows nothing yet.
    let copy = || RedisTokens::new(place.redis(), ledger.clone());
    let [known, unknown, ended] = ["f", "g", "h"].map(|letter| TokenHash(letter.repeat(64)));
    for token in [&known, &unknown, &ended] {
        let (expires, dies) = (START_MS + 10, START_MS + 20);
        copy().insert(token, buyer, expires, dies).await.unwrap();
    }
    assert!(copy().get(&known).await.unwrap().is_some());
    assert!(copy().get(&ended).await.unwrap().is_some());
    copy().remove(&ended).await.unwrap();
    let has_aged = |token: &TokenHash| {
        let fresh = format!("{}:login:{{{}}}:fresh", place.namespace, token.0);
        shared().cli(&["del", &fresh]);
    };
    ledger.is_away.store(true, Ordering::SeqCst);
    has_aged(&known);
    let login = copy().get(&known).await.unwrap().unwrap();
    assert_eq!(login.me.account_id, buyer);
    assert!(copy().get(&unknown).await.is_err(), "nobody can tell");
    assert!(copy().touch(&known, START_MS + 15).await.is_err());
    assert!(copy().get(&ended).await.unwrap().is_none());

    ledger.is_away.store(false, Ordering::SeqCst);
    shop.sql.remove(&known).await.unwrap();
    has_aged(&known);
    assert!(copy().get(&known).await.unwrap().is_none());
}

#[tokio::test]
async fn what_redis_keeps_of_a_log_in_does_not_live_long() {
    let place = Place::alone(shared());
    let shop = TestShop::new().await;
    let buyer = shop.buyer(1).await;
    let token = TokenHash("e".repeat(64));
    let here = tokens(&place, &shop);
    here.insert(&token, buyer, START_MS + 10, START_MS + 20)
        .await
        .unwrap();
    assert!(knows(&here, &token).await);
    let key = format!("{}:login:{{{}}}", place.namespace, token.0);
    for (key, limit_ms) in [(format!("{key}:fresh"), 30_000), (key, 600_000)] {
        let life_ms: i64 = shared().cli(&["pttl", &key]).parse().unwrap();
        assert!((1..=limit_ms).contains(&life_ms), "{key}: {life_ms}");
    }
}
