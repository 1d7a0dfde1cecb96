//! A shop for tests: the real assembly with a controlled clock, ids and questions.

pub mod alipay;
mod environment;
mod gate;
pub mod repository;
mod stack;
pub mod stripe;

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use app::{
    port::Credentials,
    wire::{AccountId, ItemId, LocalText, Mobile, Money, ProductId, Role, RoundId, RoundState},
};
use sea_orm::{ConnectionTrait, Database};
use server::{
    adapters::{
        catalogue_changes::CatalogueChanges,
        fault_injection::FaultInjector,
        payment::sandbox::Sandbox,
        quotas::{NoLimits, Quotas},
        redis::{
            GateClock, Redis, RedisGate, RedisLimits, RedisOutbox, RedisPaths, RedisPurchases,
            Results, Timeouts,
        },
        sold_out_cache::SoldOutCache,
        sold_out_gate::SoldOutGate,
        sql::Sql,
    },
    assembly::{self, Assembly},
    config::Config,
    engine::{
        Engine,
        accounts::sign_in::Origin,
        audit,
        orders::{close_unpaid, relay, write_orders},
        payments::{apply_notices, confirm, receive_notice, refund},
        ports::{
            Account, AccountWriter, CatalogueWriter, ChangedBy, NewItem, NewLogIn, NewRound,
            NoticeRequest, Outbox, QueuedReservation, Reserve, TokenHash,
        },
        stock::release,
    },
    telemetry::counters::CounterValues,
};
use tokio::task::JoinHandle;
use uuid::Uuid;

use environment::always_listen;
pub use environment::{ANSWER, ManualClock, PlainPasswords, SeededIds, environment};
pub use gate::{EngineGate, reserve};
pub use stack::Data;

/// The time at which tests start.
pub const START_MS: i64 = 1_800_000_000_000;
pub const HOUR_MS: i64 = 3_600_000;
/// A relay that has had entries for this long counts as dead.
pub const OUTBOX_IDLE: Duration = Duration::from_secs(5);

/// Calls `look` until it returns something; fails after a minute.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let found = async {
        loop {
            match look().await {
                Some(found) => return found,
                None => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    };
    let found = tokio::time::timeout(Duration::from_mins(1), found).await;
    found.unwrap_or_else(|_| panic!("not found within a minute: {what}"))
}

/// A shop whose workers only run on demand.
pub struct TestShop {
    pub engine: Engine,
    /// Decisions without path and limit.
    pub reserve: Arc<dyn Reserve>,
    pub sql: Sql,
    pub catalogue_changes: CatalogueChanges,
    pub clock: Arc<ManualClock>,
    pub ids: Arc<SeededIds>,
    /// The built-in payment provider, if it is used.
    pub built_in: Option<Arc<Sandbox>>,
    /// The counts of a recorder that stores them here.
    pub counter_values: CounterValues,
    data: Option<Data>,
    redis: Option<Redis>,
    tasks: Vec<JoinHandle<()>>,
}

