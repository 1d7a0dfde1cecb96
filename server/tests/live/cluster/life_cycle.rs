//! Instances that start, stop, are replaced, have a wrong clock, or lack a server.

use std::time::{Duration, Instant, SystemTime};

use test_servers::{http, proxy::Proxy};
use tokio::time::sleep;

use super::{
    deployment::{Deployment, Instance, Plan},
    scenario::{Scenario, Size},
};
use crate::buyers::Shoppers;

fn instances(cluster: &mut Deployment) -> impl Iterator<Item = &mut Instance> {
    cluster.webs.iter_mut().chain(&mut cluster.workers)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_instances_at_once_fill_an_empty_gate_once() {
    const STOCK: u32 = 300;
    let mut cluster = Deployment::start(Plan::default()).await;
    for instance in instances(&mut cluster) {
        instance.stop().await;
    }
    let sale = cluster.seed(STOCK, 500);
    for instance in instances(&mut cluster) {
        instance.spawn();
    }
    for instance in instances(&mut cluster) {
        instance.shop.wait_until_red(&[]).await;
    }
    let audit = cluster.drained().await;
    assert_eq!(audit.items[0].sellable, i64::from(STOCK), "{audit:#?}");
    let shoppers = cluster.shoppers(&sale);
    let outcomes = shoppers.clone().buy_all().await;
    let what = format!("four instances started at once: {STOCK} units at the gate");
    cluster.end(&what, &sale, &shoppers, &outcomes, STOCK).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_instances_are_replaced_one_after_the_other() {
    let plan = Plan {
        // Slow enough for eight stops and starts; fast enough for a balancer to notice.
        settings: vec![
            ("ORDERS_PER_S", "40".to_owned()),
            ("DRAIN_S", "1".to_owned()),
        ],
        ..Plan::default()
    };
    let cluster = Deployment::start(plan).await;
    let size = Size {
        stock: 900,
        buyers: 1_100,
        ahead: 120,
    };
    let mut scenario = Scenario::of("rolling restart", cluster, size).await;
    let mut took = Vec::new();
    for number in 0..4 {
        let promised = scenario.in_the_middle();
        let instance = instances(&mut scenario.cluster).nth(number).unwrap();
        let begun = Instant::now();
        instance.process().signal("TERM");
        instance.shop.wait_until_red(&["process"]).await;
        instance.wait_until_stopped().await;
        took.push(begun.elapsed().as_millis());
        instance.start().await;
        scenario.reaches(promised + 20).await;
    }
    scenario
        .end(&format!("red, then ended with status 0 after {took:?} ms"))
        .await;
}

/// Kills a server, starts a web instance and a worker without it, and starts it again.
async fn starts_without(
    cluster: &mut Deployment,
    name: &str,
    kill: fn(&mut Deployment),
    restart: fn(&mut Deployment),
) {
    cluster.webs[0].stop().await;
    cluster.workers[0].stop().await;
    kill(cluster);
    for instance in [&mut cluster.webs[0], &mut cluster.workers[0]] {
        instance.shop.set(
            "LOG",
            "info,sea_orm_migration=warn,sqlx::postgres::notice=warn,lapin=off",
        );
        instance.shop.clear_log();
        instance.spawn();
    }
    // Running instances notice it and name it.
    cluster.webs[1].shop.wait_until_red(&[name]).await;
    cluster.workers[1].shop.wait_until_red(&[name]).await;
    // Long enough for work that runs every second to fail several times.
    sleep(Duration::from_secs(5)).await;
    for instance in [&mut cluster.webs[0], &mut cluster.workers[0]] {
        assert!(!instance.process().has_ended(), "{}", instance.shop.log());
        match (name, instance.shop.readiness().await) {
            // Without a ledger it refuses connections: proxies use another instance at once.
            ("ledger", readiness) => assert_eq!(readiness, None),
            (_, readiness) => assert_eq!(readiness, Some((503, vec![name.to_owned()]))),
        }
    }
    let logs = [&cluster.webs[0], &cluster.workers[0]].map(|instance| instance.shop.log());
    restart(cluster);
    let back = Instant::now();
    for instance in instances(cluster) {
        instance.shop.wait_until_red(&[]).await;
    }
    let ready = back.elapsed().as_secs_f64();
    let lines = logs.each_ref().map(|log| log.lines().count());
    println!(
        "start without the {name}: {lines:?} lines logged in 5 s, all ready {ready:.1} s after it"
    );
    for log in &logs {
        let says = match name {
            "ledger" => "waiting for the ledger",
            "gate" => "cannot read the clock of Redis",
            _ => "cannot connect to RabbitMQ",
        };
        assert!(log.contains(says), "{log}");
        assert!(log.lines().count() <= 12, "a flood: {log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_waits_for_whatever_is_missing_at_its_start() {
    let mut cluster = Deployment::start(Plan::default()).await;
    let url = cluster.database_url();
    for instance in instances(&mut cluster) {
        // A proxy accepts connections; the real address without a server does not.
        instance.shop.set("DATABASE_URL", &url);
    }
    let cluster = &mut cluster;
    starts_without(
        cluster,
        "gate",
        |cluster| cluster.servers().redis.kill(),
        |cluster| cluster.servers().redis.restart(),
    )
    .await;
    starts_without(
        cluster,
        "queue",
        |cluster| cluster.servers().rabbit.kill(),
        |cluster| cluster.servers().rabbit.restart(),
    )
    .await;
    starts_without(
        cluster,
        "ledger",
        Deployment::kill_database,
        Deployment::restart_database,
    )
    .await;
}

/// Each buyer calls once: all must get "busy". Returns the median time.
async fn all_are_busy(shoppers: &Shoppers, buyers: usize) -> Duration {
    let mut took = Vec::new();
    for buyer in 0..buyers {
        let begun = Instant::now();
        let (status, answer) = shoppers.try_once(buyer).await.unwrap();
        took.push(begun.elapsed());
        assert_eq!((status, answer["error"].as_str()), (503, Some("busy")));
    }
    took.sort_unstable();
    took[took.len() / 2]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_buyers_get_busy_at_once() {
    let cluster = Deployment::start(Plan::default()).await;
    let sale = cluster.seed(100, 300);
    let shoppers = cluster.shoppers(&sale);
    let each_link = |act: fn(&Proxy)| cluster.links().for_each(|links| act(&links.redis));
    each_link(Proxy::half_open);
    let silent = all_are_busy(&shoppers, 150).await;
    each_link(Proxy::refuse);
    each_link(Proxy::drop_connections);
    let gone = all_are_busy(&shoppers, 150).await;
    each_link(Proxy::pass);
    let outcomes = shoppers.clone().buy_all().await;
    let what =
        format!("dead Redis: busy after {silent:.1?} (silent), {gone:.1?} (gone), in the median");
    cluster.end(&what, &sale, &shoppers, &outcomes, 100).await;
}

/// Sets this instance's clock an hour ahead from its next start on, but not its timers.
fn set_clock_ahead(instance: &mut Instance) {
    // One folder per architecture.
    let folders = std::fs::read_dir("/usr/lib").unwrap();
    let library = folders
        .map(|folder| folder.unwrap().path().join("faketime/libfaketimeMT.so.1"))
        .find(|library| library.exists())
        .expect("libfaketime is not installed");
    let library = library.to_str().unwrap();
    instance.shop.set_environment("LD_PRELOAD", library);
    instance.shop.set_environment("FAKETIME", "+1h");
    instance
        .shop
        .set_environment("FAKETIME_DONT_FAKE_MONOTONIC", "1");
}

/// An instance's clock in seconds of the day, from HTTP's `Date`, which its machine sets.
async fn clock_of(instance: &Instance) -> i64 {
    let answer = http::get(format!("{}/healthz", instance.shop.url())).await;
    let date = answer.unwrap().headers()["date"]
        .to_str()
        .unwrap()
        .to_owned();
    // Sat, 21 Nov 2026 11:19:06 GMT
    let time = date.split(' ').nth(4).unwrap();
    let parts = time.split(':').map(|part| part.parse::<i64>().unwrap());
    parts.fold(0, |all, part| all * 60 + part)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_an_hour_ahead_sell_neither_early_nor_late() {
    const STOCK: u32 = 100;
    let mut cluster = Deployment::start(Plan::default()).await;
    for role in [&mut cluster.webs, &mut cluster.workers] {
        role[0].stop().await;
        set_clock_ahead(&mut role[0]);
        role[0].start().await;
        let ahead = clock_of(&role[0]).await - clock_of(&role[1]).await;
        let ahead = ahead.rem_euclid(24 * 3600);
        assert!((3590..3610).contains(&ahead), "{ahead} s");
    }
    // Long enough to sign in on slow machines.
    let sale = cluster.seed_ahead(STOCK, 200, 8);
    // From then on it is open for an hour: by the wrong clock it is over all the time.
    let open_for_ms = || {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        now.unwrap().as_millis() as i64 - sale.starts_at_ms
    };
    let knocking = [0, 1].map(|web: usize| {
        let url = cluster.webs[web].shop.url();
        Shoppers::new(&[url], &sale.early(100), 1)
    });
    let mut refused = [0, 0];
    let mut sold_after_ms = [None, None];
    while sold_after_ms.contains(&None) {
        for web in 0..2 {
            // A separate buyer at each: a second call of one would be no new purchase.
            let (status, answer) = knocking[web].try_once(web).await.unwrap();
            let open_ms = open_for_ms();
            match answer["error"].as_str() {
                // Busy: the gate has not loaded the new item yet.
                Some("not_started" | "item_unknown" | "busy") => refused[web] += 1,
                error => {
                    assert!(open_ms >= 0, "instance {web} sells early: {answer}");
                    let again = error == Some("already_reserved");
                    assert!(status == 200 || again, "{status} {answer}");
                    sold_after_ms[web].get_or_insert(open_ms);
                }
            }
            assert!(open_ms < 3_000, "instance {web} does not open: {answer}");
        }
        sleep(Duration::from_millis(5)).await;
    }
    assert!(refused[0] > 3 && refused[1] > 3, "{refused:?}");
    let shoppers = cluster.shoppers(&sale);
    let outcomes = shoppers.clone().buy_all().await;
    let what = format!(
        "a web instance and a worker an hour ahead: {refused:?} refusals before the start, sold \
         {sold_after_ms:?} ms after it"
    );
    cluster.end(&what, &sale, &shoppers, &outcomes, STOCK).await;
}
