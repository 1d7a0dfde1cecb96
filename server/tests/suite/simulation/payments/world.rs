//! The world of one seed.

use std::{
    cell::{RefCell, RefMut},
    collections::BTreeMap,
    sync::Arc,
};

use app::wire::{ItemId, OrderId, OrderState};
use rand::{Rng, SeedableRng, rngs::StdRng};
use server::engine::{
    messages::warn_expiring,
    orders::{close_unpaid, write_orders},
    payments::{apply_notices, check, confirm, refund},
    ports::PortError,
    stock::release,
};
use tokio::sync::OnceCell;

use super::{auditor, provider::Provider};
use crate::{
    purchase::{TestClient, visitor},
    simulation::faults::SeededFaults,
    support::{Data, ManualClock, START_MS, SeededIds, TestShop},
};

/// Fewer units than buyers, so that a returned unit finds another buyer.
pub const BUYERS: u32 = 4;
const UNITS: u32 = 3;

pub struct World {
    rng: RefCell<StdRng>,
    faults: Arc<SeededFaults>,
    /// `None` only while the process is being restarted.
    client: Option<TestClient>,
    pub items: Vec<ItemId>,
    pub provider: RefCell<Provider>,
    /// The last state of each order that was shown to buyers and staff.
    pub shown: RefCell<BTreeMap<OrderId, OrderState>>,
    trace: RefCell<Vec<String>>,
}

impl World {
    pub async fn new(seed: u64) -> World {
        let faults = Arc::new(SeededFaults::new(seed));
        let (clock, ids) = (Arc::new(ManualClock::at(START_MS)), Arc::default());
        let client = open(empty_shop().await, clock, ids, &faults).await;
        let mut items = Vec::new();
        for _ in 0..2 {
            let item = client.shop.item_in(UNITS, START_MS, i64::MAX, None);
            items.push(item.await);
        }
        for number in 1..=2 {
            client.buy(&visitor(number), items[0]).await.unwrap();
        }
        let written = write_orders::run_once(&client.shop.engine.orders, 256);
        assert_eq!(written.await.unwrap(), 2);
        World {
            rng: RefCell::new(StdRng::seed_from_u64(seed)),
            faults,
            client: Some(client),
            items,
            provider: RefCell::default(),
            shown: RefCell::default(),
            trace: RefCell::default(),
        }
    }

    pub fn trace(&self) -> Vec<String> {
        self.trace.borrow().clone()
    }

    pub fn client(&self) -> &TestClient {
        self.client.as_ref().unwrap()
    }

    pub fn shop(&self) -> &TestShop {
        &self.client().shop
    }

