//! A second factor through the real router: setting it up, signing in with it, and recovery from its loss.

use app::wire::{ApiError, SecondFactor, SecondFactorSetup};
use axum::http::StatusCode;
use server::engine::ports::SecondFactors as _;
use totp_rs::TOTP;

use super::{Answer, FIREFOX, PASSWORD, Person, WECHAT, later};
use crate::{pages::site, support::TestShop};

const MOBILE: &str = "13800138021";
/// A code is valid for its step and half a minute before and after.
const STEP_MS: i64 = 30_000;

/// A person whose account has a second factor.
struct Protected {
    shop: TestShop,
    person: Person,
    app: TOTP,
    recovery_codes: Vec<String>,
}

impl Protected {
    async fn new() -> Protected {
        let shop = TestShop::new().await;
        let mut person = Person::at(&site(&shop), [10, 2, 0, 1], FIREFOX);
        person.registers(MOBILE).await;
        later(&shop);
        let begun = person
            .program_sends("/api/second_factor/begin", &[("password", PASSWORD)])
            .await;
        assert_eq!(begun.status, StatusCode::OK);
        let setup: SecondFactorSetup = serde_json::from_slice(&begun.body).unwrap();
        let app = TOTP::from_url(&setup.uri).unwrap();
        assert_eq!(app.get_secret_base32(), setup.secret);
        let mut protected = Protected {
            shop,
            person,
            app,
            recovery_codes: setup.recovery_codes,
        };
        let code = protected.code();
        let set = protected
            .person
            .program_sends("/api/second_factor/confirm", &[("code", &code)])
            .await;
        assert_eq!(set.status, StatusCode::OK);
        protected.next_step();
        protected
    }

    /// The app's current code.
    fn code(&self) -> String {
        self.app
            .generate(self.shop.clock.get().unsigned_abs() / 1_000)
    }

    fn next_step(&self) {
        self.shop.clock.advance(STEP_MS);
    }

    /// Signs in from another browser.
    async fn signs_in(&self, password: &str, code: &str) -> (Person, Answer) {
        let mut person = Person::at(&site(&self.shop), [10, 2, 0, 2], WECHAT);
        let form = [("mobile", MOBILE), ("password", password), ("code", code)];
        let answer = person.program_sends("/api/login", &form).await;
        (person, answer)
    }

    async fn hears(&self, password: &str, code: &str) -> Option<ApiError> {
        later(&self.shop);
        let (person, answer) = self.signs_in(password, code).await;
        let is_in = person.is_signed_in().await;
        assert_eq!(is_in, answer.status == StatusCode::OK);
        (!is_in).then(|| answer.error())
    }
}

fn invalid(field: &str) -> ApiError {
    ApiError::Invalid {
        field: field.to_owned(),
    }
}

async fn state(person: &Person) -> SecondFactor {
    serde_json::from_slice(&person.get("/api/second_factor").await.body).unwrap()
}

#[tokio::test]
async fn sign_in_requires_password_and_code_and_each_code_works_once() {
    let protected = Protected::new().await;
    assert_eq!(
        protected.hears(PASSWORD, "").await,
        Some(invalid("code_needed"))
    );
    assert_eq!(
        protected.hears(PASSWORD, "000000").await,
        Some(invalid("code"))
    );
    assert_eq!(
        protected.hears("another one", "").await,
        Some(ApiError::Unauthenticated)
    );
    protected.next_step();
    let code = protected.code();
    assert_eq!(
        protected.hears("another one", &code).await,
        Some(ApiError::Unauthenticated)
    );
    assert_eq!(
        protected.hears(PASSWORD, &code).await,
        None,
        "nobody had used it"
    );
    assert_eq!(
        protected.hears(PASSWORD, &code).await,
        Some(invalid("code"))
    );
    protected.next_step();
    assert_eq!(protected.hears(PASSWORD, &protected.code()).await, None);
}

