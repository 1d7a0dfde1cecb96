//! The contract of [`LoginTokens`].

use server::engine::{accounts::sign_in, ports::TokenHash};

use crate::support::{HOUR_MS, START_MS, TestShop};

#[tokio::test]
async fn a_log_in_slides_while_it_is_used_and_dies_in_the_end() {
    let shop = TestShop::new().await;
    shop.buyer(1).await;
    let ip = "10.0.0.1".parse().unwrap();
    let token = sign_in::login(
        &shop.engine.accounts,
        ip,
        "13900000001",
        "password-1".into(),
    )
    .await
    .unwrap()
    .token;
    let mut hours_used = 0;
    while sign_in::who_is(&shop.engine.accounts, &token)
        .await
        .unwrap()
        .is_some()
    {
        shop.clock.advance(HOUR_MS / 4);
        hours_used += 1;
    }
    assert_eq!(
        hours_used,
        48 * 4,
        "two days at most, however often it is used"
    );

    let fresh = sign_in::login(
        &shop.engine.accounts,
        ip,
        "13900000001",
        "password-1".into(),
    )
    .await;
    let fresh = fresh.unwrap().token;
    shop.clock.advance(HOUR_MS / 2);
    let login = sign_in::who_is(&shop.engine.accounts, &fresh)
        .await
        .unwrap();
    assert!(login.is_none(), "half an hour unused");
}

#[tokio::test]
async fn a_removed_token_is_unknown_and_an_old_one_is_purged() {
    let shop = TestShop::new().await;
    let buyer = shop.buyer(1).await;
    let tokens = &shop.engine.accounts.tokens;
    let [kept, removed, old] = ["a", "b", "c"].map(|text| TokenHash(text.into()));
    for (token, expires_at_ms) in [
        (&kept, START_MS + 10),
        (&removed, START_MS + 10),
        (&old, START_MS),
    ] {
        tokens
            .insert(token, buyer, expires_at_ms, expires_at_ms)
            .await
            .unwrap();
    }
    assert_eq!(
        tokens.get(&removed).await.unwrap().unwrap().me.account_id,
        buyer
    );
    tokens.remove(&removed).await.unwrap();
    tokens.purge(START_MS + 1).await.unwrap();
    assert!(tokens.get(&kept).await.unwrap().is_some());
    assert!(tokens.get(&removed).await.unwrap().is_none());
    assert!(tokens.get(&old).await.unwrap().is_none());
}

#[tokio::test]
async fn known_failure_17_a_stolen_database_holds_no_token() {
    let token = "0123456789abcdef0123456789abcdef";
    let stored = sign_in::token_hash(token).0;
    assert_eq!(stored.len(), 64);
    assert!(!stored.contains(token));
}

#[tokio::test]
async fn a_used_token_slides_and_an_unknown_or_removed_one_stays_unknown() {
    let shop = TestShop::new().await;
    let buyer = shop.buyer(1).await;
    let tokens = &shop.engine.accounts.tokens;
    let [used, unknown] = ["a", "b"].map(|text| TokenHash(text.repeat(64)));
    tokens
        .insert(&used, buyer, START_MS + 10, START_MS + 50)
        .await
        .unwrap();
    for slid_ms in [20, 30, 40] {
        tokens.touch(&used, START_MS + slid_ms).await.unwrap();
        let login = tokens.get(&used).await.unwrap().unwrap();
        assert_eq!(login.expires_at_ms, START_MS + slid_ms);
        assert_eq!(login.max_expires_at_ms, START_MS + 50);
    }
    tokens.remove(&used).await.unwrap();
    for token in [&used, &unknown] {
        tokens.remove(token).await.unwrap();
        tokens.touch(token, START_MS + 45).await.unwrap();
        assert_eq!(tokens.get(token).await.unwrap(), None);
    }
}
