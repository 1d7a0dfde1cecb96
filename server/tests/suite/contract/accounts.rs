//! The contract of [`Accounts`], [`AccountWriter`] and [`Notices`].

use app::wire::{Mobile, Nickname, Password, Role};
use server::engine::{
    accounts::sign_in,
    back_office::add_accounts::{AddAccountsError, NewAccount, add_accounts, add_load_buyers},
    notices::send_notices,
    ports::{AccountWriter, ChangedBy, InsertAccountError},
};

use crate::support::{TestShop, credentials, origin};

#[tokio::test]
async fn a_mobile_number_has_one_account_and_gets_one_welcome_off_the_request_path() {
    let shop = TestShop::new().await;
    let register = async |nickname: &str| {
        let password = "a long password".to_owned();
        sign_in::register(
            &shop.engine.accounts,
            &origin(),
            "138 1234 5678",
            password,
            nickname,
        )
        .await
    };
    let first = register("小明").await.unwrap();
    let second = register("somebody else").await;
    assert!(matches!(second, Err(sign_in::SignInError::Invalid(field)) if field == "mobile_taken"));

    let mobile = Mobile::parse("13812345678").unwrap();
    let account = shop
        .engine
        .accounts
        .accounts
        .by_mobile(&mobile)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (account.account_id, account.nickname.as_str()),
        (first.me.account_id, "小明")
    );

    assert_eq!(
        shop.engine.notices.notices.unsent(10).await.unwrap().len(),
        1
    );
    assert_eq!(
        send_notices::run_once(&shop.engine.notices).await.unwrap(),
        1
    );
    assert_eq!(
        send_notices::run_once(&shop.engine.notices).await.unwrap(),
        0
    );
}

#[tokio::test]
async fn staff_added_by_the_back_office_can_sign_in() {
    let shop = TestShop::new().await;
    let office = &shop.engine.back_office;
    let reviewer = NewAccount {
        mobile: Mobile::parse("13900000001").unwrap(),
        nickname: Nickname::parse("审核").unwrap(),
        role: Role::Reviewer,
        password: Password::parse("a long password".to_owned()).unwrap(),
    };
    add_accounts(office, vec![reviewer.clone()], &ChangedBy::command())
        .await
        .unwrap();
    assert_eq!(shop.sql.count().await.unwrap(), 1);
    let form = credentials("13900000001", "a long password");
    let signed_in = sign_in::login(&shop.engine.accounts, &origin(), form).await;
    assert_eq!(signed_in.unwrap().me.role, Role::Reviewer);

    let again = add_accounts(office, vec![reviewer], &ChangedBy::command()).await;
    let taken = AddAccountsError::Insert(InsertAccountError::MobileTaken);
    assert_eq!(again.unwrap_err().to_string(), taken.to_string());
    assert_eq!(shop.sql.count().await.unwrap(), 1);
}

#[tokio::test]
async fn load_buyers_are_signed_in_by_their_tokens_in_order() {
    let shop = TestShop::new().await;
    for first in [0, 3] {
        let tokens = add_load_buyers(&shop.engine.back_office, 3).await.unwrap();
        assert_eq!(tokens.len(), 3);
        for (number, token) in (first..).zip(&tokens) {
            let login = sign_in::authenticate(&shop.engine.accounts, token)
                .await
                .unwrap();
            let me = login.unwrap().me;
            assert_eq!(
                (me.role, me.nickname),
                (Role::Buyer, format!("buyer {number}"))
            );
        }
    }
    let many = add_load_buyers(&shop.engine.back_office, 1_000_001).await;
    assert!(matches!(many, Err(AddAccountsError::TooMany)), "{many:?}");
}