#[tokio::test]
async fn a_code_used_twice_at_the_same_moment_is_accepted_once() {
    let protected = Protected::new().await;
    for code in [protected.code(), protected.recovery_codes[0].clone()] {
        later(&protected.shop);
        let (one, other) = tokio::join!(
            protected.signs_in(PASSWORD, &code),
            protected.signs_in(PASSWORD, &code)
        );
        let came_in = [one.1, other.1]
            .iter()
            .filter(|answer| answer.status == StatusCode::OK)
            .count();
        assert_eq!(came_in, 1, "{code}");
    }
}

#[tokio::test]
async fn each_recovery_code_works_once() {
    let protected = Protected::new().await;
    let code = protected.recovery_codes[4].to_lowercase().replace('-', " ");
    assert_eq!(protected.hears(PASSWORD, &code).await, None);
    assert_eq!(
        protected.hears(PASSWORD, &code).await,
        Some(invalid("code"))
    );
    assert_eq!(state(&protected.person).await.recovery_codes_left, 9);
    assert_eq!(
        protected
            .hears(PASSWORD, &protected.recovery_codes[5])
            .await,
        None
    );
}

#[tokio::test]
async fn a_factor_is_removed_only_with_password_and_code() {
    let mut protected = Protected::new().await;
    let code = protected.code();
    for (password, code, error) in [
        ("another one", code.as_str(), "password_wrong"),
        (PASSWORD, "123", "code"),
    ] {
        later(&protected.shop);
        let form = [("password", password), ("code", code)];
        let refused = protected
            .person
            .program_sends("/api/second_factor/remove", &form)
            .await;
        assert_eq!(refused.error(), invalid(error));
    }
    later(&protected.shop);
    let code = protected.code();
    let form = [("password", PASSWORD), ("code", code.as_str())];
    let removed = protected
        .person
        .program_sends("/api/second_factor/remove", &form)
        .await;
    assert_eq!(removed.status, StatusCode::OK);
    assert_eq!(state(&protected.person).await, SecondFactor::default());
    assert_eq!(protected.hears(PASSWORD, "").await, None);
}

#[tokio::test]
async fn an_unconfirmed_factor_is_shown_until_it_is_confirmed_or_expires() {
    let shop = TestShop::open_embedded().await;
    let mut person = Person::at(&site(&shop), [10, 2, 0, 1], FIREFOX);
    let page = "/account/second-factor";
    assert_eq!(
        person.get(page).await.location(),
        "/login?next=/account/second-factor"
    );
    person.registers(MOBILE).await;
    assert!(person.page("/account").await.contains(page));
    assert!(person.page(page).await.contains("not switched on"));
    later(&shop);
    let wrong = person
        .browser_sends("/api/second_factor/begin", &[("password", "another one")])
        .await;
    assert_eq!(
        wrong.location(),
        "/account/second-factor?error=invalid&field=password_wrong"
    );
    assert!(
        person
            .page(wrong.location())
            .await
            .contains("not the present password")
    );
    later(&shop);
    let begun = person
        .browser_sends("/api/second_factor/begin", &[("password", PASSWORD)])
        .await;
    assert_eq!(begun.location(), "/account/second-factor?done=begun");
    let shown = person.page(page).await;
    let setup = state(&person).await.pending.unwrap();
    assert!(shown.contains("<svg") && shown.contains(&setup.secret));
    assert!(
        setup
            .recovery_codes
            .iter()
            .all(|code| shown.contains(code.as_str()))
    );
    assert!(
        !setup.uri.contains(MOBILE),
        "whoever looks over a shoulder reads no number"
    );

    let wrong = person
        .browser_sends("/api/second_factor/confirm", &[("code", "000000")])
        .await;
    assert_eq!(
        wrong.location(),
        "/account/second-factor?error=invalid&field=code"
    );
    assert!(
        person
            .page(wrong.location())
            .await
            .contains("was used before")
    );
    shop.clock.advance(15 * 60_000);
    assert!(state(&person).await.pending.is_none());
    let late = person
        .browser_sends("/api/second_factor/confirm", &[("code", "000000")])
        .await;
    assert_eq!(
        late.location(),
        "/account/second-factor?error=not_found&field="
    );
    assert!(person.page(late.location()).await.contains("has lapsed"));
}

