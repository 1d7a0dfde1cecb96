//! The contract of [`Accounts`] and [`Notices`].

use app::wire::Mobile;
use server::engine::{accounts::sign_in, notices::send_notices};

use crate::support::TestShop;

#[tokio::test]
async fn a_mobile_number_has_one_account_and_gets_one_welcome_off_the_request_path() {
    let shop = TestShop::new().await;
    let ip = "10.0.0.1".parse().unwrap();
    let register = async |nickname: &str| {
        let password = "a long password".to_owned();
        sign_in::register(
            &shop.engine.accounts,
            ip,
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
