//! A seeded simulation of money: buyers, the provider, workers, staff and time in random order. A step
//! may crash at every call to the ledger or the provider, calls fail or lose their answers, and
//! another step may happen in the middle of one. Ledger and built-in provider are the real ones; an
//! auditor independent of their code adds up both.
//!
//! Run other seeds: `SECKILL_SIM_SEED=17` or `=1000-1999 cargo test --test suite payments::replay`.

mod auditor;
mod people;
mod provider;
mod world;

use world::World;

use super::chosen_seeds;

/// Steps per seed.
const STEPS: u32 = 25;

async fn run(seed: u64) {
    // Printed by the test harness if the seed fails.
    println!("seed {seed}");
    let mut world = World::new(seed).await;
    for _ in 0..STEPS {
        world.step().await;
    }
    world.end().await;
}

async fn run_all(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        run(seed).await;
    }
}

#[tokio::test]
async fn seeds_0_to_74_account_for_all_money() {
    run_all(0..75).await;
}

#[tokio::test]
async fn seeds_75_to_149_account_for_all_money() {
    run_all(75..150).await;
}

#[tokio::test]
async fn seeds_150_to_224_account_for_all_money() {
    run_all(150..225).await;
}

#[tokio::test]
async fn seeds_225_to_299_account_for_all_money() {
    run_all(225..300).await;
}

#[tokio::test]
async fn replay() {
    run_all(chosen_seeds()).await;
}

#[tokio::test]
async fn the_same_seed_gives_the_same_trace() {
    let mut traces = Vec::new();
    for _ in 0..2 {
        let mut world = World::new(3).await;
        for _ in 0..STEPS {
            world.step().await;
        }
        traces.push(world.trace());
    }
    assert_eq!(traces[0], traces[1]);
}
