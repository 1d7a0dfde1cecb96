//! The cache of log-ins in front of a ledger.

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
    engine::ports::{LogInRecord, Login, LoginTokens, NewLogIn, PortError, TokenHash},
};

use super::{Place, until};
use test_servers::redis::{RedisServer, shared};

use crate::support::{START_MS, TestShop, log_in};

fn tokens(place: &Place, shop: &TestShop) -> RedisTokens<Sql> {
    RedisTokens::new(place.redis(), Arc::new(shop.sql.clone()))
}

async fn knows(tokens: &RedisTokens<Sql>, token: &TokenHash) -> bool {
    tokens.get(token).await.unwrap().is_some()
}

#[tokio::test]
async fn a_log_in_is_valid_at_every_instance_and_a_log_out_soon() {
    for place in Place::both() {
        let shop = TestShop::new().await;
        let buyer = shop.buyer(1).await;
        let (here, there) = (tokens(&place, &shop), tokens(&place, &shop));
        let token = TokenHash("a".repeat(64));
        assert!(!knows(&here, &token).await);
        here.insert(&log_in(&token, buyer, START_MS + 10, START_MS + 20))
            .await
            .unwrap();
        let login = there.get(&token).await.unwrap().unwrap();
        assert_eq!(login.me.account_id, buyer);
        assert_eq!(
            (login.expires_at_ms, login.max_expires_at_ms),
            (START_MS + 10, START_MS + 20)
        );
        assert_eq!(here.get(&token).await.unwrap().unwrap(), login);

        here.touch(&token, START_MS, START_MS + 15).await.unwrap();
        let slid = here.get(&token).await.unwrap().unwrap();
        assert_eq!(slid.expires_at_ms, START_MS + 15);

        there.remove(&token).await.unwrap();
        assert!(!knows(&there, &token).await);
        let asked = tokio::time::Instant::now();
        until("the log-out counts", async || !knows(&here, &token).await).await;
        assert!(asked.elapsed() < Duration::from_secs(4));
        here.touch(&token, START_MS, START_MS + 19).await.unwrap();
        assert!(
            !knows(&here, &token).await,
            "a later use does not log in again"
        );
    }
}

