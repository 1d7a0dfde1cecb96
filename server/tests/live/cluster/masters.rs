//! A master of a Redis Cluster fails during the sales of three items, one on each master. The items of the
//! others are sold, ordered, cancelled, stopped and compared with the ledger while it is down.

use std::time::{Duration, Instant};

use test_servers::redis::RedisCluster;

use super::{
    deployment::{Deployment, LATECOMERS, Plan},
    scenario::{nobody_is_promised_more, wait_until},
    waves::{ItemInWaves, Wave},
};
use crate::{
    buyers::{Outcome, Shoppers},
    process::Sale,
};

const MASTERS: usize = 3;
/// Buyers of a wave of one item.
const WAVE: usize = 80;
/// Units that remain after the waves.
const LEFT: usize = 10;
/// Buyers of an item who check that orders, cancelling and stopping work. Each buys once: of a buyer's earlier
/// reservations a shop may still tell when it cannot read the latest.
const PROBES: usize = 6;
/// After this many rounds every master has an item.
const MAX_ROUNDS: usize = 40;
/// Time limit of every wait.
const STEP_TIMEOUT: Duration = Duration::from_mins(1);

/// An item on one of the masters.
struct Item {
    waves: ItemInWaves,
    probes: Shoppers,
    /// The next of them.
    probe: usize,
    /// How many of its buyers must hear that it failed.
    failed: usize,
}

/// Three items on three masters, in the same order.
struct Masters {
    // Declared first, so that the instances end before their Redis.
    cluster: Deployment,
    redis: RedisCluster,
    items: Vec<Item>,
    promised: Vec<String>,
}

impl Masters {
    /// A sale with this many waves of each item.
    async fn new(waves: usize) -> Masters {
        let redis = RedisCluster::start();
        let plan = Plan {
            settings: vec![("REDIS_URL", redis.urls().join(","))],
            ..Plan::default()
        };
        let cluster = Deployment::start(plan).await;
        let stock = waves * WAVE + LEFT;
        let buyers = waves * WAVE + PROBES;
        let mut sales: [Option<Sale>; MASTERS] = [const { None }; MASTERS];
        for _ in 0..MAX_ROUNDS {
            let sale = cluster.seed(stock as u32, buyers as u32);
            let master = redis.master_of(&cluster.key(&sale.item_id, "item"));
            sales[master.unwrap()].get_or_insert(sale);
            if sales.iter().all(Option::is_some) {
                break;
            }
        }
        let item = |sale: Option<Sale>| {
            let sale = sale.expect("an item on every master");
            let probes = sale.part(waves * WAVE..buyers);
            assert_eq!(sale.tokens.len(), buyers + LATECOMERS as usize);
            Item {
                probes: cluster.shoppers_of(&probes),
                probe: 0,
                waves: ItemInWaves::new(sale, stock as u32, WAVE),
                failed: 0,
            }
        };
        Masters {
            items: sales.into_iter().map(item).collect(),
            cluster,
            redis,
            promised: Vec::new(),
        }
    }

    fn key(&self, item: usize, name: &str) -> String {
        self.cluster.key(&self.items[item].waves.sale.item_id, name)
    }

    /// Runs `redis-cli` at the item's master; the command's first argument is one of its keys.
    fn cli(&self, item: usize, command: &str, name: &str, more: &[&str]) -> String {
        let key = self.key(item, name);
        let master = self.redis.master_of(&key).unwrap();
        let command = [&[command, key.as_str()][..], more].concat();
        self.redis.node(master).cli(&command)
    }

    /// Starts a wave of every item; returns in its middle.
    async fn begin(&mut self) -> Vec<Wave> {
        let mut waves = Vec::new();
        for item in &mut self.items {
            waves.push(item.waves.begin(&self.cluster).await);
        }
        waves
    }

    /// After the fault: no wave is held back any more.
    fn release(&mut self, waves: &[Wave]) {
        let items = self.items.iter().zip(waves);
        let promised: Vec<_> = items.map(|(item, wave)| item.waves.release(wave)).collect();
        self.promised.push(format!("{promised:?}"));
    }

    /// While one item's master is down, the waves of the others are ordered, and a unit of each
    /// comes back and is bought again. Returns the wave of that item.
    async fn others_are_sold(&mut self, away: usize, waves: Vec<Wave>) -> Wave {
        let mut waits = None;
        for (number, wave) in waves.into_iter().enumerate() {
            match number == away {
                true => waits = Some(wave),
                false => self.items[number].waves.is_answered(wave).await,
            }
        }
        for number in (0..MASTERS).filter(|number| *number != away) {
            self.items[number].is_bought_and_cancelled().await;
        }
        waits.unwrap()
    }

