//! Every call of a scenario to the disk fails, one after the other.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    time::{Duration, Instant},
};

use futures::future::join_all;
use test_servers::disk_faults::{DiskError, Effect, Fault, Operations};
use tokio::sync::Semaphore;

use super::shop_with_disk_faults::ShopWithDiskFaults;
use crate::process::{Sale, Shop};

/// An action in a shop that is repeated, each time by a different person.
pub trait Scenario {
    const NAME: &'static str;
    /// The result of the preparation, done while the disk works.
    type Before;
    /// The answer to the person, in one word for the report.
    type Told: Debug;

    async fn prepare(shop: &mut ShopWithDiskFaults, person: usize) -> Self::Before;

    async fn perform(shop: &ShopWithDiskFaults, person: usize, before: &Self::Before)
    -> Self::Told;

    /// Called when the disk works again. Fails unless everything promised exists, and unanswered
    /// requests succeed when repeated.
    async fn expect_kept(
        shop: &mut ShopWithDiskFaults,
        person: usize,
        before: Self::Before,
        told: Self::Told,
        restarted: bool,
    );
}

/// The fault at a call.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    operations: Operations,
    effect: Effect,
    lasting: bool,
    /// `kill -9` after the fault, and a new start.
    restart: bool,
}

impl Kind {
    const fn once(operations: Operations, effect: Effect) -> Kind {
        Kind {
            operations,
            effect,
            lasting: false,
            restart: false,
        }
    }

    const fn for_good(operations: Operations, effect: Effect) -> Kind {
        Kind {
            lasting: true,
            ..Kind::once(operations, effect)
        }
    }

    const fn and_restart(self) -> Kind {
        Kind {
            restart: true,
            ..self
        }
    }

    fn fault(self, nth: u64) -> Fault {
        Fault {
            operations: self.operations,
            effect: self.effect,
            nth,
            lasting: self.lasting,
        }
    }

    fn breaks_the_disk(self) -> bool {
        self.lasting && !matches!(self.effect, Effect::Delay(_))
    }
}

const BROKEN: Effect = Effect::Fail(DiskError::Broken);
/// Longer than any other wait in a purchase, shorter than any time limit.
const LATE: Effect = Effect::Delay(Duration::from_millis(300));

/// All faults for a call.
pub const KINDS: [Kind; 11] = [
    Kind::once(Operations::WRITE, BROKEN),
    Kind::once(Operations::WRITE, Effect::Short(DiskError::Full)),
    Kind::once(Operations::WRITE, LATE),
    Kind::once(Operations::WRITE, BROKEN).and_restart(),
    Kind::for_good(Operations::WRITE, Effect::Short(DiskError::Full)),
    Kind::for_good(Operations::WRITE, BROKEN).and_restart(),
    Kind::once(Operations::SYNC, BROKEN),
    Kind::for_good(Operations::SYNC, BROKEN),
    Kind::once(Operations::SYNC, LATE),
    Kind::once(Operations::SYNC, BROKEN).and_restart(),
    Kind::for_good(Operations::ALL, BROKEN),
];

/// Concurrent shops of all scenarios: more would only wait for a processor.
pub static SHOPS: Semaphore = Semaphore::const_new(16);
/// Servers that share the calls of one kind: a failure costs seconds of waiting but no work.
const SHARES: u64 = 3;
/// Also the number of units on sale.
const BUYERS: u32 = 200;
/// After this time without calls, no more are expected.
const QUIET: Duration = Duration::from_millis(300);
/// A call not reached in this time does not happen in this run: pages are split now and then.
const REACHED: Duration = Duration::from_secs(1);

/// Every kind of fault at every call of the scenario. Prints the results.
pub async fn every_fault_point<S: Scenario>() {
    let begun = Instant::now();
    let seeded = Shop::new();
    let sale = seeded.seed(BUYERS, BUYERS, 0);
    let shares = KINDS
        .iter()
        .flat_map(|kind| (0..SHARES).map(move |share| (kind, share)));
    let runs = shares.map(|(kind, share)| run::<S>(&seeded, &sale, *kind, share));
    let mut outcomes: BTreeMap<String, BTreeMap<u64, String>> = BTreeMap::new();
    for (title, of_share) in join_all(runs).await {
        outcomes.entry(title).or_default().extend(of_share);
    }
    for (title, outcomes) in outcomes {
        let listed: Vec<_> = outcomes
            .iter()
            .map(|(nth, outcome)| format!("{nth} {outcome}"))
            .collect();
        println!("{}, {title}: {}", S::NAME, listed.join(", "));
    }
    println!("{}: {:.0} s", S::NAME, begun.elapsed().as_secs_f64());
}

/// Runs a share of the calls on its own server.
async fn run<S: Scenario>(
    seeded: &Shop,
    sale: &Sale,
    kind: Kind,
    share: u64,
) -> (String, BTreeMap<u64, String>) {
    let _permit = SHOPS.acquire().await.unwrap();
    let mut shop = ShopWithDiskFaults::start_copy(seeded, sale).await;
    let calls = count::<S>(&mut shop, kind.operations).await;
    let mut outcomes = BTreeMap::new();
    for nth in (1..=calls).filter(|nth| nth % SHARES == share) {
        let person = nth as usize;
        let before = S::prepare(&mut shop, person).await;
        shop.faults.set(kind.fault(nth));
        let told = S::perform(&shop, person, &before).await;
        let reached = reached(&shop).await;
        if reached && kind.breaks_the_disk() {
            let why = shop.expect_red().await;
            assert!(why.contains("nothing can be written"), "{why}");
        }
        match kind.restart {
            true => shop.restart().await,
            false => shop.faults.clear(),
        }
        let outcome = match reached {
            true => format!("{told:?}"),
            false => "not reached".to_owned(),
        };
        S::expect_kept(&mut shop, person, before, told, kind.restart).await;
        shop.expect_green().await;
        outcomes.insert(nth, outcome);
    }
    shop.stop().await;
    let title = format!(
        "{} {:?} {}{}",
        kind.operations.name(),
        kind.effect,
        if kind.lasting { "for good" } else { "once" },
        if kind.restart { ", then kill -9" } else { "" },
    );
    (title, outcomes)
}

/// The number of calls in a run without faults.
async fn count<S: Scenario>(shop: &mut ShopWithDiskFaults, operations: Operations) -> u64 {
    let before = S::prepare(shop, 0).await;
    shop.faults.count(operations);
    let told = S::perform(shop, 0, &before).await;
    let mut calls = shop.faults.calls();
    let mut since = Instant::now();
    while since.elapsed() < QUIET {
        tokio::time::sleep(Duration::from_millis(10)).await;
        let now = shop.faults.calls();
        if now != calls {
            (calls, since) = (now, Instant::now());
        }
    }
    shop.faults.clear();
    S::expect_kept(shop, 0, before, told, false).await;
    calls
}

async fn reached(shop: &ShopWithDiskFaults) -> bool {
    let begun = Instant::now();
    while shop.faults.hits() == 0 {
        if begun.elapsed() > REACHED {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    true
}
