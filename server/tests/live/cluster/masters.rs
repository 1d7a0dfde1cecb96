//! A master of a Redis Cluster fails in the middle of the sales of three items, one on each master. The
//! items of the others are sold, ordered, cancelled, stopped and compared with the ledger while it is away.

use std::time::{Duration, Instant};

use test_servers::redis::RedisCluster;

use super::{
    deployment::{Deployment, LATECOMERS, Plan},
    waves::{ItemInWaves, Wave},
};
use crate::{
    buyers::{Outcome, Shoppers},
    process::Sale,
};

const MASTERS: usize = 3;
/// Buyers of a wave of one item.
const WAVE: usize = 80;
/// Units that the waves leave.
const LEFT: usize = 10;
/// Whoever looks whether orders, cancelling and stopping work.
const PROBES: usize = 1;
/// Every master has an item after so many rounds.
const MAX_ROUNDS: usize = 40;
/// Whatever is waited for comes within this time.
const STEP_TIMEOUT: Duration = Duration::from_mins(1);

/// An item on one of the masters.
struct Item {
    waves: ItemInWaves,
    probe: Shoppers,
}

/// Three items on three masters, in the order of these.
struct Masters {
    // The instances end before their Redis.
    cluster: Deployment,
    redis: RedisCluster,
    items: Vec<Item>,
    promised: Vec<String>,
}

impl Masters {
    /// With so many waves of each item.
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
            let master = redis.master_of(&key(&cluster, &sale.item_id, "item"));
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
                probe: cluster.shoppers_of(&probes),
                waves: ItemInWaves::new(sale, stock as u32, WAVE),
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
        key(&self.cluster, &self.items[item].waves.sale.item_id, name)
    }

    /// Runs `redis-cli` where the item is; the command's first argument is one of its keys.
    fn cli(&self, item: usize, command: &str, name: &str, more: &[&str]) -> String {
        let key = self.key(item, name);
        let master = self.redis.master_of(&key).unwrap();
        let command = [&[command, key.as_str()][..], more].concat();
        self.redis.node(master).cli(&command)
    }

    /// A wave of every item, in its middle.
    async fn begin(&mut self) -> Vec<Wave> {
        let mut waves = Vec::new();
        for item in &mut self.items {
            waves.push(item.waves.begin(&self.cluster).await);
        }
        waves
    }

    /// The fault is there: nothing holds the waves any more.
    fn release(&mut self, waves: &[Wave]) {
        let items = self.items.iter().zip(waves);
        let promised: Vec<_> = items.map(|(item, wave)| item.waves.release(wave)).collect();
        self.promised.push(format!("{promised:?}"));
    }

    /// The waves of all items but one are ordered, and a unit of each comes back and is bought
    /// again, while that one's master is away. Returns that one's wave.
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

    async fn end(self, what: &str) {
        let all: Vec<_> = self.items.iter().map(|item| item.waves.all()).collect();
        let promised = self.promised.join(", ");
        println!("{what}: {promised} promises on the three masters before each fault");
        let lines = [0, 1, 2].map(|master| format!("{what}: the item on master {master}"));
        let ended: Vec<_> = (self.items.iter().zip(&all).zip(&lines))
            .map(|((item, all), line)| item.waves.ended(line, all, 0))
            .collect();
        self.cluster.end_all(&ended).await;
    }
}

impl Item {
    /// Somebody buys, gets an order and cancels it: the unit is for sale again.
    async fn is_bought_and_cancelled(&self) {
        let before = self.sellable().await;
        let order = self.is_ordered().await;
        self.becomes_sellable(before - 1).await;
        self.is_cancelled(&order).await;
        self.becomes_sellable(before).await;
    }

    /// The order of somebody who buys, or has bought before.
    async fn is_ordered(&self) -> String {
        match self.probe.buy(0).await {
            Outcome::Ordered(order) => order,
            Outcome::SoldOut => panic!("units are left"),
        }
    }

