//! The stages after a decision: entries per second from the outbox to the queue, and from the queue
//! into the ledger, with the shop's own use cases.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::{
    BenchError,
    figures::{Relayed, Spread, Written, per_s},
};
use crate::engine::{
    BATCH, Engine,
    orders::{relay, write_orders},
    ports::PortError,
};

/// Rounds of a measurement, which show its spread.
pub const ROUNDS: u32 = 5;
/// Sizes of the order writer's batches, and the divisor for the orders of a round of each: small
/// batches take long.
const BATCHES: [(u32, u32); 3] = [(1, 200), (32, 25), (BATCH, 8)];
/// Rounds of each; the remaining orders are written in batches of [`BATCH`], in separate rounds.
const WRITER_ROUNDS: u32 = 3;
/// A stage without progress for this long is aborted.
const STAGE_TIMEOUT: Duration = Duration::from_secs(15);
const PAUSE: Duration = Duration::from_millis(5);

/// Repeats `run` until it has done `count` entries, and returns the entries per second.
async fn rate_of(
    count: u32,
    repeated_calls: &mut u64,
    run: impl AsyncFn() -> Result<u32, PortError>,
) -> Result<(u32, u64), BenchError> {
    let started_at = Instant::now();
    let (mut done, mut progress) = (0, started_at);
    while done < count {
        match run().await {
            Ok(0) => sleep(PAUSE).await,
            Ok(some) => {
                done += some;
                progress = Instant::now();
            }
            Err(PortError::Busy { .. }) => {
                *repeated_calls += 1;
                sleep(PAUSE).await;
            }
            Err(error) => return Err(error.into()),
        }
        if progress.elapsed() > STAGE_TIMEOUT {
            return Err(BenchError::NoProgress {
                seconds: STAGE_TIMEOUT.as_secs(),
                done,
                count,
            });
        }
    }
    Ok((done, per_s(u64::from(done), started_at.elapsed())))
}

/// Carries `orders` entries to the queue.
pub async fn relay(
    engine: &Engine,
    orders: u32,
    repeated_calls: &mut u64,
) -> Result<Relayed, BenchError> {
    let mut rates = Vec::new();
    let mut left = orders;
    while left > 0 {
        // The last round also takes the division's remainder.
        let round = match left / (orders / ROUNDS) {
            0 | 1 => left,
            _ => orders / ROUNDS,
        };
        let (done, rate) = rate_of(round, repeated_calls, async || {
            relay::run_once(&engine.orders).await
        })
        .await?;
        rates.push(rate);
        left = left.saturating_sub(done);
    }
    Ok(Relayed {
        batch: BATCH,
        messages_per_s: Spread::of(rates),
    })
}

/// Writes `orders` orders: some rounds of each size, and the rest in the shop's own size.
pub async fn write(
    engine: &Engine,
    orders: u32,
    repeated_calls: &mut u64,
) -> Result<Vec<Written>, BenchError> {
    let mut rates = BATCHES.map(|_| Vec::new());
    let mut left = orders;
    for round in 0.. {
        for ((batch, part), rates) in BATCHES.iter().zip(&mut rates) {
            if round >= WRITER_ROUNDS && *batch != BATCH {
                continue;
            }
            let share = (orders / part).max(1);
            let share = match left / share {
                0 | 1 => left,
                _ => share,
            };
            let run = async || write_orders::run_once(&engine.orders, *batch).await;
            let (done, rate) = rate_of(share, repeated_calls, run).await?;
            rates.push(rate);
            left = left.saturating_sub(done);
        }
        if left == 0 {
            break;
        }
    }
    let written = BATCHES.iter().zip(rates);
    Ok(written
        .map(|((batch, _), rates)| Written {
            batch: *batch,
            orders_per_s: Spread::of(rates),
        })
        .collect())
}
