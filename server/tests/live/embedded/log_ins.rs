//! Registering and signing in while any call to the disk fails.

use super::{
    client::{Answer, within},
    every_fault_point::{Scenario, every_fault_point},
    shop_with_disk_faults::ShopWithDiskFaults,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_any_failed_call_a_registered_buyer_has_an_account() {
    every_fault_point::<Registration>().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_any_failed_call_a_signed_in_buyer_stays_signed_in() {
    every_fault_point::<LogIn>().await;
}

const PASSWORD: &str = "correct horse battery";

fn mobile(person: usize) -> String {
    format!("1390000{person:04}")
}

async fn register(shop: &ShopWithDiskFaults, person: usize) -> SignedIn {
    let form = [
        ("mobile", &*mobile(person)),
        ("password", PASSWORD),
        ("nickname", "a person"),
    ];
    SignedIn::of(shop.client.form("/api/register", &form).await)
}

async fn log_in(shop: &ShopWithDiskFaults, person: usize) -> SignedIn {
    let form = [("mobile", &*mobile(person)), ("password", PASSWORD)];
    SignedIn::of(shop.client.form("/api/login", &form).await)
}

/// The answer to a sign-in.
enum SignedIn {
    /// Signed in, with this token.
    Yes(String),
    /// The number has an account.
    Taken,
    Busy,
}

/// Reports must not contain tokens.
impl std::fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            SignedIn::Yes(_) => "Yes",
            SignedIn::Taken => "Taken",
            SignedIn::Busy => "Busy",
        })
    }
}

impl SignedIn {
    fn of(answer: Answer) -> SignedIn {
        match (answer.status, answer.body["field"].as_str()) {
            (200, _) => SignedIn::Yes(answer.token.unwrap()),
            (422, Some("mobile_taken")) => SignedIn::Taken,
            (503, _) => SignedIn::Busy,
            _ => panic!("{answer:?}"),
        }
    }
}

async fn expect_signed_in(shop: &ShopWithDiskFaults, token: &str) {
    let me = within("nobody knows who it is", async || {
        let me = shop.client.get("/api/me", token).await;
        (me.status == 200).then_some(me)
    });
    let me = me.await;
    assert_eq!(me.body["nickname"], "a person", "{me:?}");
}

async fn expect_log_in_works(shop: &ShopWithDiskFaults, person: usize) {
    let token = within("busy for too long", async || {
        match log_in(shop, person).await {
            SignedIn::Yes(token) => Some(token),
            SignedIn::Busy => None,
            SignedIn::Taken => panic!("of a log-in"),
        }
    });
    expect_signed_in(shop, &token.await).await;
}

/// An account, its first log-in, and its welcome notice.
struct Registration;

impl Scenario for Registration {
    const NAME: &'static str = "registration";
    type Before = ();
    type Told = SignedIn;

    async fn prepare(_: &mut ShopWithDiskFaults, _: usize) {}

    async fn perform(shop: &ShopWithDiskFaults, person: usize, (): &()) -> SignedIn {
        register(shop, person).await
    }

    async fn expect_kept(
        shop: &mut ShopWithDiskFaults,
        person: usize,
        (): (),
        told: SignedIn,
        _: bool,
    ) {
        match told {
            SignedIn::Yes(token) => expect_signed_in(shop, &token).await,
            SignedIn::Taken => panic!("registered before it was"),
            // The account may exist nevertheless, with the given password.
            SignedIn::Busy => {
                let again = within("busy for too long", async || {
                    match register(shop, person).await {
                        SignedIn::Busy => None,
                        told => Some(told),
                    }
                });
                if let SignedIn::Yes(token) = again.await {
                    expect_signed_in(shop, &token).await;
                }
            }
        }
        expect_log_in_works(shop, person).await;
    }
}

/// A log-in to an existing account.
struct LogIn;

impl Scenario for LogIn {
    const NAME: &'static str = "log-in";
    type Before = ();
    type Told = SignedIn;

    async fn prepare(shop: &mut ShopWithDiskFaults, person: usize) {
        within("nobody can register", async || {
            match register(shop, person).await {
                SignedIn::Busy => None,
                SignedIn::Yes(_) | SignedIn::Taken => Some(()),
            }
        })
        .await;
    }

    async fn perform(shop: &ShopWithDiskFaults, person: usize, (): &()) -> SignedIn {
        log_in(shop, person).await
    }

    async fn expect_kept(
        shop: &mut ShopWithDiskFaults,
        person: usize,
        (): (),
        told: SignedIn,
        _: bool,
    ) {
        if let SignedIn::Yes(token) = told {
            expect_signed_in(shop, &token).await;
        }
        expect_log_in_works(shop, person).await;
    }
}
