//! Network faults between all instances and a server: slow, cut, silent in both directions, silent
//! in one. The servers themselves work. One sale per server, with a fault in the middle of each
//! wave of buyers; the shop recovers from each without a manual change.

use std::time::{Duration, Instant};

use test_servers::proxy::Proxy;
use tokio::time::sleep;

use super::{
    deployment::Links,
    waves::{WAVE, Wave, Waves},
};

/// The connections to a server, and a sale during their faults.
struct Link {
    /// The server's name in `/readyz`.
    name: &'static str,
    of: fn(&Links) -> &Proxy,
    waves: Waves,
}

impl Link {
    fn proxies(&self) -> impl Iterator<Item = &Proxy> {
        self.waves.cluster.links().map(self.of)
    }

    fn connections(&self) -> usize {
        self.proxies().map(Proxy::connections).sum()
    }

    fn pass(&self) {
        self.proxies().for_each(Proxy::pass);
    }

    fn drop_connections(&self) {
        self.proxies().for_each(Proxy::drop_connections);
    }

    /// Waits until every instance is not ready, and names the server.
    async fn wait_until_unready(&self) {
        for instance in self.waves.cluster.instances() {
            instance.shop.wait_until_red(&[self.name]).await;
        }
    }

    /// Waits until the wave has ended and every instance is ready again; prints the result.
    async fn end_wave(&mut self, fault: &str, before: usize, wave: Wave) {
        let ended = Instant::now();
        let meanwhile = self.waves.promised() - before;
        self.waves.is_answered(wave).await;
        let done = ended.elapsed().as_secs_f64();
        for instance in self.waves.cluster.instances() {
            instance.shop.wait_until_red(&[]).await;
        }
        println!(
            "link to the {}, {fault}: {before} of {WAVE} buyers queued before the fault, {meanwhile} \
             during it; all answered {done:.1} s after its end, all instances ready after {:.1} s",
            self.name,
            ended.elapsed().as_secs_f64()
        );
    }

    async fn delayed(&mut self) {
        let wave = self.waves.begin().await;
        self.proxies().for_each(|proxy| proxy.delay(200));
        let before = self.waves.release(&wave);
        let asked = Instant::now();
        self.waves.cluster.webs[0].shop.readiness().await.unwrap();
        assert!(asked.elapsed() >= Duration::from_millis(200), "not delayed");
        sleep(Duration::from_secs(3)).await;
        self.pass();
        self.end_wave("delayed by 200 ms for 3 s", before, wave)
            .await;
    }

    async fn cut(&mut self) {
        let wave = self.waves.begin().await;
        let mut cut = Vec::new();
        let mut before = 0;
        for round in 0..5 {
            let begun = Instant::now();
            while self.connections() == 0 {
                assert!(begun.elapsed() < Duration::from_secs(10), "nobody connects");
                sleep(Duration::from_millis(5)).await;
            }
            cut.push(self.connections());
            self.drop_connections();
            if round == 0 {
                before = self.waves.release(&wave);
            }
        }
        let fault = format!("cut five times, {cut:?} connections");
        self.end_wave(&fault, before, wave).await;
    }

    async fn half_open(&mut self) {
        let wave = self.waves.begin().await;
        self.proxies().for_each(Proxy::half_open);
        let before = self.waves.release(&wave);
        let begun = Instant::now();
        self.wait_until_unready().await;
        sleep(Duration::from_secs(5).saturating_sub(begun.elapsed())).await;
        self.pass();
        self.drop_connections();
        let fault = "half open for 5 s, then cut";
        self.end_wave(fault, before, wave).await;
    }

    async fn answers_lost(&mut self) {
        let wave = self.waves.begin().await;
        self.proxies().for_each(Proxy::lose_answers);
        let before = self.waves.release(&wave);
        let begun = Instant::now();
        self.wait_until_unready().await;
        sleep(Duration::from_secs(3).saturating_sub(begun.elapsed())).await;
        // Open connections stay silent.
        self.pass();
        self.end_wave("answers lost for 3 s", before, wave).await;
    }
}

async fn with_faults(name: &'static str, of: fn(&Links) -> &Proxy) {
    let waves = Waves::new(4).await;
    let mut link = Link { name, of, waves };
    link.delayed().await;
    link.cut().await;
    link.half_open().await;
    link.answers_lost().await;
    link.waves.end(&format!("link to the {name}")).await;
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
