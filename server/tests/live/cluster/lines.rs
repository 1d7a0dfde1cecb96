//! The lines to the servers: slow, cut, mute in both directions, mute in one. The servers are well
//! all the time. A sale a line, in which a fault hits each wave of buyers; none needs a hand.

use std::time::{Duration, Instant};

use test_servers::proxy::Proxy;
use tokio::{task::JoinHandle, time::sleep};

use super::deployment::{Deployment, Lines, Plan};
use crate::{
    buyers::{Outcome, Shoppers},
    process::Sale,
};

/// Buyers of a wave.
const WAVE: usize = 150;
/// The last of four waves finds too little.
const STOCK: u32 = 560;
/// The fault comes when so many of a wave were told "queued".
const MIDDLE: usize = 20;

/// A line, and what `/readyz` calls its end.
struct Line {
    name: &'static str,
    of: fn(&Lines) -> &Proxy,
    cluster: Deployment,
    sale: Sale,
    waves: Vec<Shoppers>,
    outcomes: Vec<Outcome>,
}

impl Line {
    async fn new(name: &'static str, of: fn(&Lines) -> &Proxy) -> Line {
        let cluster = Deployment::start(Plan::default()).await;
        Line {
            name,
            of,
            sale: cluster.seed(STOCK, 4 * WAVE as u32),
            cluster,
            waves: Vec::new(),
            outcomes: Vec::new(),
        }
    }

    fn proxy(&self) -> &Proxy {
        (self.of)(&self.cluster.lines)
    }

    /// Every instance notices, and names it.
    async fn is_red(&self) {
        for instance in self.cluster.webs.iter().chain(&self.cluster.workers) {
            instance.shop.wait_until_red(&[self.name]).await;
        }
    }

    /// The next wave, in its middle.
    async fn wave(&mut self) -> JoinHandle<Vec<Outcome>> {
        let begin = self.waves.len() * WAVE;
        let buyers = self.sale.part(begin..begin + WAVE);
        let shoppers = self.cluster.shoppers_of(&buyers);
        self.waves.push(shoppers.clone());
        shoppers.lets_in(MIDDLE);
        let buying = tokio::spawn(shoppers.clone().buy_all());
        shoppers.reaches(MIDDLE).await;
        buying
    }

    /// The wave comes to its end and every instance is ready again; prints the scenario.
    async fn goes_on(&mut self, fault: &str, before: usize, wave: JoinHandle<Vec<Outcome>>) {
        let ended = Instant::now();
        let meanwhile = self.waves.last().unwrap().promised() - before;
        self.outcomes.extend(wave.await.unwrap());
        let done = ended.elapsed().as_secs_f64();
        for instance in self.cluster.webs.iter().chain(&self.cluster.workers) {
            instance.shop.wait_until_red(&[]).await;
        }
        println!(
            "line to the {}, {fault}: begun after {before} of {WAVE} promises, {meanwhile} more \
             meanwhile; everybody answered {done:.1} s after its end, all instances ready after \
             {:.1} s",
            self.name,
            ended.elapsed().as_secs_f64()
        );
    }

    /// The fault has come: nothing holds the wave any more. How many were told "queued" before.
    fn hit(&self, wave: &JoinHandle<Vec<Outcome>>) -> usize {
        assert!(!wave.is_finished(), "the wave was over before the fault");
        let shoppers = self.waves.last().unwrap();
        let promised = shoppers.promised();
        shoppers.lets_everybody_in();
        promised
    }

    async fn late(&mut self) {
        let wave = self.wave().await;
        self.proxy().delay(200);
        let before = self.hit(&wave);
        let asked = Instant::now();
        self.cluster.webs[0].shop.readiness().await.unwrap();
        assert!(asked.elapsed() >= Duration::from_millis(200), "not late");
        sleep(Duration::from_secs(3)).await;
        self.proxy().pass();
        self.goes_on("200 ms late for 3 s", before, wave).await;
    }

    async fn cut(&mut self) {
        let wave = self.wave().await;
        let mut cut = Vec::new();
        let mut before = 0;
        for round in 0..5 {
            let begun = Instant::now();
            while self.proxy().connections() == 0 {
                assert!(begun.elapsed() < Duration::from_secs(10), "nobody connects");
                sleep(Duration::from_millis(5)).await;
            }
            cut.push(self.proxy().connections());
            self.proxy().drop_connections();
            if round == 0 {
                before = self.hit(&wave);
            }
        }
        let fault = format!("cut five times, {cut:?} connections");
        self.goes_on(&fault, before, wave).await;
    }

    async fn half_open(&mut self) {
        let wave = self.wave().await;
        self.proxy().half_open();
        let before = self.hit(&wave);
        let begun = Instant::now();
        self.is_red().await;
        sleep(Duration::from_secs(5).saturating_sub(begun.elapsed())).await;
        self.proxy().pass();
        self.proxy().drop_connections();
        let fault = "half open for 5 s, then cut";
        self.goes_on(fault, before, wave).await;
    }

    async fn answers_lost(&mut self) {
        let wave = self.wave().await;
        self.proxy().lose_answers();
        let before = self.hit(&wave);
        let begun = Instant::now();
        self.is_red().await;
        sleep(Duration::from_secs(3).saturating_sub(begun.elapsed())).await;
        // What is connected stays mute.
        self.proxy().pass();
        self.goes_on("answers lost for 3 s", before, wave).await;
    }

    async fn end(self) {
        self.cluster.drained().await;
        let (last, earlier) = self.waves.split_last().unwrap();
        for wave in earlier {
            wave.all_are_answered().await;
        }
        print!("line to the {}: ", self.name);
        self.cluster
            .end(&self.sale, last, &self.outcomes, STOCK)
            .await;
    }
}

async fn fails(name: &'static str, of: fn(&Lines) -> &Proxy) {
    let mut line = Line::new(name, of).await;
    line.late().await;
    line.cut().await;
    line.half_open().await;
    line.answers_lost().await;
    line.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_line_to_redis_fails() {
    fails("gate", |lines| &lines.redis).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_line_to_rabbitmq_fails() {
    fails("queue", |lines| &lines.rabbit).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_line_to_the_ledger_fails() {
    fails("ledger", |lines| &lines.ledger).await;
}
