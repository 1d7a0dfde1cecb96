//! The contract of [`LoginTokens`], and an owner's management of log-ins and password.

use std::sync::Arc;

use app::wire::{AccountId, Mobile, Password};
use async_trait::async_trait;
use futures::future::join_all;
use server::adapters::sql::Sql;
use server::engine::{
    accounts::{
        Deps,
        change_password::change_password,
        log_ins,
        sign_in::{self, Origin, SignInError},
    },
    ports::{Accounts as _, LogInRecord, LoginBatches as _, PasswordError, Passwords, TokenHash},
};

use crate::support::{HOUR_MS, PlainPasswords, START_MS, TestShop, credentials, log_in, origin};

#[tokio::test]
async fn a_log_in_slides_while_it_is_used_and_finally_expires() {
    let shop = TestShop::new().await;
    shop.buyer(1).await;
    let token = sign_in::login(
        &shop.engine.accounts,
        &origin(),
        credentials("13900000001", "password-1"),
    )
    .await
    .unwrap()
    .token;
    let mut hours_used = 0;
    while sign_in::authenticate(&shop.engine.accounts, &token)
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
        &origin(),
        credentials("13900000001", "password-1"),
    )
    .await;
    let fresh = fresh.unwrap().token;
    shop.clock.advance(HOUR_MS / 2);
    let login = sign_in::authenticate(&shop.engine.accounts, &fresh)
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
        let log_in = log_in(token, buyer, expires_at_ms, expires_at_ms);
        tokens.insert(&log_in).await.unwrap();
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
    let begun = log_in(&used, buyer, START_MS + 10, START_MS + 50);
    tokens.insert(&begun).await.unwrap();
    for slid_ms in [20, 30, 40] {
        let used_at_ms = START_MS + slid_ms - 10;
        tokens
            .touch(&used, used_at_ms, START_MS + slid_ms)
            .await
            .unwrap();
        let [
            LogInRecord {
                used_at_ms: noted, ..
            },
        ] = tokens.of_account(buyer).await.unwrap()[..]
        else {
            panic!("one log-in");
        };
        assert_eq!(noted, used_at_ms);
        let login = tokens.get(&used).await.unwrap().unwrap();
        assert_eq!(login.expires_at_ms, START_MS + slid_ms);
        assert_eq!(login.max_expires_at_ms, START_MS + 50);
    }
    tokens.remove(&used).await.unwrap();
    for token in [&used, &unknown] {
        tokens.remove(token).await.unwrap();
        tokens
            .touch(token, START_MS + 44, START_MS + 45)
            .await
            .unwrap();
        assert_eq!(tokens.get(token).await.unwrap(), None);
    }
}

#[tokio::test]
async fn concurrent_log_in_look_ups_are_not_mixed_up() {
    let shop = TestShop::new().await;
    let tokens = &shop.engine.accounts.tokens;
    let names = ["a", "b", "c", "a", "d"].map(|text| TokenHash(text.repeat(64)));
    let mut expected = Vec::new();
    for (number, token) in (1..).zip(&names[..3]) {
        let buyer = shop.buyer(number).await;
        let begun = log_in(token, buyer, START_MS + 10, START_MS + 10);
        tokens.insert(&begun).await.unwrap();
        expected.push(Some(buyer));
    }
    expected.extend([expected[0], None]);
    let looked_for = join_all(names.iter().map(|token| tokens.get(token))).await;
    let together = shop.sql.get_all(&names).await.unwrap();
    for found in [
        looked_for.into_iter().map(Result::unwrap).collect(),
        together,
    ] {
        let buyers: Vec<_> = found
            .into_iter()
            .map(|login| login.map(|login| login.me.account_id))
            .collect();
        assert_eq!(buyers, expected);
    }
}

/// Signs in the buyer with this number, from a separate device.
async fn signed_in(shop: &TestShop, number: u32, device: &str) -> String {
    let origin = Origin {
        device: device.into(),
        ..origin()
    };
    let (mobile, password) = (format!("1390000{number:04}"), format!("password-{number}"));
    let signed_in = sign_in::login(
        &shop.engine.accounts,
        &origin,
        credentials(&mobile, &password),
    )
    .await;
    // So that the next one does not count as a guess.
    shop.clock.advance(5_000);
    signed_in.unwrap().token
}

async fn is_signed_in(shop: &TestShop, token: &str) -> bool {
    let login = sign_in::authenticate(&shop.engine.accounts, token).await;
    login.unwrap().is_some()
}

