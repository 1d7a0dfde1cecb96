//! An item whose segments are on different masters of a Redis Cluster, one of which dies in the middle
//! of its sale: buyers of the other segments are sold to meanwhile.

use std::time::Instant;

use test_servers::redis::RedisCluster;

use super::{
    deployment::{Deployment, Plan},
    scenario::{nobody_is_promised_more, wait_until},
    waves::{ItemInWaves, MIDDLE, WAVE},
};
use crate::process::Sale;

const SEGMENTS: u8 = 3;
/// Waves, and what they leave.
const WAVES: usize = 2;
const LEFT: usize = 50;
/// The segments are not all on one master after so many rounds.
const MAX_ROUNDS: usize = 10;
/// So many of the others' segments are told "queued" while the master is away.
const MEANWHILE: usize = 5;

fn outbox(cluster: &Deployment, sale: &Sale, segment: u8) -> String {
    let tag = match segment {
        0 => sale.item_id.clone(),
        segment => format!("{}/{segment}", sale.item_id),
    };
    format!("{}:{{{tag}}}:outbox", cluster.namespace)
}

/// How many holds of the item are only on this master.
fn only_there(redis: &RedisCluster, cluster: &Deployment, sale: &Sale, master: usize) -> usize {
    let outboxes = (0..SEGMENTS).map(|segment| outbox(cluster, sale, segment));
    let here = outboxes.filter(|outbox| redis.master_of(outbox) == Some(master));
    here.map(|outbox| {
        let length = redis.node(master).cli(&["xlen", &outbox]);
        length.parse::<usize>().expect(&length)
    })
    .sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_of_some_segments_is_killed_and_comes_back_with_its_data_and_then_empty() {
    let redis = RedisCluster::start();
    let plan = Plan {
        settings: vec![("REDIS_URL", redis.urls().join(","))],
        ..Plan::default()
    };
    let mut cluster = Deployment::start(plan).await;
    let stock = (WAVES * WAVE + LEFT) as u32;
    let mut found = None;
    for _ in 0..MAX_ROUNDS {
        let sale = cluster.seed_in_segments(stock, (WAVES * WAVE) as u32, SEGMENTS.into());
        let masters =
            (0..SEGMENTS).map(|segment| redis.master_of(&outbox(&cluster, &sale, segment)));
        let masters: Vec<_> = masters.map(Option::unwrap).collect();
        if masters.iter().any(|master| *master != masters[0]) {
            // The one with a single segment: its buyers must not take all connections.
            let segments = |master: &usize| masters.iter().filter(|of| *of == master).count();
            let away = masters.iter().copied().min_by_key(segments);
            found = away.map(|away| (sale, away));
            break;
        }
    }
    let (sale, away) = found.expect("segments on two masters");
    let mut item = ItemInWaves::new(sale, stock, WAVE);

    let wave = item.begin(&cluster).await;
    redis.kill(away);
    let before = item.release(&wave);
    item.last().reaches(before + MEANWHILE).await;
    assert!(!wave.is_finished(), "who sold the dead segment?");
    redis.restart(away);
    let begun = Instant::now();
    item.is_answered(wave).await;
    println!(
        "a master of a segment killed: all answered {:.1} s after it was back",
        begun.elapsed().as_secs_f64()
    );

    let of_master = |redis: &RedisCluster, cluster: &Deployment, item: &ItemInWaves| {
        only_there(redis, cluster, &item.sale, away)
    };
    wait_until("empty outboxes", || of_master(&redis, &cluster, &item) == 0).await;
    cluster.pause_workers();
    let wave = item.begin(&cluster).await;
    nobody_is_promised_more(&[item.last()]).await;
    let lost = of_master(&redis, &cluster, &item);
    assert!((1..item.promised()).contains(&lost), "{lost} of {MIDDLE}");
    redis.kill(away);
    cluster.resume_workers();
    item.release(&wave);
    redis.restart_empty(away);
    let begun = Instant::now();
    item.is_answered(wave).await;
    println!(
        "a master of a segment back empty, {lost} holds lost: all answered after {:.1} s",
        begun.elapsed().as_secs_f64()
    );
    let what =
        format!("a master of a segment killed, then back empty; {lost} told that they failed");
    let all = item.all();
    cluster.end_all(&[item.ended(&what, &all, lost)]).await;
}
