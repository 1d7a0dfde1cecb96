//! The environment of a test shop.

use std::sync::{
    Arc, Once,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use app::wire::Password;
use async_trait::async_trait;
use server::{
    adapters::{
        fault_injection::FaultInjector,
        sql::{Access, COMMAND_WAIT, Durability, REQUEST_WAIT},
        system::LogNotifier,
    },
    assembly::Environment,
    engine::ports::{CaptchaSource, Clock, Ids, NoQuestion, PasswordError, Passwords, Question},
    telemetry::counters::CounterValues,
};
use uuid::Uuid;

use super::both;

/// The tracing library caches for each call site whether there is a listener. A call site first reached
/// in one test while another test starts to listen may be cached as without a listener, for good. So one
/// listener always exists.
pub fn always_listen() {
    static LISTENS: Once = Once::new();
    LISTENS.call_once(|| {
        let nobody = tracing_subscriber::registry();
        tracing::subscriber::set_global_default(nobody).expect("nothing else in the suite sets it");
    });
}

/// A clock that only moves on demand.
pub struct ManualClock(AtomicI64);

impl ManualClock {
    pub fn at(now_ms: i64) -> Self {
        Self(AtomicI64::new(now_ms))
    }

    pub fn get(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    pub fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> i64 {
        self.get()
    }
}

/// Ids that are the same in every run.
#[derive(Default)]
pub struct SeededIds(AtomicU64);

impl SeededIds {
    pub fn next(&self) -> Uuid {
        Uuid::from_u128(0xa000_0000_0000_0000 + u128::from(self.0.fetch_add(1, Ordering::SeqCst)))
    }
}

impl Ids for SeededIds {
    fn id(&self) -> Uuid {
        self.next()
    }

    fn secret(&self) -> String {
        self.next().simple().to_string()
    }
}

/// The answer to every question of [`Sums`].
pub const ANSWER: &str = "7";

/// Questions with dummy pictures.
struct Sums;

#[async_trait]
impl CaptchaSource for Sums {
    async fn next(&self) -> Result<Question, NoQuestion> {
        Ok(Question {
            png: b"not a picture".as_slice().into(),
            answer: ANSWER.to_owned(),
            words: Some(both("3 加 5 减 1", "3 plus 5 minus 1")),
            prompt: both("算出结果", "What is the result?"),
            numeric: true,
        })
    }
}

/// Password hashing without cost; the real one has its own tests.
pub struct PlainPasswords;

impl PlainPasswords {
    pub fn hash_of(password: &str) -> String {
        format!("plain:{password}")
    }
}

#[async_trait]
impl Passwords for PlainPasswords {
    async fn hash(&self, password: Password) -> Result<String, PasswordError> {
        Ok(PlainPasswords::hash_of(password.expose()))
    }

    async fn verify(
        &self,
        password: Password,
        hash: Option<String>,
    ) -> Result<bool, PasswordError> {
        Ok(hash == Some(PlainPasswords::hash_of(password.expose())))
    }
}

pub fn environment(
    clock: Arc<ManualClock>,
    ids: Arc<SeededIds>,
    faults: Option<Arc<dyn FaultInjector>>,
) -> Environment {
    Environment {
        clock: Some(clock),
        ids,
        questions: Arc::new(Sums),
        passwords: Arc::new(PlainPasswords),
        notifier: Arc::new(LogNotifier),
        access: Access::Migrate,
        // With planned faults, a slow machine must not add any.
        wait: match faults {
            Some(_) => COMMAND_WAIT,
            None => REQUEST_WAIT,
        },
        declares_queues: true,
        durability: Durability::Process,
        counter_values: CounterValues::default(),
        faults,
    }
}
