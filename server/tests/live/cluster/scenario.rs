//! A scenario of the fault table: a sale, something that breaks in its middle, and the sale's end.
//!
//! No fault comes too late, however fast the sale and however slow the tool that makes the fault:
//! between two steps of a scenario the shoppers come only so far.

use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use super::deployment::{CONNECTIONS, Deployment, Plan};
use crate::{
    buyers::{Outcome, Shoppers},
    process::Sale,
};

/// Units of most scenarios.
pub const STOCK: usize = 400;
/// The sale is in its middle when so many were told "queued".
const MIDDLE: usize = 50;
/// Nobody was told "queued" for so long: everybody who can buy waits for an order.
const NO_NEW_PROMISE: Duration = Duration::from_millis(500);
/// Whatever a scenario waits for comes within this time.
const STEP_TIMEOUT: Duration = Duration::from_mins(1);

/// How large a sale is.
#[derive(Clone, Copy)]
pub struct Size {
    pub stock: usize,
    pub buyers: u32,
    /// How many more than a scenario has waited for are told "queued" before the shoppers wait, so
    /// that it buys while a slow tool makes a fault.
    pub ahead: usize,
}

impl Size {
    /// For a fault that is made at once.
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
    /// A sale in its middle.
    pub async fn begin(name: &str, plan: Plan) -> Scenario {
        Scenario::of(name, Deployment::start(plan).await, Size::USUAL).await
    }

    /// A sale in its middle, of another size, on a cluster that was prepared for it.
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

    /// Goes on until so many were told "queued". The shoppers then wait for the scenario's next
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

    /// How many were told "queued" so far; there must be something left to sell.
    pub fn in_the_middle(&self) -> usize {
        let promised = self.shoppers.promised();
        assert!(promised < self.size.stock, "the fault came too late");
        promised
    }

    /// The fault has come: from now on nothing holds the shoppers. How many were told "queued"
    /// before.
    pub fn goes_on(&self) -> usize {
        let promised = self.in_the_middle();
        self.shoppers.begin_without_limit();
        promised
    }

    /// No orders are written: waits until everybody who can buy waits for one, and returns how many
    /// were told "queued" so far.
    pub async fn waits_for_orders(&self) -> usize {
        nobody_is_promised_more(&[&self.shoppers]).await;
        self.shoppers.promised()
    }

    /// Purchases go on: somebody who was not there yet is told "queued".
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

    /// Waits for everybody's answer; then how many of those who were told "queued" were told this
    /// in the end.
    pub async fn told(&mut self, word: &str) -> usize {
        self.shoppers.begin_without_limit();
        wait_until("everybody's answer", || self.buying.is_finished()).await;
        let mut told = 0;
        for promise in self.shoppers.promises() {
            told += usize::from(self.shoppers.state_of(&promise).await == word);
        }
        told
    }

    /// Waits until everybody has bought or given up, and who was told "queued" has heard how it ended;
    /// how many of them heard that it failed.
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

/// Waits until everybody of these who can buy waits for an order.
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

/// Waits until it is so.
pub async fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + STEP_TIMEOUT;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