#[tokio::test]
async fn a_log_in_cached_after_the_log_out_is_ignored() {
    let place = Place::alone(shared());
    let shop = TestShop::new().await;
    let buyer = shop.buyer(1).await;
    let token = TokenHash("b".repeat(64));
    let here = tokens(&place, &shop);
    here.insert(&log_in(&token, buyer, START_MS + 10, START_MS + 20))
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
async fn a_lost_or_empty_redis_logs_nobody_out() {
    let server = RedisServer::start();
    let place = Place::alone(&server);
    let shop = TestShop::new().await;
    let buyer = shop.buyer(1).await;
    let token = TokenHash("c".repeat(64));
    let here = tokens(&place, &shop);
    here.insert(&log_in(&token, buyer, START_MS + 10, START_MS + 20))
        .await
        .unwrap();
    assert!(knows(&here, &token).await);
    server.pause();
    assert!(
        knows(&tokens(&place, &shop), &token).await,
        "Redis is paused"
    );
    server.kill();
    let fresh = tokens(&place, &shop);
    assert!(knows(&fresh, &token).await, "Redis is killed");
    let late = TokenHash("d".repeat(64));
    fresh
        .insert(&log_in(&late, buyer, START_MS + 10, START_MS + 20))
        .await
        .unwrap();
    fresh.touch(&late, START_MS, START_MS + 11).await.unwrap();
    fresh.remove(&late).await.unwrap();
    assert!(
        !knows(&fresh, &late).await,
        "a log-out needs the ledger only"
    );
    server.restart_empty();
    assert!(
        knows(&tokens(&place, &shop), &token).await,
        "Redis is empty"
    );
}

/// A ledger that can stop answering.
struct UnreliableLedger {
    sql: Sql,
    is_busy: AtomicBool,
}

impl UnreliableLedger {
    fn answer(&self) -> Result<&Sql, PortError> {
        match self.is_busy.load(Ordering::SeqCst) {
            false => Ok(&self.sql),
            true => Err(PortError::Busy {
                port: "ledger",
                detail: "does not answer".into(),
            }),
        }
    }
}

#[async_trait]
impl LoginTokens for UnreliableLedger {
    async fn insert(&self, log_in: &NewLogIn) -> Result<(), PortError> {
        LoginTokens::insert(self.answer()?, log_in).await
    }

    async fn of_account(&self, account_id: AccountId) -> Result<Vec<LogInRecord>, PortError> {
        self.answer()?.of_account(account_id).await
    }

    async fn get(&self, token: &TokenHash) -> Result<Option<Login>, PortError> {
        LoginTokens::get(self.answer()?, token).await
    }

    async fn touch(
        &self,
        token: &TokenHash,
        used_at_ms: i64,
        expires_at_ms: i64,
    ) -> Result<(), PortError> {
        let ledger = self.answer()?;
        ledger.touch(token, used_at_ms, expires_at_ms).await
    }

    async fn remove(&self, token: &TokenHash) -> Result<(), PortError> {
        self.answer()?.remove(token).await
    }

    async fn purge(&self, now_ms: i64) -> Result<(), PortError> {
        self.answer()?.purge(now_ms).await
    }
}

#[tokio::test]
async fn a_buyer_stays_logged_in_while_the_ledger_does_not_answer() {
    let place = Place::alone(shared());
    let shop = TestShop::new().await;
    let buyer = shop.buyer(1).await;
    let ledger = Arc::new(UnreliableLedger {
        sql: shop.sql.clone(),
        is_busy: AtomicBool::new(false),
    });
    // Each is an instance that has cached nothing yet.
    let instance = || RedisTokens::new(place.redis(), ledger.clone());
    let [known, unknown, ended] = ["f", "g", "h"].map(|letter| TokenHash(letter.repeat(64)));
    for token in [&known, &unknown, &ended] {
        let (expires, dies) = (START_MS + 10, START_MS + 20);
        instance()
            .insert(&log_in(token, buyer, expires, dies))
            .await
            .unwrap();
    }
    assert!(instance().get(&known).await.unwrap().is_some());
    assert!(instance().get(&ended).await.unwrap().is_some());
    instance().remove(&ended).await.unwrap();
    let make_stale = |token: &TokenHash| {
        let fresh = format!("{}:login:{{{}}}:fresh", place.namespace, token.0);
        shared().cli(&["del", &fresh]);
    };
    ledger.is_busy.store(true, Ordering::SeqCst);
    make_stale(&known);
    let login = instance().get(&known).await.unwrap().unwrap();
    assert_eq!(login.me.account_id, buyer);
    assert!(
        instance().get(&unknown).await.is_err(),
        "only the ledger knows it"
    );
    assert!(
        instance()
            .touch(&known, START_MS, START_MS + 15)
            .await
            .is_err()
    );
    assert!(instance().get(&ended).await.unwrap().is_none());

    ledger.is_busy.store(false, Ordering::SeqCst);
    shop.sql.remove(&known).await.unwrap();
    make_stale(&known);
    assert!(instance().get(&known).await.unwrap().is_none());
}

#[tokio::test]
async fn a_log_in_in_redis_expires_soon() {
    let place = Place::alone(shared());
    let shop = TestShop::new().await;
    let buyer = shop.buyer(1).await;
    let token = TokenHash("e".repeat(64));
    let here = tokens(&place, &shop);
    here.insert(&log_in(&token, buyer, START_MS + 10, START_MS + 20))
        .await
        .unwrap();
    assert!(knows(&here, &token).await);
    let key = format!("{}:login:{{{}}}", place.namespace, token.0);
    for (key, limit_ms) in [(format!("{key}:fresh"), 30_000), (key, 600_000)] {
        let life_ms: i64 = shared().cli(&["pttl", &key]).parse().unwrap();
        assert!((1..=limit_ms).contains(&life_ms), "{key}: {life_ms}");
    }
}
