//! A sale whose buyers come in waves: one cluster for several faults, each in the middle of a wave.

use tokio::task::JoinHandle;

use super::deployment::{Deployment, Plan};
use crate::{
    buyers::{Outcome, Shoppers},
    process::Sale,
};

/// Buyers of a wave.
pub const WAVE: usize = 150;
/// So many units fewer than buyers: the last wave finds too little.
const MISSING: usize = 40;
/// A wave is in its middle when so many of it were told "queued".
const MIDDLE: usize = 20;

/// Everybody of a wave, buying.
pub type Wave = JoinHandle<Vec<Outcome>>;

/// The sale.
pub struct Waves {
    pub cluster: Deployment,
    stock: u32,
    sale: Sale,
    begun: Vec<Shoppers>,
    outcomes: Vec<Outcome>,
}

impl Waves {
    /// Of so many waves, two web instances and two workers.
    pub async fn new(waves: usize) -> Waves {
        let cluster = Deployment::start(Plan::default()).await;
        let stock = (waves * WAVE - MISSING) as u32;
        Waves {
            sale: cluster.seed(stock, (waves * WAVE) as u32),
            cluster,
            stock,
            begun: Vec::new(),
            outcomes: Vec::new(),
        }
    }

    /// The next wave, in its middle.
    pub async fn begin(&mut self) -> Wave {
        let begin = self.begun.len() * WAVE;
        let buyers = self.sale.part(begin..begin + WAVE);
        let shoppers = self.cluster.shoppers_of(&buyers);
        self.begun.push(shoppers.clone());
        shoppers.begin_until(MIDDLE);
        let buying = tokio::spawn(shoppers.clone().buy_all());
        shoppers.reaches(MIDDLE).await;
        buying
    }

    /// The fault is there: nothing holds the wave any more. How many were told "queued" before.
    pub fn release(&self, wave: &Wave) -> usize {
        assert!(!wave.is_finished(), "the wave was over before the fault");
        let promised = self.promised();
        self.begun.last().unwrap().begin_without_limit();
        promised
    }

    /// How many of the last wave were told "queued" so far.
    pub fn promised(&self) -> usize {
        self.begun.last().unwrap().promised()
    }

    /// Waits until everybody of a wave has an order; of the last one some hear that the item is sold out.
    pub async fn is_answered(&mut self, wave: Wave) {
        let outcomes = wave.await.unwrap();
        if self.begun.len() * WAVE <= self.stock as usize {
            let ordered = outcomes.iter().filter(|one| one.order().is_some()).count();
            assert_eq!(ordered, WAVE, "units are left");
        }
        self.outcomes.extend(outcomes);
    }

    /// The end that every scenario has, see [`Deployment::end`].
    pub async fn end(self, what: &str) {
        let all = Shoppers::together(&self.begun);
        self.cluster
            .end(what, &self.sale, &all, &self.outcomes, self.stock)
            .await;
    }
}