    pub fn rng(&self) -> RefMut<'_, StdRng> {
        self.rng.borrow_mut()
    }

    pub fn below(&self, end: usize) -> usize {
        self.rng().random_range(0..end)
    }

    pub fn chance(&self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn note(&self, line: String) {
        self.trace.borrow_mut().push(line);
    }

    pub fn tell(&self, what: &str, ok: bool) {
        self.note(format!("{what}: {}", if ok { "done" } else { "failed" }));
    }

    /// Does one random thing, perhaps another in the middle of it, with random faults.
    pub async fn step(&mut self) {
        let crash_in = self.chance(20).then(|| self.below(12) as u32);
        let fail_percent = if self.chance(25) { 25 } else { 0 };
        self.faults.set(crash_in, fail_percent);
        let pause_in = self.chance(40).then(|| self.below(8) as u32);
        self.faults.pause_in(pause_in);
        let (what, beside) = (self.below(100), self.below(100));
        let faults = self.faults.clone();
        let crashed = tokio::select! {
            // Record the result before the crash that follows it.
            biased;
            () = self.act_beside(what, beside) => false,
            () = faults.crashed() => true,
        };
        self.faults.set(None, 0);
        if crashed {
            self.note("crash".to_owned());
            self.restart().await;
        }
    }

    async fn act_beside(&self, what: usize, beside: usize) {
        let mut first = Box::pin(self.act(what));
        let is_paused = tokio::select! {
            biased;
            () = &mut first => false,
            () = self.faults.paused() => true,
        };
        if is_paused {
            self.note("meanwhile".to_owned());
            Box::pin(self.act(beside)).await;
            self.note("after that".to_owned());
            self.faults.resume();
            first.await;
        }
    }

    async fn act(&self, what: usize) {
        match what {
            0..10 => self.buy().await,
            10..24 => self.go_to_pay().await,
            24..40 => self.act_at_the_provider().await,
            40..52 => self.deliver_notices().await,
            52..58 => self.look().await,
            58..63 => self.cancel().await,
            63..66 => self.refund().await,
            66..70 => self.ship().await,
            70..72 => self.receive().await,
            72..78 => {
                let ms = [10, 10, 70_000, 70_000, 610_000, 961_000][self.below(6)];
                self.pass_time(ms).await;
            }
            other => self.work(other).await,
        }
    }

    /// Runs a worker once.
    async fn work(&self, which: usize) {
        let engine = &self.shop().engine;
        let (payments, orders) = (&engine.payments, &engine.orders);
        let (name, done): (_, Result<u32, PortError>) = match which {
            78..84 => ("apply_notices", apply_notices::run_once(payments).await),
            84..87 => ("check_payments", check::run_once(payments).await),
            87..90 => (
                "close_unpaid",
                close_unpaid::run_once(orders, payments).await,
            ),
            90..93 => ("refund", refund::run_once(payments).await),
            93..95 => ("confirm", confirm::run_once(payments).await),
            95..96 => ("release", release::run_once(&engine.stock).await),
            96..98 => ("write_orders", write_orders::run_once(orders, 4).await),
            _ => (
                "warn_expiring",
                warn_expiring::run_once(&engine.messages).await,
            ),
        };
        self.tell(name, done.is_ok());
    }

    async fn restart(&mut self) {
        let shop = self.client.take().unwrap().shop;
        let (clock, ids) = (shop.clock.clone(), shop.ids.clone());
        self.client = Some(open(shop.kill(), clock, ids, &self.faults).await);
        self.audit().await;
    }

    /// Checks the rules of every moment. Workers run by the seed: time limits cannot be checked.
    async fn audit(&self) {
        let (facts, now_ms) = (&self.shop().sql, self.shop().clock.get());
        let report = server::engine::audit::audit(facts, now_ms).await.unwrap();
        let broken = report.violations.iter();
        let broken: Vec<_> = broken.filter(|it| !it.rule.ends_with("_in_time")).collect();
        assert!(broken.is_empty(), "{broken:?}\n{:#?}", self.trace());
    }

    /// Everything ends without manual action, and all money is accounted for.
    pub async fn end(mut self) {
        self.restart().await;
        let engine = self.shop().engine.clone();
        // As a worker does every hour.
        engine.orders.parked.replay_parked(None).await.unwrap();
        // Past the deadlines, the longest pause between two refunds, and the hour in which a payment
        // unknown to the provider is queried.
        for ms in [0, 70_000, 610_000, 3_700_000, 610_000] {
            self.pass_time(ms).await;
            self.deliver_all_notices().await;
            let (payments, orders) = (&engine.payments, &engine.orders);
            write_orders::run_once(orders, 256).await.unwrap();
            check::run_once(payments).await.unwrap();
            apply_notices::run_once(payments).await.unwrap();
            close_unpaid::run_once(orders, payments).await.unwrap();
            refund::run_once(payments).await.unwrap();
        }
        confirm::run_once(&engine.payments).await.unwrap();
        self.shop().drain().await;
        auditor::account_for_everything(&self).await;
    }
}

/// The data of an unused shop. The schema is made only once: it takes longer than a seed.
async fn empty_shop() -> Data {
    static FILE: OnceCell<Vec<u8>> = OnceCell::const_new();
    let made = FILE.get_or_init(async || {
        let shop = TestShop::open_embedded().await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("empty.db");
        let copy = format!("VACUUM INTO '{}'", file.display());
        shop.change_by_hand(&copy).await;
        std::fs::read(file).unwrap()
    });
    let data = Data::embedded();
    std::fs::write(data.file(), made.await).unwrap();
    data
}

async fn open(
    data: Data,
    clock: Arc<ManualClock>,
    ids: Arc<SeededIds>,
    faults: &Arc<SeededFaults>,
) -> TestClient {
    let no_limit = |config: &mut server::config::Config| config.limits.action_per_5s = None;
    TestClient::of(TestShop::open(data, clock, ids, Some(faults.clone()), no_limit).await)
}
