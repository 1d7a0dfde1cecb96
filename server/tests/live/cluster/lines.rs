//! The lines to the servers: slow, cut, mute in both directions, mute in one. The servers are well
//! all the time. Four faults a sale, and none needs a hand.

use std::time::{Duration, Instant};

use test_servers::proxy::Proxy;
use tokio::time::sleep;

use super::{
    deployment::{Deployment, Lines, Plan},
    row::Row,
};

const STOCK: u32 = 700;
const BUYERS: u32 = 1_000;
/// More than the connections of a crowd: so many more promises are not made while everybody waits
/// for a result.
const PROGRESS: usize = 40;

/// A line, and what `/readyz` calls its end.
#[derive(Clone, Copy)]
struct Line {
    name: &'static str,
    of: fn(&Lines) -> &Proxy,
}

impl Line {
    fn proxy(self, row: &Row) -> &Proxy {
        (self.of)(&row.cluster.lines)
    }

    /// Every copy notices, and names it.
    async fn is_red(self, row: &Row) {
        for copy in row.cluster.webs.iter().chain(&row.cluster.workers) {
            copy.shop.wait_until_red(&[self.name]).await;
        }
    }

    /// The sale goes on and every copy is ready again; prints the row.
    async fn is_over(self, row: &mut Row, fault: &str, promised: usize) {
        let ended = Instant::now();
        let meanwhile = row.in_the_middle() - promised;
        row.reaches(promised + meanwhile + PROGRESS).await;
        let sold_again = ended.elapsed();
        for copy in row.cluster.webs.iter().chain(&row.cluster.workers) {
            copy.shop.wait_until_red(&[]).await;
        }
        println!(
            "line to the {}, {fault}: begun after {promised} promises, {meanwhile} more meanwhile; \
             goes on {:.1} s later, all ready after {:.1} s",
            self.name,
            sold_again.as_secs_f64(),
            ended.elapsed().as_secs_f64()
        );
    }

    async fn late(self, row: &mut Row) {
        let promised = row.in_the_middle();
        self.proxy(row).delay(200);
        let asked = Instant::now();
        row.cluster.webs[0].shop.readiness().await.unwrap();
        assert!(asked.elapsed() >= Duration::from_millis(200), "not late");
        sleep(Duration::from_secs(3)).await;
        self.proxy(row).pass();
        self.is_over(row, "200 ms late for 3 s", promised).await;
    }

    async fn cut(self, row: &mut Row) {
        let promised = row.in_the_middle();
        for _ in 0..5 {
            let begun = Instant::now();
            while self.proxy(row).connections() == 0 {
                assert!(begun.elapsed() < Duration::from_secs(10), "nobody connects");
                sleep(Duration::from_millis(5)).await;
            }
            self.proxy(row).drop_connections();
        }
        self.is_over(row, "cut five times", promised).await;
    }

    async fn half_open(self, row: &mut Row) {
        let promised = row.in_the_middle();
        self.proxy(row).half_open();
        let begun = Instant::now();
        self.is_red(row).await;
        sleep(Duration::from_secs(5).saturating_sub(begun.elapsed())).await;
        self.proxy(row).pass();
        self.proxy(row).drop_connections();
        self.is_over(row, "half open for 5 s, then cut", promised)
            .await;
    }

    async fn answers_lost(self, row: &mut Row) {
        let promised = row.in_the_middle();
        self.proxy(row).lose_answers();
        let begun = Instant::now();
        self.is_red(row).await;
        sleep(Duration::from_secs(3).saturating_sub(begun.elapsed())).await;
        // What is connected stays mute.
        self.proxy(row).pass();
        self.is_over(row, "answers lost for 3 s", promised).await;
    }
}

async fn fails(name: &'static str, of: fn(&Lines) -> &Proxy) {
    let line = Line { name, of };
    let cluster = Deployment::start(Plan::default()).await;
    let mut row = Row::begin(name, cluster, STOCK, BUYERS).await;
    line.late(&mut row).await;
    line.cut(&mut row).await;
    line.half_open(&mut row).await;
    line.answers_lost(&mut row).await;
    row.end("after four faults of its line").await;
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
