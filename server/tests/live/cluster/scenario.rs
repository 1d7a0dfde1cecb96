//! A scenario of the fault table: a sale, a fault in its middle, and the sale's end.
//!
//! A fault never comes too late, even with a fast sale and a slow tool: between two steps of a
//! scenario the shoppers are held back.

use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use super::deployment::{CONNECTIONS, Deployment, Plan};
use crate::{
    buyers::{Outcome, Shoppers},
    process::Sale,
};

/// Units of most scenarios.
pub const STOCK: usize = 400;
/// The sale is in its middle when this many buyers were told "queued".
const MIDDLE: usize = 50;
/// No buyer was told "queued" for this long: all who can buy wait for an order.
const NO_NEW_PROMISE: Duration = Duration::from_millis(500);
/// Time limit of every wait in a scenario.
const STEP_TIMEOUT: Duration = Duration::from_mins(1);

/// The size of a sale.
#[derive(Clone, Copy)]
pub struct Size {
    pub stock: usize,
    pub buyers: u32,
    /// How many more buyers are told "queued" after a step before the shoppers wait, so that buying
    /// continues while a slow tool makes a fault.
    pub ahead: usize,
}

impl Size {
    /// For a fault that takes effect at once.
    const USUAL: Size = Size {
        stock: STOCK,
        buyers: 2 * STOCK as u32,
        ahead: 0,
    };
}

/// A sale under way.
pub struct Scenario {
    name: String,
    begun: Instant,
    size: Size,
    pub cluster: Deployment,
    pub sale: Sale,
    pub shoppers: Shoppers,
    pub buying: JoinHandle<Vec<Outcome>>,
}

impl Scenario {
    /// Starts a sale; returns in its middle.
    pub async fn begin(name: &str, plan: Plan) -> Scenario {
        Scenario::of(name, Deployment::start(plan).await, Size::USUAL).await
    }

    /// Starts a sale of another size on a prepared cluster; returns in its middle.
    pub async fn of(name: &str, cluster: Deployment, size: Size) -> Scenario {
        let begun = Instant::now();
        let sale = cluster.seed(size.stock as u32, size.buyers);
        let shoppers = cluster.shoppers(&sale);
        shoppers.ask_once().await;
        shoppers.begin_until(0);
        let buying = tokio::spawn(shoppers.clone().buy_all());
        let mut scenario = Scenario {
            name: name.to_owned(),
            begun,
            size,
            cluster,
            sale,
            shoppers,
            buying,
        };
        scenario.reaches(MIDDLE).await;
        scenario
    }

    /// Continues until this many were told "queued". The shoppers then wait for the scenario's next
    /// step.
    pub async fn reaches(&mut self, promises: usize) {
        let limit = promises + self.size.ahead;
        assert!(limit + CONNECTIONS < self.size.stock, "too few units");
        self.shoppers.begin_until(limit);
        tokio::select! {
            () = self.shoppers.reaches(promises) => {}
            ended = &mut self.buying => panic!("the sale is over: {:?}", ended.map(|all| all.len())),
        }
    }

    /// How many were told "queued" so far; some units must be left.
    pub fn in_the_middle(&self) -> usize {
        let promised = self.shoppers.promised();
        assert!(promised < self.size.stock, "the fault came too late");
        promised
    }

    /// Call after the fault: the shoppers are no longer held back. Returns how many were told
    /// "queued" before.
    pub fn goes_on(&self) -> usize {
        let promised = self.in_the_middle();
        self.shoppers.begin_without_limit();
        promised
    }

    /// While no orders are written: waits until all who can buy wait for one, and returns how many
    /// were told "queued" so far.
    pub async fn waits_for_orders(&self) -> usize {
        nobody_is_promised_more(&[&self.shoppers]).await;
        self.shoppers.promised()
    }

    /// Purchases continue: waits until a new buyer is told "queued".
    pub async fn somebody_buys(&self) {
        let deadline = Instant::now() + STEP_TIMEOUT;
        for buyer in (0..self.size.buyers as usize).rev().cycle() {
            assert!(Instant::now() < deadline, "nobody can buy");
            if self
                .shoppers
                .try_once(buyer)
                .await
                .is_ok_and(|(status, _)| status == 200)
            {
                return;
            }
        }
    }

    /// Waits for all answers; returns how many buyers who were told "queued" got this result.
    pub async fn told(&mut self, word: &str) -> usize {
        self.shoppers.begin_without_limit();
        wait_until("everybody's answer", || self.buying.is_finished()).await;
        let mut told = 0;
        for promise in self.shoppers.promises() {
            told += usize::from(self.shoppers.state_of(&promise).await == word);
        }
        told
    }

    /// Waits until all buyers have finished and those told "queued" have a result; returns how many
    /// failed.
    pub async fn all_are_answered(&mut self) -> usize {
        self.shoppers.begin_without_limit();
        wait_until("everybody's answer", || self.buying.is_finished()).await;
        self.shoppers.all_are_answered().await
    }

    /// The end that every scenario has (see [`Deployment::end`]), and its line in the table.
    pub async fn end(self, what: &str) {
        self.shoppers.begin_without_limit();
        let outcomes = self.buying.await.unwrap();
        let took = self.begun.elapsed().as_secs_f64();
        self.cluster
            .end(
                &format!("{}: {what}; {took:.1} s", self.name),
                &self.sale,
                &self.shoppers,
                &outcomes,
                self.size.stock as u32,
            )
            .await;
    }
}

/// Waits until all of these who can buy wait for an order.
pub async fn nobody_is_promised_more(shoppers: &[&Shoppers]) {
    let count = || shoppers.iter().map(|one| one.promised()).sum::<usize>();
    let (mut promised, mut since) = (count(), Instant::now());
    wait_until("everybody to wait", || {
        let now = count();
        if now != promised {
            (promised, since) = (now, Instant::now());
        }
        since.elapsed() >= NO_NEW_PROMISE
    })
    .await;
}

/// Waits until the condition holds.
pub async fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + STEP_TIMEOUT;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
