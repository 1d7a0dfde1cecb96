//! The world of one seed.

use std::{collections::BTreeMap, sync::Arc};

use app::{
    port::Storefront,
    wire::{ItemId, OrderState, Rejection, ReservationId, ReservationState},
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use server::{
    config::Config,
    engine::{
        audit,
        orders::{close_unpaid, write_orders},
        ports::Reconciled,
        stock::{reconcile, release, warm_up},
    },
};

use super::faults::SeededFaults;
use crate::{
    purchase::{TestClient, visitor},
    support::{ANSWER, Data, ManualClock, START_MS, SeededIds, TestShop},
};

const BUYERS: u32 = 6;

pub struct World {
    rng: StdRng,
    /// Whether orders are written together with the holds. Drawn anew for each restart: a setting that changes.
    order_at_once: bool,
    faults: Arc<SeededFaults>,
    /// `None` only while the process is being restarted.
    client: Option<TestClient>,
    items: Vec<ItemId>,
    /// Reservations that were promised, with their buyers.
    promises: BTreeMap<ReservationId, u32>,
    trace: Vec<String>,
}

impl World {
    pub async fn new(seed: u64) -> World {
        let mut rng = StdRng::seed_from_u64(seed);
        let faults = Arc::new(SeededFaults::new(seed));
        let (clock, ids) = (Arc::new(ManualClock::at(START_MS)), Arc::default());
        let order_at_once = seed % 2 == 1;
        let client = open(Data::of_the_stack(), clock, ids, &faults, order_at_once).await;
        let mut items = Vec::new();
        for _ in 0..2 {
            items.push(
                client
                    .shop
                    .item_in(rng.random_range(1..=3), START_MS, i64::MAX, None)
                    .await,
            );
        }
        World {
            rng,
            order_at_once,
            faults,
            client: Some(client),
            items,
            promises: BTreeMap::new(),
            trace: Vec::new(),
        }
    }

    pub fn trace(&self) -> &[String] {
        &self.trace
    }

    fn client(&self) -> &TestClient {
        self.client.as_ref().unwrap()
    }

    /// Does one random thing, with random faults.
    pub async fn step(&mut self) {
        let crash_in = self
            .rng
            .random_bool(0.3)
            .then(|| self.rng.random_range(0..8));
        let fail_percent = if self.rng.random_bool(0.3) { 30 } else { 0 };
        self.faults.set(crash_in, fail_percent);
        let what = self.rng.random_range(0..100);
        let faults = self.faults.clone();
        let crashed = tokio::select! {
            // Record the result before the crash that follows it.
            biased;
            () = self.act(what) => false,
            () = faults.crashed() => true,
        };
        if crashed {
            self.trace.push("crash".into());
        }
        self.faults.set(None, 0);
        if crashed || self.rng.random_bool(0.05) {
            self.restart().await;
        }
    }

    async fn act(&mut self, what: u32) {
        match what {
            0..40 => self.buy().await,
            40..52 => {
                let done = write_orders::run_once(&self.client().shop.engine.orders, 4).await;
                self.tell("write_orders", done.is_ok());
            }
            52..64 => {
                let done = release::run_once(&self.client().shop.engine.stock).await;
                self.tell("release", done.is_ok());
            }
            64..74 => {
                let done = close_unpaid::run_once(
                    &self.client().shop.engine.orders,
                    &self.client().shop.engine.payments,
                )
                .await;
                self.tell("close_unpaid", done.is_ok());
            }
            74..78 => {
                let done = warm_up::run_once(&self.client().shop.engine.stock).await;
                self.tell("warm_up", done.is_ok());
            }
            78..82 => {
                let done = reconcile::run_once(&self.client().shop.engine.stock).await;
                // It may fail, but it may never find anything.
                assert!(
                    !done.as_ref().is_ok_and(|found| *found > 0),
                    "gate and ledger differed"
                );
                self.tell("reconcile", done.is_ok());
            }
            82..92 => self.cancel().await,
            _ => {
                let ms = [10, 1_000, 30_000, 601_000][self.rng.random_range(0..4)];
                self.client().shop.clock.advance(ms);
                self.trace.push(format!("{ms} ms pass"));
            }
        }
    }

    fn tell(&mut self, what: &str, ok: bool) {
        self.trace
            .push(format!("{what}: {}", if ok { "done" } else { "failed" }));
    }

    /// Some concurrent buyers, so that they share a batch.
    async fn buy(&mut self) {
        let item = self.items[self.rng.random_range(0..self.items.len())];
        let first = self.rng.random_range(0..BUYERS);
        let buyers: Vec<u32> = (0..self.rng.random_range(1..=4))
            .map(|n| (first + n) % BUYERS)
            .collect();
        let client = self.client.as_ref().unwrap();
        let mut ways = Vec::new();
        for number in buyers {
            let who = visitor(number);
            let Ok(captcha) = client.ask(&who, item).await else {
                continue;
            };
            let path = client
                .path(&who, item, Some(captcha), Some(ANSWER.into()))
                .await;
            if let Ok(path) = path {
                ways.push((number, who, path.path));
            }
        }
        let promises = &mut self.promises;
        let trace = &mut self.trace;
        let buys = ways.into_iter().map(|(number, who, path)| async move {
            (number, client.purchase(&who, path, item).await)
        });
        for (number, answer) in futures::future::join_all(buys).await {
            trace.push(format!("buyer {number}: {answer:?}"));
            if let Ok(reserved) = answer {
                promises.insert(reserved.reservation_id, number);
            }
        }
    }

    async fn cancel(&mut self) {
        let who = visitor(self.rng.random_range(0..BUYERS));
        let Ok(orders) = self.client().orders(&who).await else {
            return;
        };
        let pending = orders
            .iter()
            .find(|order| order.state == OrderState::PendingPayment);
        if let Some(order) = pending {
            let done = self.client().cancel(&who, order.order_id).await;
            self.tell("cancel", done.is_ok());
        }
    }

    async fn restart(&mut self) {
        self.order_at_once = self.rng.random_bool(0.5);
        let way = match self.order_at_once {
            true => "at once",
            false => "queued",
        };
        self.trace.push(format!("restart, orders {way}"));
        let shop = self.client.take().unwrap().shop;
        let (clock, ids) = (shop.clock.clone(), shop.ids.clone());
        self.client = Some(open(shop.kill(), clock, ids, &self.faults, self.order_at_once).await);
    }

    /// Checks the invariants of every moment, and that no promised reservation is forgotten.
    pub async fn audit(&self) {
        let shop = &self.client().shop;
        let report = audit::audit(&shop.sql, shop.clock.get()).await.unwrap();
        // Workers run when the seed says so: time limits cannot be checked here.
        let in_time = [
            "reservations_end_in_time",
            "unpaid_orders_close_in_time",
            "releases_reach_the_gate_in_time",
            "payments_reach_the_gate_in_time",
        ];
        let broken: Vec<_> = report
            .violations
            .iter()
            .filter(|violation| !in_time.contains(&violation.rule))
            .collect();
        assert!(broken.is_empty(), "{broken:?}\n{:#?}", self.trace);
        for (id, number) in &self.promises {
            let status = self.client().reservation(&visitor(*number), *id).await;
            assert!(
                status.is_ok(),
                "{id} is forgotten: {status:?}\n{:#?}",
                self.trace
            );
        }
    }

    /// Everything drains without manual action, and every promise has ended.
    pub async fn end(mut self) {
        self.restart().await;
        let engine = self.client().shop.engine.clone();
        // As a worker does every hour.
        engine.orders.parked.replay_parked(None).await.unwrap();
        for _ in 0..2 {
            self.client().shop.drain().await;
            close_unpaid::run_once(&engine.orders, &engine.payments)
                .await
                .unwrap();
        }
        self.client().shop.drain().await;
        self.client().shop.audit().await;
        for (id, number) in &self.promises {
            let status = self
                .client()
                .reservation(&visitor(*number), *id)
                .await
                .unwrap();
            assert_ne!(status.state, ReservationState::Queued, "{:#?}", self.trace);
            if status.state == ReservationState::Failed {
                // The gate never gives too much: only too long a wait can fail.
                assert_eq!(status.reason, Some(Rejection::Busy), "{:#?}", self.trace);
            }
        }
        for item in &self.items {
            let same = engine.stock.restock.reconcile(*item).await.unwrap();
            assert_eq!(same, Reconciled::Same, "{:#?}", self.trace);
        }
        // Nothing is undersold: the remaining units can be bought.
        let mut newcomer = 100;
        for item in self.items.clone() {
            let left = self.client().stock(item).await.unwrap().sellable;
            for _ in 0..left {
                self.client().buy(&visitor(newcomer), item).await.unwrap();
                newcomer += 1;
            }
        }
        self.client().shop.drain().await;
        for audited_item in self.client().shop.audit().await.items {
            assert_eq!(
                (audited_item.orders_live, audited_item.sellable),
                (audited_item.total, 0),
                "{:#?}",
                self.trace
            );
        }
    }
}

async fn open(
    data: Data,
    clock: Arc<ManualClock>,
    ids: Arc<SeededIds>,
    faults: &Arc<SeededFaults>,
    order_at_once: bool,
) -> TestClient {
    let change = |config: &mut Config| {
        if order_at_once {
            config.workers.orders_per_s = None;
        }
    };
    TestClient::of(TestShop::open(data, clock, ids, Some(faults.clone()), change).await)
}