impl TestShop {
    pub async fn new() -> TestShop {
        TestShop::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> TestShop {
        let clock = Arc::new(ManualClock::at(START_MS));
        TestShop::open(Data::of_the_stack(), clock, Arc::default(), None, change).await
    }

    /// Opens a shop over the data of an earlier one.
    pub async fn open(
        data: Data,
        clock: Arc<ManualClock>,
        ids: Arc<SeededIds>,
        faults: Option<Arc<dyn FaultInjector>>,
        change: impl FnOnce(&mut Config),
    ) -> TestShop {
        always_listen();
        let mut config = Config::defaults().unwrap();
        data.configure(&mut config);
        // Orders are written only when a test runs the order writer.
        config.workers.orders_per_s = Some(1_000_000);
        change(&mut config);
        let environment = environment(clock.clone(), ids.clone(), faults);
        let counter_values = environment.counter_values.clone();
        let Assembly {
            engine,
            reserve,
            tasks,
            sql,
            sandbox,
            changes,
            ..
        } = Box::pin(assembly::assemble(&config, environment))
            .await
            .unwrap();
        let tasks = tasks
            .into_iter()
            .map(|task| tokio::spawn(task.unsupervised()));
        let tasks = tasks.collect();
        TestShop {
            engine,
            reserve,
            sql,
            catalogue_changes: changes,
            clock,
            ids,
            built_in: sandbox,
            counter_values,
            data: Some(data),
            redis: None,
            tasks,
        }
    }

    /// A shop on an embedded ledger, which is also the queue, with its gate on Redis.
    pub async fn over(redis: Redis) -> TestShop {
        TestShop::open_embedded().await.with_gate_on(redis)
    }

    /// The same shop with its gate on Redis.
    #[must_use]
    pub fn with_gate_on(mut self, redis: Redis) -> TestShop {
        let gate = self.redis_gate(&redis, Timeouts::default());
        let outbox = self.redis_outbox(&redis, OUTBOX_IDLE);
        let (gate, outbox): (Arc<RedisGate>, Arc<dyn Outbox>) = (Arc::new(gate), Arc::new(outbox));
        let only = "the engine is not shared yet";
        let audit = Arc::make_mut(&mut self.engine.audit);
        audit.gate = Some(gate.clone());
        audit.outbox = Some(outbox.clone());
        let system = Arc::get_mut(&mut self.engine.system).expect(only);
        system.audit = self.engine.audit.clone();
        Arc::get_mut(&mut self.engine.orders).expect(only).outbox = Some(outbox);
        let (purchases, paths) = self.redis_purchases(&redis, &gate);
        let purchase = Arc::get_mut(&mut self.engine.purchase).expect(only);
        (purchase.purchases, purchase.paths) = (purchases, paths);
        self.reserve = gate.clone();
        let stock = Arc::get_mut(&mut self.engine.stock).expect(only);
        (stock.restock, stock.gate) = (gate.clone(), gate);
        self.redis = Some(redis);
        self
    }

    /// Purchases and paths of an instance with this gate.
    pub fn redis_purchases(
        &self,
        redis: &Redis,
        gate: &Arc<RedisGate>,
    ) -> (Arc<RedisPurchases>, Arc<RedisPaths>) {
        let clock = || self.clock.clone();
        let (quotas, off) = (Quotas::default(), NoLimits::default());
        let paths = Arc::new(RedisPaths::new(redis.clone(), clock(), gate.clone()));
        let purchases = RedisPurchases::new(
            gate.clone(),
            Arc::new(SoldOutGate::new(gate.clone(), SoldOutCache::default())),
            Arc::new(RedisLimits::new(redis.clone(), clock(), quotas, off)),
            paths.clone(),
            Results::new(redis.clone(), clock()),
        );
        (Arc::new(purchases), paths)
    }

    pub fn gate(&self) -> EngineGate {
        EngineGate::of(&self.engine, self.reserve.clone())
    }

    /// A gate like another instance's.
    pub fn redis_gate(&self, redis: &Redis, timeouts: Timeouts) -> RedisGate {
        let (ledger, queue) = (Arc::new(self.sql.clone()), Arc::new(self.sql.clone()));
        let clock = GateClock::Given(self.clock.clone());
        RedisGate::new(redis.clone(), clock, ledger, queue, timeouts)
    }

    /// A relay's outbox like another instance's.
    pub fn redis_outbox(&self, redis: &Redis, idle: Duration) -> RedisOutbox {
        let clock = GateClock::Given(self.clock.clone());
        RedisOutbox::new(redis.clone(), clock, idle)
    }

    /// A shop on an embedded ledger, on every stack.
    pub async fn open_embedded() -> TestShop {
        let clock = Arc::new(ManualClock::at(START_MS));
        TestShop::open(Data::embedded(), clock, Arc::default(), None, |_| {}).await
    }

    /// Splits the stock of every item of an embedded ledger into this many segments, from its next
    /// load on.
    pub async fn split(&self, segments: u8) {
        let split = format!("UPDATE items SET segments = {segments}");
        self.change_by_hand(&split).await;
    }

    /// The file of an embedded ledger.
    pub fn file(&self) -> PathBuf {
        self.data.as_ref().unwrap().file()
    }

    /// Changes an embedded ledger with SQL, without the shop's knowledge.
    pub async fn change_by_hand(&self, sql: &str) {
        let file = self.file();
        let database = Database::connect(format!("sqlite://{}", file.display())).await;
        database.unwrap().execute_unprepared(sql).await.unwrap();
    }

    /// Ends the process like `kill -9`, and returns its data.
    pub fn kill(mut self) -> Data {
        self.tasks.iter().for_each(JoinHandle::abort);
        self.data.take().unwrap()
    }

    /// Kills and starts again.
    pub async fn restart(self) -> TestShop {
        let (clock, ids) = (self.clock.clone(), self.ids.clone());
        let redis = self.redis.clone();
        let shop = TestShop::open(self.kill(), clock, ids, None, |_| {}).await;
        match redis {
            Some(redis) => shop.with_gate_on(redis),
            None => shop,
        }
    }

    /// An item of an approved round that is open for an hour from now.
    pub async fn item(&self, stock: u32) -> ItemId {
        self.item_in(stock, START_MS, START_MS + HOUR_MS, None)
            .await
    }

    pub async fn item_in(
        &self,
        stock: u32,
        starts_at_ms: i64,
        ends_at_ms: i64,
        stopped: Option<LocalText>,
    ) -> ItemId {
        let item_id = ItemId(self.ids.next());
        let round = NewRound {
            round_id: RoundId(self.ids.next()),
            title: both("中午场", "Noon round"),
            starts_at_ms,
            ends_at_ms,
            stopped,
            pay_window_s: None,
            items: vec![sample_item(item_id, self.ids.next(), stock)],
        };
        self.sql
            .add_round(
                &round,
                RoundState::Approved,
                &ChangedBy::command(),
                START_MS,
            )
            .await
            .unwrap();
        item_id
    }

    /// A buyer who may sign in with mobile `1390000` + number and password `password-<number>`.
    pub async fn buyer(&self, number: u32) -> AccountId {
        let account = Account {
            account_id: AccountId(Uuid::from_u128(0xb000_0000 + u128::from(number))),
            mobile: Mobile::parse(&format!("1390000{number:04}")).unwrap(),
            nickname: format!("buyer {number}"),
            role: Role::Buyer,
            banned: false,
            password_hash: PlainPasswords::hash_of(&format!("password-{number}")),
            created_at_ms: START_MS,
        };
        self.sql
            .add_accounts(std::slice::from_ref(&account), &ChangedBy::command())
            .await
            .unwrap();
        account.account_id
    }

    /// Runs the workers until nothing is under way.
    pub async fn drain(&self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            while relay::run_once(&self.engine.orders).await.unwrap() > 0 {}
            while write_orders::run_once(&self.engine.orders, 256)
                .await
                .unwrap()
                > 0
            {}
            while release::run_once(&self.engine.stock).await.unwrap() > 0 {}
            if self.is_quiet().await || Instant::now() > deadline {
                return;
            }
        }
    }