    /// Holds of an item that nobody has told the queue of: what is lost with the item's master.
    fn only_in_redis(&self, item: usize) -> usize {
        let length = self.cli(item, "xlen", "outbox", &[]);
        length.parse().expect(&length)
    }

    async fn end(self, what: &str) {
        let all: Vec<_> = self.items.iter().map(|item| item.waves.all()).collect();
        let promised = self.promised.join(", ");
        let lines: Vec<_> = (0..MASTERS)
            .map(|master| {
                let failed = self.items[master].failed;
                format!(
                    "{what}: item on master {master}: {promised} promises before; {failed} told that \
                     they failed"
                )
            })
            .collect();
        let ended: Vec<_> = (self.items.iter().zip(&all).zip(&lines))
            .map(|((item, all), line)| item.waves.ended(line, all, item.failed))
            .collect();
        self.cluster.end_all(&ended).await;
    }
}

impl Item {
    /// A buyer buys, gets an order and cancels it: the unit is for sale again.
    async fn is_bought_and_cancelled(&mut self) {
        self.probe += 1;
        let before = self.sellable().await;
        let order = self.is_ordered().await;
        self.becomes_sellable(before - 1, "after an order").await;
        self.is_cancelled(&order).await;
        self.becomes_sellable(before, "after its cancellation")
            .await;
    }

    /// Waits for the order of a buyer, who may have been told "queued" before.
    async fn is_ordered(&self) -> String {
        match self.probes.buy(self.probe).await {
            Outcome::Ordered(order) => order,
            Outcome::SoldOut => panic!("units are left"),
        }
    }

    async fn is_cancelled(&self, order: &str) {
        let deadline = Instant::now() + STEP_TIMEOUT;
        while !self.probes.cancel(self.probe, order).await {
            assert!(Instant::now() < deadline, "nobody can cancel");
        }
    }

    async fn sellable(&self) -> u64 {
        let deadline = Instant::now() + STEP_TIMEOUT;
        loop {
            if let Some(sellable) = self.probes.sellable().await {
                return sellable;
            }
            assert!(Instant::now() < deadline, "nobody says what is for sale");
        }
    }

