//! A sale whose buyers come in waves: one cluster for several faults, each in the middle of a wave.

use tokio::task::JoinHandle;

use super::{
    deployment::{CONNECTIONS, Deployment, Plan},
    ending::Ended,
};
use crate::{
    buyers::{Outcome, Shoppers},
    process::Sale,
};

/// Buyers of a wave of most sales.
pub const WAVE: usize = 150;
/// How many more buyers than units: the last wave does not get enough.
const MISSING: usize = 40;
/// A wave is in its middle when so many of it were told "queued".
pub const MIDDLE: usize = 20;

/// All buyers of a wave, buying.
pub type Wave = JoinHandle<Vec<Outcome>>;

/// One item, and its buyers in waves.
pub struct ItemInWaves {
    pub sale: Sale,
    stock: u32,
    /// Buyers of a wave.
    size: usize,
    begun: Vec<Shoppers>,
    outcomes: Vec<Outcome>,
}

impl ItemInWaves {
    /// For an item of which nothing was sold yet.
    pub fn new(sale: Sale, stock: u32, size: usize) -> ItemInWaves {
        assert!(size > MIDDLE + CONNECTIONS, "a wave has no end");
        ItemInWaves {
            sale,
            stock,
            size,
            begun: Vec::new(),
            outcomes: Vec::new(),
        }
    }

    /// Starts the next wave; returns in its middle.
    pub async fn begin(&mut self, cluster: &Deployment) -> Wave {
        let begin = self.begun.len() * self.size;
        let buyers = self.sale.part(begin..begin + self.size);
        let shoppers = cluster.shoppers_of(&buyers);
        self.begun.push(shoppers.clone());
        shoppers.begin_until(MIDDLE);
        let buying = tokio::spawn(shoppers.clone().buy_all());
        shoppers.reaches(MIDDLE).await;
        buying
    }

    /// Call after the fault: the wave is not held back any more. Returns the number told "queued".
    pub fn release(&self, wave: &Wave) -> usize {
        assert!(!wave.is_finished(), "the wave was over before the fault");
        let promised = self.promised();
        self.last().begin_without_limit();
        promised
    }

    /// The buyers of the last wave.
    pub fn last(&self) -> &Shoppers {
        self.begun.last().unwrap()
    }

    /// How many of the last wave were told "queued" so far.
    pub fn promised(&self) -> usize {
        self.last().promised()
    }

    /// Waits until all buyers of a wave have an order; in the last wave some may be told that the
    /// item is sold out.
    pub async fn is_answered(&mut self, wave: Wave) {
        let outcomes = wave.await.unwrap();
        if self.begun.len() * self.size <= self.stock as usize {
            let ordered = outcomes.iter().filter(|one| one.order().is_some()).count();
            assert_eq!(ordered, self.size, "units are left");
        }
        self.outcomes.extend(outcomes);
    }

    /// All buyers of all waves.
    pub fn all(&self) -> Shoppers {
        Shoppers::together(&self.begun)
    }

    /// The argument for [`Deployment::end_all`]; `all` is the result of [`all`](Self::all).
    pub fn ended<'a>(&'a self, what: &'a str, all: &'a Shoppers, failed: usize) -> Ended<'a> {
        Ended {
            what,
            sale: &self.sale,
            shoppers: all,
            outcomes: &self.outcomes,
            stock: self.stock,
            failed,
        }
    }
}

/// The sale of one item.
pub struct Waves {
    pub cluster: Deployment,
    item: ItemInWaves,
}

impl Waves {
    /// A sale with this many waves, two web instances and two workers.
    pub async fn new(waves: usize) -> Waves {
        let cluster = Deployment::start(Plan::default()).await;
        let stock = (waves * WAVE - MISSING) as u32;
        let sale = cluster.seed(stock, (waves * WAVE) as u32);
        Waves {
            item: ItemInWaves::new(sale, stock, WAVE),
            cluster,
        }
    }

    /// Starts the next wave; returns in its middle.
    pub async fn begin(&mut self) -> Wave {
        self.item.begin(&self.cluster).await
    }

    /// As [`ItemInWaves::release`].
    pub fn release(&self, wave: &Wave) -> usize {
        self.item.release(wave)
    }

    /// As [`ItemInWaves::promised`].
    pub fn promised(&self) -> usize {
        self.item.promised()
    }

    /// As [`ItemInWaves::is_answered`].
    pub async fn is_answered(&mut self, wave: Wave) {
        self.item.is_answered(wave).await;
    }

    pub fn item(&self) -> &ItemInWaves {
        &self.item
    }

    /// The common end of scenarios, see [`Deployment::end_all`].
    pub async fn end(self, what: &str) {
        let all = self.item.all();
        let failed = self.cluster.failed;
        let ended = self.item.ended(what, &all, failed);
        self.cluster.end_all(&[ended]).await;
    }
}