    /// The built-in payment provider.
    pub fn sandbox(&self) -> &Sandbox {
        self.built_in.as_ref().expect("the shop has the sandbox")
    }

    /// The provider's pending notices, with their signatures; none is sent again.
    pub async fn take_sandbox_notices(&self) -> Vec<(String, String)> {
        let due = self.sql.due_sandbox_notices(i64::MAX, 1_000).await.unwrap();
        for notice in &due {
            self.sql.sandbox_notice_arrived(notice.id).await.unwrap();
        }
        let sent = due
            .into_iter()
            .map(|notice| (notice.signature, notice.body));
        sent.collect()
    }

    /// Sends a provider's notice. Returns whether it was acknowledged.
    pub async fn receive_notice(&self, signature: &str, body: &str) -> bool {
        let request = NoticeRequest {
            headers: &[("sandbox-signature", signature)],
            body: body.as_bytes(),
        };
        let answer = receive_notice::receive(&self.engine.payments, "sandbox", request).await;
        answer.is_ok_and(|thanks| thanks == "success")
    }

    /// Runs every worker of payments and unpaid orders once, and then the gate's.
    pub async fn settle_payments(&self) {
        let Engine {
            orders, payments, ..
        } = &self.engine;
        apply_notices::run_once(payments).await.unwrap();
        close_unpaid::run_once(orders, payments).await.unwrap();
        refund::run_once(payments).await.unwrap();
        confirm::run_once(payments).await.unwrap();
        self.drain().await;
    }