    async fn becomes_sellable(&self, units: u64, when: &str) {
        let deadline = Instant::now() + STEP_TIMEOUT;
        loop {
            let now = self.sellable().await;
            if now == units {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "{now} for sale {when}, not {units}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A buyer repeats a purchase until this answer comes.
    async fn hears(&self, status: u16, error: Option<&str>) {
        let deadline = Instant::now() + STEP_TIMEOUT;
        loop {
            let heard = self.probes.try_once(self.probe).await;
            if let Ok((now, answer)) = &heard
                && (*now, answer["error"].as_str()) == (status, error)
            {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "{heard:?}, not {status} {error:?}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Masters {
    /// Stops and resumes an item, and waits until it is compared with the ledger.
    async fn is_stopped_and_compared(&mut self, item: usize) {
        self.items[item].probe += 1;
        let sale = &self.items[item];
        let round = &sale.waves.sale.round_id;
        self.cluster.round(&["stop", round]);
        sale.hears(409, Some("stopped")).await;
        self.cluster.round(&["resume", round]);
        sale.hears(200, None).await;
        let order = sale.is_ordered().await;
        let right = sale.sellable().await + 1;
        sale.is_cancelled(&order).await;
        sale.becomes_sellable(right, "after a stop, an order and its cancellation")
            .await;
        // A manual change of a counter, which only a comparison can repair.
        for counter in ["sellable", "total"] {
            self.cli(item, "hincrby", "item", &[counter, "-1"]);
        }
        sale.becomes_sellable(right - 1, "after a manual change")
            .await;
        sale.becomes_sellable(right, "after a comparison").await;
    }
}

/// The faults. During each of them the items of the other masters are sold.
impl Masters {
    async fn a_master_is_killed(&mut self, away: usize) {
        let waves = self.begin().await;
        self.redis.kill(away);
        self.release(&waves);
        let begun = Instant::now();
        let waits = self.others_are_sold(away, waves).await;
        let sold = begun.elapsed().as_secs_f64();
        self.is_stopped_and_compared((away + 1) % MASTERS).await;
        let all = begun.elapsed().as_secs_f64();
        assert!(
            !waits.is_finished(),
            "who sold the item of the dead master?"
        );
        self.redis.restart(away);
        let begun = Instant::now();
        self.items[away].waves.is_answered(waits).await;
        println!(
            "a master killed: the others' items ordered and cancelled after {sold:.1} s, stopped and \
             compared after {all:.1} s; all of its own answered {:.1} s after it was back",
            begun.elapsed().as_secs_f64()
        );
    }

    async fn a_master_is_silent(&mut self, away: usize) {
        let waves = self.begin().await;
        self.redis.node(away).pause();
        self.release(&waves);
        let begun = Instant::now();
        let waits = self.others_are_sold(away, waves).await;
        let sold = begun.elapsed().as_secs_f64();
        assert!(
            !waits.is_finished(),
            "who sold the item of the silent master?"
        );
        self.redis.node(away).resume();
        let begun = Instant::now();
        self.items[away].waves.is_answered(waits).await;
        println!(
            "a master paused: the others' items ordered and cancelled after {sold:.1} s; all of its own \
             answered {:.1} s after it went on",
            begun.elapsed().as_secs_f64()
        );
    }

    async fn a_slot_moves(&mut self, from: usize, to: usize) {
        let slot_of = self.key(from, "item");
        let waves = self.begin().await;
        self.redis.begin_to_move(&slot_of, from, to);
        self.release(&waves);
        let waits = self.others_are_sold(from, waves).await;
        assert!(!waits.is_finished(), "who sold the item that moves?");
        let moved = self.redis.move_slot(&slot_of, from, to);
        assert!(moved > 3, "{moved} keys");
        let begun = Instant::now();
        self.items[from].waves.is_answered(waits).await;
        println!(
            "a slot of {moved} keys moved: all of its item answered {:.1} s later",
            begun.elapsed().as_secs_f64()
        );
    }

    async fn a_replica_takes_over(&mut self, master: usize) {
        let replica = self.redis.add_replica(master);
        let waves = self.begin().await;
        self.release(&waves);
        let begun = Instant::now();
        self.redis.fail_over(replica);
        let waits = self.others_are_sold(master, waves).await;
        self.items[master].waves.is_answered(waits).await;
        println!(
            "a replica took over: everybody answered after {:.1} s",
            begun.elapsed().as_secs_f64()
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_is_killed_or_silent_a_slot_moves_and_a_replica_takes_over_without_a_loss() {
    let mut sale = Masters::new(4).await;
    // The master that knows what instances have in flight: it is missed by the items of the others.
    let in_flight = format!("{}:in-flight", sale.cluster.namespace);
    let away = sale.redis.master_of(&in_flight).unwrap();
    sale.a_master_is_killed(away).await;
    sale.a_master_is_silent(away).await;
    sale.a_slot_moves(away, (away + 1) % MASTERS).await;
    sale.a_replica_takes_over((away + 2) % MASTERS).await;
    sale.end("a master killed, one silent, a slot moved, a replica promoted in order")
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_comes_back_empty_and_a_replica_takes_over_that_was_behind() {
    // The second wave of the last item is lost.
    let mut sale = Masters::new(3).await;
    let (empty, behind) = (0, 2);
    let replica = sale.redis.add_replica(behind);
    sale.cluster.pause_workers();
    let waves = sale.begin().await;
    let all: Vec<_> = sale.items.iter().map(|item| item.waves.last()).collect();
    nobody_is_promised_more(&all).await;
    let lost = sale.only_in_redis(empty);
    assert!(lost > 0, "nothing is lost");
    sale.items[empty].failed = lost;
    sale.redis.kill(empty);
    sale.cluster.resume_workers();
    sale.release(&waves);
    let first = sale.others_are_sold(empty, waves).await;
    assert!(
        !first.is_finished(),
        "who sold the item of the dead master?"
    );
    sale.redis.restart_empty(empty);
    let back = Instant::now();

    wait_until("an empty outbox", || sale.only_in_redis(behind) == 0).await;
    sale.cluster.pause_workers();
    let kept = sale.items[behind].waves.begin(&sale.cluster).await;
    let of_kept = sale.items[behind].waves.last().clone();
    nobody_is_promised_more(&[&of_kept]).await;
    // From now on only the master knows of new promises.
    sale.redis.leave_behind(replica, behind);
    let lost = sale.items[behind].waves.begin(&sale.cluster).await;
    let of_lost = sale.items[behind].waves.last().clone();
    nobody_is_promised_more(&[&of_lost]).await;
    let number = of_lost.promised();
    sale.items[behind].failed = number;
    sale.redis.kill(behind);
    sale.redis.node(replica).resume();
    sale.cluster.resume_workers();
    of_kept.begin_without_limit();
    of_lost.begin_without_limit();
    let killed = Instant::now();
    sale.redis.wait_until_master(replica);
    let promoted = killed.elapsed().as_secs_f64();
    sale.items[behind].waves.is_answered(kept).await;
    let answered = killed.elapsed().as_secs_f64();
    sale.items[empty].waves.is_answered(first).await;
    let whole = back.elapsed().as_secs_f64();
    sale.items[behind].waves.is_answered(lost).await;
    sale.redis.restart(behind);
    println!(
        "a master back empty: all of its item answered after {whole:.1} s. A replica that lacked {number} \
         holds was promoted after {promoted:.1} s; those that it had were answered after {answered:.1} s"
    );
    sale.end("a master back empty, a replica promoted that was behind")
        .await;
}
