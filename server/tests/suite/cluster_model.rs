//! The cluster's state machine as a model: gate, outbox, queue and ledger, each of which loses, delays,
//! repeats or does not answer any call of any caller, by a seed. Relay, order writer and release are the
//! engine's own. The gate's part is compared with the scripts on a real Redis, step by step.
//!
//! Millions of steps: `SECKILL_SIM_SEEDS=100000 cargo test --release --test suite cluster_model`.
//! Replay one seed: `SECKILL_SIM_SEED=17 cargo test --test suite cluster_model::replay`.

mod gate;
mod ledger;
mod scripts;
mod world;

use std::collections::BTreeMap;

use rand::{Rng, SeedableRng, rngs::StdRng};
use server::engine::Engine;

use crate::{redis_gate::connect, support::TestShop};
use gate::{CLOSED, Gate, Hold};
use scripts::Scripts;
use world::World;

/// Steps per seed: long enough for some losses and their consequences.
const STEPS: u32 = 400;
/// The default number of seeds.
const SEEDS: u64 = 1_500;

fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |number| number.parse().expect("a number"))
}

fn run(seed: u64, engine: &Engine) -> usize {
    // Printed by the test harness if the seed fails.
    println!("seed {seed}");
    let mut world = World::new(seed, engine);
    for _ in 0..STEPS {
        world.step();
    }
    world.end();
    world.lost()
}

#[tokio::test]
async fn promises_are_kept_when_calls_are_lost_late_or_repeated() {
    let shop = TestShop::open_embedded().await;
    let seeds = from_environment("SECKILL_SIM_SEEDS", SEEDS);
    let lost: usize = (0..seeds).map(|seed| run(seed, &shop.engine)).sum();
    assert!(lost as u64 > seeds / 4, "little was lost: {lost}");
}

#[tokio::test]
async fn replay() {
    let shop = TestShop::open_embedded().await;
    run(from_environment("SECKILL_SIM_SEED", 0), &shop.engine);
}

/// One random call, of both the model and the scripts.
async fn step(rng: &mut StdRng, model: &mut Gate, scripts: &Scripts) {
    let buyer = rng.random_range(0..5);
    // A few per buyer, so that calls are repeated.
    let reservation = buyer * 10 + rng.random_range(0..3);
    let held = model.holders.get(&buyer).map(|hold| hold.reservation);
    let reservation = held.filter(|_| rng.random_bool(0.5)).unwrap_or(reservation);
    let epoch = model.item.as_ref().map_or(CLOSED, |item| item.epoch);
    // Sometimes an earlier load's epoch.
    let epoch = epoch.saturating_sub(u32::from(rng.random_bool(0.1)));
    let version = model.item.as_ref().map_or(0, |item| item.version);
    let version = version + u32::from(rng.random_bool(0.2));
    let told = match rng.random_bool(0.02) {
        true => u32::MAX >> 1,
        false => 0,
    };
    let hold = |reservation, position| Hold {
        reservation,
        position,
        resends: 0,
    };
    match rng.random_range(0..100) {
        0..40 => assert_eq!(
            scripts.reserve(epoch, reservation, buyer, told).await,
            model.reserve(epoch, reservation, buyer, told)
        ),
        40..52 => {
            let withdraw = rng.random_bool(0.2);
            assert_eq!(
                scripts.release(reservation, buyer, withdraw).await,
                model.release(reservation, buyer, withdraw)
            );
        }
        52..54 => assert_eq!(scripts.close().await, model.close()),
        54..62 => {
            let epoch = epoch + u32::from(rng.random_bool(0.8));
            let holders =
                (0..rng.random_range(0..3)).map(|buyer| (buyer, hold(buyer * 10, buyer + 1)));
            let holders: BTreeMap<_, _> = holders.collect();
            let (sellable, positions) = (rng.random_range(0..5), rng.random_range(5..9));
            // Epochs grow, and 0 is reserved for closed segments.
            let epoch = epoch.max(1);
            assert_eq!(
                scripts.load(epoch, sellable, &holders, positions).await,
                model.load(epoch, sellable, &holders, positions)
            );
        }
        62..70 => assert_eq!(
            scripts.resend(epoch, reservation, buyer).await,
            model.resend(epoch, reservation, buyer)
        ),
        70..74 => {
            let put = [((buyer + 1) % 5, hold(reservation, 3))];
            let checked = (epoch, version);
            assert_eq!(
                scripts.repair(checked, (2, 1), &[buyer], &put).await,
                model.repair(checked, (2, 1), &[buyer], &put)
            );
        }
        74..94 => step_of_relay(rng, model, scripts).await,
        94..98 => assert_eq!(
            scripts.warm_up(epoch, told).await,
            model.warm_up(epoch, told)
        ),
        _ => lose(rng, model, scripts).await,
    }
}

/// A relay takes entries, gives one back, or forwards it.
async fn step_of_relay(rng: &mut StdRng, model: &mut Gate, scripts: &Scripts) {
    let relay = rng.random_range(0..2);
    if model.outbox.is_empty() || rng.random_bool(0.4) {
        let taken = model.take(relay, 2);
        let taken: Vec<_> = taken.iter().map(|entry| entry.id).collect();
        assert_eq!(scripts.take(relay, 2).await, taken);
        return;
    }
    let place = rng.random_range(0..model.outbox.len());
    let ids = [model.outbox[place].id];
    match rng.random_bool(0.5) {
        true => assert_eq!(
            scripts.give_back(relay, &ids).await,
            model.give_back(relay, &ids)
        ),
        false => assert_eq!(scripts.forward(&ids).await, model.forward(&ids)),
    }
}

/// Deletes one kind of keys.
async fn lose(rng: &mut StdRng, model: &mut Gate, scripts: &Scripts) {
    let names = ["item", "holders", "positions", "outbox", "late"];
    let name = names[rng.random_range(0..names.len())];
    scripts.lose(name).await;
    match name {
        "item" => model.item = None,
        "holders" => model.holders.clear(),
        "positions" => model.positions.clear(),
        "outbox" => model.outbox.clear(),
        _ => model.late.clear(),
    }
}

#[tokio::test]
async fn the_model_of_the_gate_behaves_like_the_scripts() {
    for seed in 0..6 {
        println!("seed {seed}");
        let mut rng = StdRng::seed_from_u64(seed);
        let mut model = Gate::default();
        let mut scripts = Scripts::new(connect("model"));
        for _ in 0..500 {
            step(&mut rng, &mut model, &scripts).await;
            scripts.assert_same(&model).await;
        }
    }
}