    async fn is_cancelled(&self, order: &str) {
        let deadline = Instant::now() + STEP_TIMEOUT;
        while !self.probe.cancel(0, order).await {
            assert!(Instant::now() < deadline, "nobody can cancel");
        }
    }

    async fn sellable(&self) -> u64 {
        let deadline = Instant::now() + STEP_TIMEOUT;
        loop {
            if let Some(sellable) = self.probe.sellable().await {
                return sellable;
            }
            assert!(Instant::now() < deadline, "nobody says what is for sale");
        }
    }

    async fn becomes_sellable(&self, units: u64) {
        let deadline = Instant::now() + STEP_TIMEOUT;
        loop {
            let now = self.sellable().await;
            if now == units {
                return;
            }
            assert!(Instant::now() < deadline, "{now} for sale, not {units}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Somebody asks for a unit until they hear this.
    async fn hears(&self, status: u16, error: Option<&str>) {
        let deadline = Instant::now() + STEP_TIMEOUT;
        loop {
            let heard = self.probe.try_once(0).await;
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

fn key(cluster: &Deployment, tag: &str, name: &str) -> String {
    format!("{}:{{{tag}}}:{name}", cluster.namespace)
}

impl Masters {
    /// An item is stopped and goes on, and is compared with the ledger.
    async fn is_stopped_and_compared(&self, item: usize) {
        let round = &self.items[item].waves.sale.round_id;
        let sale = &self.items[item];
        self.cluster.round(&["stop", round]);
        sale.hears(409, Some("stopped")).await;
        self.cluster.round(&["resume", round]);
        sale.hears(200, None).await;
        let order = sale.is_ordered().await;
        let right = sale.sellable().await + 1;
        sale.is_cancelled(&order).await;
        sale.becomes_sellable(right).await;
        // A manual change of a counter, which only the comparison undoes.
        for counter in ["sellable", "total"] {
            self.cli(item, "hincrby", "item", &[counter, "-1"]);
        }
        sale.becomes_sellable(right - 1).await;
        sale.becomes_sellable(right).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_is_killed_and_a_slot_moves() {
    let mut sale = Masters::new(2).await;
    // The master that knows what instances have in flight: it is missed by the items of the others.
    let in_flight = format!("{}:in-flight", sale.cluster.namespace);
    let away = sale.redis.master_of(&in_flight).unwrap();
    let waves = sale.begin().await;
    sale.redis.kill(away);
    sale.release(&waves);
    let begun = Instant::now();
    let waits = sale.others_are_sold(away, waves).await;
    let sold = begun.elapsed().as_secs_f64();
    sale.is_stopped_and_compared((away + 1) % MASTERS).await;
    let all = begun.elapsed().as_secs_f64();
    assert!(
        !waits.is_finished(),
        "who sold the item of the dead master?"
    );
    sale.redis.restart(away);
    let begun = Instant::now();
    sale.items[away].waves.is_answered(waits).await;
    println!(
        "a master killed: the others' items ordered and cancelled after {sold:.1} s, stopped and compared \
         after {all:.1} s; all of its own answered {:.1} s after it was back",
        begun.elapsed().as_secs_f64()
    );

    let (from, to) = (away, (away + 1) % MASTERS);
    let slot_of = sale.key(from, "item");
    let waves = sale.begin().await;
    sale.redis.begin_to_move(&slot_of, from, to);
    sale.release(&waves);
    let waits = sale.others_are_sold(from, waves).await;
    assert!(!waits.is_finished(), "who sold the item that moves?");
    let moved = sale.redis.move_slot(&slot_of, from, to);
    assert!(moved > 3, "{moved} keys");
    let begun = Instant::now();
    sale.items[from].waves.is_answered(waits).await;
    println!(
        "a slot of {moved} keys moved: all of its item answered {:.1} s later",
        begun.elapsed().as_secs_f64()
    );

    sale.end("a master killed, a slot moved").await;
}