#[tokio::test]
async fn a_browser_without_scripts_can_sign_in_with_a_code() {
    let protected = Protected::new().await;
    let mut browser = Person::at(&site(&protected.shop), [10, 2, 0, 3], FIREFOX);
    assert!(!browser.page("/login").await.contains("one-time-code"));
    later(&protected.shop);
    let asked = browser.signs_in(MOBILE, PASSWORD).await;
    assert_eq!(
        asked.location(),
        "/login?error=invalid&field=code_needed&next=/"
    );
    let page = browser.page(asked.location()).await;
    assert!(page.contains("one-time-code") && page.contains("The password is right"));
    later(&protected.shop);
    let code = protected.code();
    let form = [
        ("mobile", MOBILE),
        ("password", PASSWORD),
        ("code", code.as_str()),
    ];
    let answer = browser.browser_sends("/api/login", &form).await;
    assert_eq!(answer.location(), "/");
    assert!(browser.is_signed_in().await);
}

#[tokio::test]
async fn a_factor_in_effect_is_not_begun_again_and_strangers_learn_nothing() {
    let mut protected = Protected::new().await;
    later(&protected.shop);
    let again = protected
        .person
        .program_sends("/api/second_factor/begin", &[("password", PASSWORD)])
        .await;
    assert_eq!(again.error(), invalid("second_factor"));
    assert!(state(&protected.person).await.set_at_ms.is_some());
    let page = protected.person.page("/account/second-factor").await;
    assert!(page.contains("10 recovery codes left"));
    assert!(
        protected
            .recovery_codes
            .iter()
            .all(|code| !page.contains(code.as_str()))
    );
    let stranger = Person::at(&site(&protected.shop), [10, 2, 0, 9], FIREFOX);
    assert_eq!(
        stranger.get("/api/second_factor").await.error(),
        ApiError::Unauthenticated
    );
    let account_id = protected.shop.buyer(5).await;
    assert_eq!(
        protected.shop.sql.second_factor(account_id).await.unwrap(),
        None
    );
}

#[tokio::test]
async fn an_attacker_with_the_password_can_try_five_codes_then_one_in_five_minutes() {
    let protected = Protected::new().await;
    // Setting it up used one.
    for _ in 0..4 {
        assert_eq!(
            protected.hears(PASSWORD, "000000").await,
            Some(invalid("code"))
        );
    }
    let limited = protected.hears(PASSWORD, &protected.code()).await;
    assert!(
        matches!(limited, Some(ApiError::RateLimited { .. })),
        "{limited:?}"
    );
    protected.shop.clock.advance(5 * 60_000);
    assert_eq!(protected.hears(PASSWORD, &protected.code()).await, None);
}

#[tokio::test]
async fn a_stolen_log_in_sees_no_secret_and_ends_when_the_factor_is_set() {
    let shop = TestShop::new().await;
    let mut owner = Person::at(&site(&shop), [10, 2, 0, 1], FIREFOX);
    owner.registers(MOBILE).await;
    later(&shop);
    let mut thief = Person::at(&site(&shop), [10, 2, 0, 6], WECHAT);
    thief.signs_in(MOBILE, PASSWORD).await;
    later(&shop);
    let begun = owner
        .program_sends("/api/second_factor/begin", &[("password", PASSWORD)])
        .await;
    let setup: SecondFactorSetup = serde_json::from_slice(&begun.body).unwrap();
    assert_eq!(state(&owner).await.pending, Some(setup.clone()));
    assert_eq!(state(&thief).await.pending, None);
    let app = TOTP::from_url(&setup.uri).unwrap();
    let code = app.generate(shop.clock.get().unsigned_abs() / 1_000);
    let form = [("code", code.as_str())];
    let refused = thief
        .program_sends("/api/second_factor/confirm", &form)
        .await;
    assert_eq!(refused.error(), ApiError::NotFound);
    let set = owner
        .program_sends("/api/second_factor/confirm", &form)
        .await;
    assert_eq!(set.status, StatusCode::OK);
    assert!(owner.is_signed_in().await);
    assert!(!thief.is_signed_in().await);
}
