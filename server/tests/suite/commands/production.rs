//! The demonstration's accounts have a public password: production must never have them.

use std::{path::Path, time::Duration};

use app::wire::{AccountId, Mobile, Password, Role};
use server::{
    adapters::{
        sql::{Access, COMMAND_WAIT, Durability, LedgerOptions, Sql},
        system::Argon2Passwords,
    },
    engine::ports::{Account, AccountWriter, ChangedBy, Passwords},
};
use test_servers::free_port;
use uuid::Uuid;

use super::{Running, errors, no_data, run};

const PRODUCTION: (&str, &str) = ("SECKILL_ENV", "production");
/// Production uses the built-in provider only if it is configured.
const PAYMENTS: (&str, &str) = ("SECKILL_PAYMENTS", "sandbox");

async fn ledger(data: &Path) -> Sql {
    let options = LedgerOptions {
        access: Access::Migrate,
        durability: Durability::Process,
        wait: COMMAND_WAIT,
        pay_window_s: 600,
    };
    Sql::open(data, &options).await.unwrap()
}

/// The number of a shop's accounts.
async fn accounts(data: &Path) -> u64 {
    ledger(data).await.count().await.unwrap()
}

#[tokio::test]
async fn production_does_not_fill_an_empty_shop_with_the_demonstration() {
    for arguments in [&[][..], &["seed"]] {
        let (_folder, data) = no_data();
        let address = format!("127.0.0.1:{}", free_port());
        let refused = run(
            &data,
            &[PRODUCTION, PAYMENTS, ("SECKILL_ADDR", &address)],
            arguments,
        );
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}: {refused:?}");
        let said = errors(&refused);
        for words in [
            "never gets the demonstration",
            "server migrate",
            "server serve",
        ] {
            assert!(said.contains(words), "{arguments:?}: {said}");
        }
        assert_eq!(accounts(&data).await, 0, "{arguments:?}");
    }
}

#[tokio::test]
async fn production_does_not_serve_a_shop_that_has_the_demonstration_s_accounts() {
    let (_folder, data) = no_data();
    for command in ["migrate", "seed"] {
        assert!(run(&data, &[], &[command]).status.success());
    }
    assert_eq!(accounts(&data).await, 6);
    let address = format!("127.0.0.1:{}", free_port());
    for arguments in [&[][..], &["serve"]] {
        let refused = run(
            &data,
            &[PRODUCTION, PAYMENTS, ("SECKILL_ADDR", &address)],
            arguments,
        );
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}: {refused:?}");
        let said = errors(&refused);
        // All staff accounts.
        for last in 2..=6 {
            let mobile = format!("1380000000{last}");
            assert!(said.contains(&mobile), "{arguments:?}: {said}");
        }
        assert!(!said.contains("13800000001"), "{arguments:?}: {said}");
    }
}

/// Otherwise anyone could keep a shop from starting again.
#[tokio::test]
async fn a_buyer_with_a_number_and_the_password_of_the_demonstration_does_not_stop_production() {
    let (_folder, data) = no_data();
    let password = Password::parse("seckill-demo".to_owned()).unwrap();
    let hash = Argon2Passwords::new()
        .unwrap()
        .hash(password)
        .await
        .unwrap();
    let buyer = Account {
        account_id: AccountId(Uuid::from_u128(1)),
        mobile: Mobile::parse("13800000004").unwrap(),
        nickname: "a buyer".to_owned(),
        role: Role::Buyer,
        banned: false,
        password_hash: hash,
        created_at_ms: 0,
    };
    ledger(&data)
        .await
        .add_accounts(&[buyer], &ChangedBy::command())
        .await
        .unwrap();

    let mut server = Running::serve(&data, &[PRODUCTION, PAYMENTS]);
    server.wait_until_ready(Duration::from_secs(30)).await;
}