#[tokio::test]
async fn only_an_account_s_own_log_ins_are_listed_and_ended() {
    let shop = TestShop::new().await;
    let (buyer, other) = (shop.buyer(1).await, shop.buyer(2).await);
    let phone = signed_in(&shop, 1, "WeChat · Android").await;
    let desk = signed_in(&shop, 1, "Firefox · Linux").await;
    let laptop = signed_in(&shop, 1, "Safari · macOS").await;
    let elsewhere = signed_in(&shop, 2, "").await;
    for token in [&phone, &desk, &laptop, &elsewhere] {
        assert!(is_signed_in(&shop, token).await, "and cached from now on");
    }
    let accounts = &shop.engine.accounts;
    let listed = log_ins::list(accounts, buyer, Some(&desk)).await.unwrap();
    let shown: Vec<_> = listed
        .iter()
        .map(|log_in| (log_in.device.as_str(), log_in.is_current))
        .collect();
    assert_eq!(
        shown,
        [
            ("Safari · macOS", false),
            ("Firefox · Linux", true),
            ("WeChat · Android", false)
        ]
    );
    assert_eq!(listed[2].signed_in_at_ms, Some(START_MS));
    assert_eq!(listed[2].ip, "10.0.0.1");

    let of_phone = &listed[2].log_in_id;
    let origin = origin();
    let end = async |whose, password: &str| {
        shop.clock.advance(5_000);
        log_ins::end(accounts, &origin, whose, of_phone, password.to_owned()).await
    };
    assert!(!end(other, "password-2").await.unwrap());
    let wrong = end(buyer, "password-2").await.err();
    assert!(matches!(wrong, Some(SignInError::Invalid(field)) if field == "password_wrong"));
    assert!(is_signed_in(&shop, &phone).await, "nobody else ends it");
    assert!(end(buyer, "password-1").await.unwrap());
    assert!(!is_signed_in(&shop, &phone).await);
    assert!(!end(buyer, "password-1").await.unwrap());

    let end_others = async |password: &str| {
        let (token, password) = (Some(desk.as_str()), password.to_owned());
        log_ins::end_others(accounts, &origin, buyer, token, password).await
    };
    assert!(end_others("password-2").await.is_err());
    assert!(is_signed_in(&shop, &laptop).await);
    assert_eq!(end_others("password-1").await.unwrap(), 1);
    assert!(!is_signed_in(&shop, &laptop).await);
    assert!(is_signed_in(&shop, &desk).await);
    assert!(is_signed_in(&shop, &elsewhere).await);
    shop.clock.advance(HOUR_MS);
    let listed = log_ins::list(accounts, buyer, None).await.unwrap();
    assert_eq!(listed, [], "what has expired is not shown");
}

#[tokio::test]
async fn a_new_password_ends_every_log_in_and_the_old_one_is_refused() {
    let shop = TestShop::new().await;
    let buyer = shop.buyer(1).await;
    let (stolen, own) = (
        signed_in(&shop, 1, "curl").await,
        signed_in(&shop, 1, "Firefox · Linux").await,
    );
    for token in [&stolen, &own] {
        assert!(is_signed_in(&shop, token).await, "and cached from now on");
    }
    let accounts = &shop.engine.accounts;
    let change = async |current: &str, new: &str| {
        shop.clock.advance(5_000);
        let (current, new) = (current.to_owned(), new.to_owned());
        change_password(accounts, &origin(), buyer, current, new).await
    };
    for (current, new, field) in [
        ("password-2", "four unrelated words", "current_password"),
        ("short", "four unrelated words", "current_password"),
        ("password-1", "short", "password"),
        ("password-1", "1q2w3e4r", "password_common"),
    ] {
        let refused = change(current, new).await.err();
        assert!(
            matches!(&refused, Some(SignInError::Invalid(named)) if named == field),
            "{field}: {refused:?}"
        );
    }
    let too_long = change("password-1", &"x".repeat(257)).await.err();
    assert!(matches!(too_long, Some(SignInError::Invalid(field)) if field == "password_long"));
    assert!(is_signed_in(&shop, &stolen).await, "nothing was changed");

    let changed = change("password-1", "four unrelated words").await.unwrap();
    assert_eq!(changed.ended, 2);
    assert!(is_signed_in(&shop, &changed.token).await);
    for token in [&stolen, &own] {
        assert!(!is_signed_in(&shop, token).await);
    }
    let mobile = Mobile::parse("13900000001").unwrap();
    let account = accounts.accounts.by_mobile(&mobile).await.unwrap();
    assert_eq!(account, accounts.accounts.by_id(buyer).await.unwrap());
    let login = async |password: &str| {
        shop.clock.advance(5_000);
        sign_in::login(accounts, &origin(), credentials("13900000001", password)).await
    };
    let before = login("password-1").await.err();
    assert!(matches!(before, Some(SignInError::NoMatch(Some(whose))) if whose == buyer));
    assert!(login("four unrelated words").await.is_ok());
}

