//! Faults of the network between instances and servers: slow, cut, silent in both directions, silent
//! in one. The servers are well all the time. One sale for each server, with a fault in the middle of
//! each wave of buyers; every fault is recovered from without a manual change.

use std::time::{Duration, Instant};

use test_servers::proxy::Proxy;
use tokio::{task::JoinHandle, time::sleep};

use super::deployment::{Deployment, Links, Plan};
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

/// The link to a server, and a sale during its faults.
struct Link {
    /// What `/readyz` calls the server.
    name: &'static str,
    of: fn(&Links) -> &Proxy,
    cluster: Deployment,
    sale: Sale,
    waves: Vec<Shoppers>,
    outcomes: Vec<Outcome>,
}

impl Link {
    async fn new(name: &'static str, of: fn(&Links) -> &Proxy) -> Link {
        let cluster = Deployment::start(Plan::default()).await;
        Link {
            name,
            of,
            sale: cluster.seed(STOCK, 4 * WAVE as u32),
            cluster,
            waves: Vec::new(),
            outcomes: Vec::new(),
        }
    }

    fn proxy(&self) -> &Proxy {
        (self.of)(&self.cluster.links)
    }

    /// Every instance says that it is not ready, and names the server.
    async fn wait_until_unready(&self) {
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
        shoppers.begin_until(MIDDLE);
        let buying = tokio::spawn(shoppers.clone().buy_all());
        shoppers.reaches(MIDDLE).await;
        buying
    }

    /// Waits until the wave has ended and every instance is ready again; prints what happened.
    async fn end_wave(&mut self, fault: &str, before: usize, wave: JoinHandle<Vec<Outcome>>) {
        let ended = Instant::now();
        let meanwhile = self.waves.last().unwrap().promised() - before;
        self.outcomes.extend(wave.await.unwrap());
        let done = ended.elapsed().as_secs_f64();
        for instance in self.cluster.webs.iter().chain(&self.cluster.workers) {
            instance.shop.wait_until_red(&[]).await;
        }
        println!(
            "link to the {}, {fault}: {before} of {WAVE} buyers queued before the fault, {meanwhile} \
             during it; all answered {done:.1} s after its end, all instances ready after {:.1} s",
            self.name,
            ended.elapsed().as_secs_f64()
        );
    }

    /// The fault is there: nothing holds the wave any more. How many were told "queued" before.
    fn release_wave(&self, wave: &JoinHandle<Vec<Outcome>>) -> usize {
        assert!(!wave.is_finished(), "the wave was over before the fault");
        let shoppers = self.waves.last().unwrap();
        let promised = shoppers.promised();
        shoppers.begin_without_limit();
        promised
    }

    async fn delayed(&mut self) {
        let wave = self.wave().await;
        self.proxy().delay(200);
        let before = self.release_wave(&wave);
        let asked = Instant::now();
        self.cluster.webs[0].shop.readiness().await.unwrap();
        assert!(asked.elapsed() >= Duration::from_millis(200), "not delayed");
        sleep(Duration::from_secs(3)).await;
        self.proxy().pass();
        self.end_wave("delayed by 200 ms for 3 s", before, wave)
            .await;
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
                before = self.release_wave(&wave);
            }
        }
        let fault = format!("cut five times, {cut:?} connections");
        self.end_wave(&fault, before, wave).await;
    }

    async fn half_open(&mut self) {
        let wave = self.wave().await;
        self.proxy().half_open();
        let before = self.release_wave(&wave);
        let begun = Instant::now();
        self.wait_until_unready().await;
        sleep(Duration::from_secs(5).saturating_sub(begun.elapsed())).await;
        self.proxy().pass();
        self.proxy().drop_connections();
        let fault = "half open for 5 s, then cut";
        self.end_wave(fault, before, wave).await;
    }

    async fn answers_lost(&mut self) {
        let wave = self.wave().await;
        self.proxy().lose_answers();
        let before = self.release_wave(&wave);
        let begun = Instant::now();
        self.wait_until_unready().await;
        sleep(Duration::from_secs(3).saturating_sub(begun.elapsed())).await;
        // What is connected stays silent.
        self.proxy().pass();
        self.end_wave("answers lost for 3 s", before, wave).await;
    }

    async fn end(self) {
        self.cluster.drained().await;
        let (last, earlier) = self.waves.split_last().unwrap();
        for wave in earlier {
            wave.all_are_answered().await;
        }
        let what = format!("link to the {}", self.name);
        self.cluster
            .end(&what, &self.sale, last, &self.outcomes, STOCK)
            .await;
    }
}

async fn with_faults(name: &'static str, of: fn(&Links) -> &Proxy) {
    let mut link = Link::new(name, of).await;
    link.delayed().await;
    link.cut().await;
    link.half_open().await;
    link.answers_lost().await;
    link.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_of_the_link_to_redis() {
    with_faults("gate", |links| &links.redis).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_of_the_link_to_rabbitmq() {
    with_faults("queue", |links| &links.rabbit).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_of_the_link_to_the_ledger() {
    with_faults("ledger", |links| &links.ledger).await;
}