    /// Whether nothing is under way between a gate outside the ledger and the ledger.
    async fn is_quiet(&self) -> bool {
        let mut report = audit::audit(&self.sql, self.clock.get()).await.unwrap();
        audit::compare(&self.engine.audit, &mut report)
            .await
            .unwrap();
        let differs = |violation: &audit::Violation| violation.rule == audit::GATE_EQUALS_LEDGER;
        report.on_their_way == 0 && !report.violations.iter().any(differs)
    }

    /// All reservations that wait for their order, after carrying them to the queue if the gate is
    /// not the queue itself. Fails the test if there are fewer than `number`.
    pub async fn queued(&self, number: usize) -> Vec<QueuedReservation> {
        while relay::run_once(&self.engine.orders).await.unwrap() > 0 {}
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let queued = self.engine.orders.queue.take_batch(1000).await.unwrap();
            if queued.len() >= number {
                return queued;
            }
            assert!(Instant::now() < deadline, "{number} expected: {queued:?}");
        }
    }

    /// Fails unless every invariant of the ledger holds.
    pub async fn audit(&self) -> audit::Report {
        let report = audit::audit(&self.sql, self.clock.get()).await.unwrap();
        assert_eq!(report.violations, [], "{report:#?}");
        report
    }
}

/// The item of most tests: 99.00 instead of 299.00.
pub fn sample_item(item_id: ItemId, product_id: Uuid, stock: u32) -> NewItem {
    NewItem {
        item_id,
        product_id: ProductId(product_id),
        title: both("手冲壶", "Pour-over kettle"),
        description: both("细口。", "A slender spout."),
        picture_url: "/products/kettle.svg".into(),
        list_price: Money(29_900),
        sale_price: Money(9_900),
        stock,
        segments: 1,
    }
}

/// Where people in tests sign in from.
/// The log-in form without a code.
pub fn credentials(mobile: &str, password: &str) -> Credentials {
    Credentials {
        mobile: mobile.to_owned(),
        password: password.to_owned(),
        code: String::new(),
    }
}

pub fn origin() -> Origin {
    Origin {
        ip: "10.0.0.1".parse().unwrap(),
        device: "Firefox · Linux".into(),
        replaces: None,
    }
}

/// A log-in that starts at the tests' start.
pub fn log_in(
    token: &TokenHash,
    account_id: AccountId,
    expires_at_ms: i64,
    max_expires_at_ms: i64,
) -> NewLogIn {
    NewLogIn {
        token: token.clone(),
        account_id,
        signed_in_at_ms: START_MS,
        expires_at_ms,
        max_expires_at_ms,
        ip: "10.0.0.1".into(),
        device: "Firefox · Linux".into(),
    }
}

pub fn both(zh: &str, en: &str) -> LocalText {
    LocalText {
        zh: zh.into(),
        en: en.into(),
    }
}