#[tokio::test]
async fn a_password_is_changed_only_from_the_hash_that_was_read() {
    let shop = TestShop::new().await;
    let buyer = shop.buyer(1).await;
    let token = signed_in(&shop, 1, "").await;
    let accounts = &shop.engine.accounts.accounts;
    let before = accounts.by_id(buyer).await.unwrap().unwrap().password_hash;
    assert!(
        !accounts
            .set_password(buyer, "another", "new")
            .await
            .unwrap()
    );
    assert!(is_signed_in(&shop, &token).await);
    assert!(accounts.set_password(buyer, &before, "new").await.unwrap());
    assert!(
        !accounts
            .set_password(buyer, &before, "newer")
            .await
            .unwrap()
    );
    let tokens = &shop.engine.accounts.tokens;
    assert_eq!(tokens.of_account(buyer).await.unwrap(), []);
}

/// Changes the password while it is being checked.
struct ChangedMeanwhile {
    sql: Sql,
    buyer: AccountId,
}

#[async_trait]
impl Passwords for ChangedMeanwhile {
    async fn hash(&self, password: Password) -> Result<String, PasswordError> {
        PlainPasswords.hash(password).await
    }

    async fn verify(
        &self,
        password: Password,
        hash: Option<String>,
    ) -> Result<bool, PasswordError> {
        let before = hash.clone().unwrap();
        let changed = self.sql.set_password(self.buyer, &before, "new").await;
        assert!(changed.unwrap());
        PlainPasswords.verify(password, hash).await
    }
}

#[tokio::test]
async fn a_log_in_that_begins_while_the_password_changes_does_not_outlive_the_change() {
    let shop = TestShop::new().await;
    let buyer = shop.buyer(1).await;
    let sql = shop.sql.clone();
    let accounts = Deps {
        passwords: Arc::new(ChangedMeanwhile { sql, buyer }),
        ..(*shop.engine.accounts).clone()
    };
    let form = credentials("13900000001", "password-1");
    let refused = sign_in::login(&accounts, &origin(), form).await;
    let whose = refused.err();
    assert!(matches!(whose, Some(SignInError::NoMatch(Some(whose))) if whose == buyer));
    assert_eq!(accounts.tokens.of_account(buyer).await.unwrap(), []);
}

#[tokio::test]
async fn guesses_at_the_present_password_count_like_those_of_a_log_in() {
    let shop = TestShop::new().await;
    let buyer = shop.buyer(1).await;
    let mut limited = 0;
    for guess in 0..10 {
        // Each from a separate address.
        let origin = Origin {
            ip: [10, 0, 1, guess].into(),
            ..origin()
        };
        let guessed = change_password(
            &shop.engine.accounts,
            &origin,
            buyer,
            format!("a guess, number {guess}"),
            "four unrelated words".to_owned(),
        );
        limited += u32::from(matches!(guessed.await, Err(SignInError::Limit(_))));
    }
    assert_eq!(limited, 5, "five in five seconds are allowed");
}

#[tokio::test]
async fn an_account_has_a_bounded_number_of_log_ins_and_the_oldest_ends_first() {
    let shop = TestShop::new().await;
    let buyer = shop.buyer(1).await;
    let tokens = &shop.engine.accounts.tokens;
    let first = TokenHash("0".repeat(64));
    for number in 0..log_ins::MOST {
        let token = TokenHash(format!("{number:064}"));
        let mut begun = log_in(&token, buyer, START_MS + HOUR_MS, START_MS + HOUR_MS);
        begun.signed_in_at_ms = START_MS - HOUR_MS + i64::try_from(number).unwrap();
        tokens.insert(&begun).await.unwrap();
    }
    assert!(tokens.get(&first).await.unwrap().is_some());
    let new = signed_in(&shop, 1, "").await;
    assert!(is_signed_in(&shop, &new).await);
    assert!(tokens.get(&first).await.unwrap().is_none());
    let left = tokens.of_account(buyer).await.unwrap();
    assert_eq!(left.len(), log_ins::MOST);
}
