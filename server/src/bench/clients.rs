//! Decisions per second: clients ask the gate, and in the same run `redis-benchmark` calls the
//! gate's script.

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{task::JoinSet, time::sleep};

use super::{
    BenchError,
    baseline::Baseline,
    figures::{Decisions, Spread, per_s, percent},
    redis_benchmark,
    sale::Sale,
    stages::ROUNDS,
};
use crate::engine::ports::{Decision, PortError, Reserve, ReserveRequest};

/// One in this many of a round's clients asks the shop's whole gate.
const SHOP_SHARE: u32 = 5;
/// Calls at a time on a connection, in the second kind of run of `redis-benchmark`.
const PIPELINE: u32 = 16;
/// Runs of `redis-benchmark` on a sold-out item have numbers from here on.
const SOLD_OUT_RUNS: u16 = 1_000;
/// A busy gate is asked again, as buyers do.
const TRIES: u32 = 40;
const PAUSE: Duration = Duration::from_millis(50);

pub struct Clients {
    pub sale: Arc<Sale>,
    /// At the same time.
    pub count: u32,
    /// Calls that were made again.
    pub repeated_calls: Arc<AtomicU64>,
}

/// The gates they ask.
pub struct Gates<'a> {
    /// Only the script.
    pub script_only: Arc<dyn Reserve>,
    /// The shop's, which also records results for clients that poll.
    pub shop: Arc<dyn Reserve>,
    /// `None` if `redis-benchmark` is not installed.
    pub baseline: Option<&'a Baseline>,
}

/// Rates of each round.
#[derive(Default)]
struct Rates {
    script_only: Vec<u64>,
    shop: Vec<u64>,
    baseline: Vec<u64>,
    baseline_pipelined: Vec<u64>,
    /// The number of the last run of `redis-benchmark`.
    runs: u16,
}

impl Rates {
    fn figures(self) -> Decisions {
        Decisions {
            ratio_percent: percent(&self.script_only, &self.baseline),
            ratio_16_deep_percent: percent(&self.script_only, &self.baseline_pipelined),
            gate_per_s: Spread::of(self.script_only),
            gate_and_note_per_s: Spread::of(self.shop),
            redis_benchmark_per_s: Spread::of(self.baseline),
            redis_benchmark_16_deep_per_s: Spread::of(self.baseline_pipelined),
        }
    }
}

impl Clients {
    /// As many clients as there are units: each gets one.
    pub async fn hold_all_units(&self, gates: &Gates<'_>) -> Result<Decisions, BenchError> {
        let mut rates = Rates::default();
        for round in 0..ROUNDS {
            let clients = part(0..self.sale.stock, round);
            let shop_from = clients.end - (clients.end - clients.start) / SHOP_SHARE;
            let held = |decision: &Decision| matches!(decision, Decision::Held { .. });
            if round % 2 == 1 {
                self.run_baseline(gates, &clients, &mut rates, true).await?;
            }
            let asked = clients.start..shop_from;
            let rate = self.ask(&gates.script_only, asked, held).await?;
            rates.script_only.push(rate);
            let rate = self.ask(&gates.shop, shop_from..clients.end, held).await?;
            rates.shop.push(rate);
            if round % 2 == 0 {
                self.run_baseline(gates, &clients, &mut rates, true).await?;
            }
        }
        Ok(rates.figures())
    }

    /// As many clients again: all are refused, as most buyers are in a sale.
    pub async fn ask_when_sold_out(&self, gates: &Gates<'_>) -> Result<Decisions, BenchError> {
        if let Some(baseline) = gates.baseline {
            baseline.set_sellable(0).await?;
        }
        let mut rates = Rates {
            runs: SOLD_OUT_RUNS,
            ..Rates::default()
        };
        let latecomers = self.sale.stock..self.sale.stock * 2;
        for round in 0..ROUNDS {
            let clients = part(latecomers.clone(), round);
            let refused = |decision: &Decision| matches!(decision, Decision::SoldOut { .. });
            if round % 2 == 1 {
                self.run_baseline(gates, &clients, &mut rates, false)
                    .await?;
            }
            let asked = clients.clone();
            let rate = self.ask(&gates.script_only, asked, refused).await?;
            rates.script_only.push(rate);
            if round % 2 == 0 {
                self.run_baseline(gates, &clients, &mut rates, false)
                    .await?;
            }
        }
        Ok(rates.figures())
    }

    /// Runs `redis-benchmark` with as many calls. It does not check the answers, so their effects
    /// are checked afterwards.
    async fn run_baseline(
        &self,
        gates: &Gates<'_>,
        clients: &Range<u32>,
        rates: &mut Rates,
        holds: bool,
    ) -> Result<(), BenchError> {
        let Some(baseline) = gates.baseline else {
            return Ok(());
        };
        let calls = clients.end - clients.start;
        for pipeline in [1, PIPELINE] {
            rates.runs += 1;
            let before = baseline.held().await?;
            let rate =
                redis_benchmark::run(baseline, rates.runs, calls, self.count, pipeline).await?;
            let held = baseline.held().await? - before;
            // It rounds up to whole pipelines, and a few of its random buyers repeat.
            let expected = if holds {
                u64::from(calls) * 99 / 100
            } else {
                0
            };
            if rate.is_some() && (held < expected || !holds && held > 0) {
                return Err(BenchError::RedisBenchmarkHeld { held, calls });
            }
            match pipeline {
                1 => rates.baseline.extend(rate),
                _ => rates.baseline_pipelined.extend(rate),
            }
        }
        Ok(())
    }

    /// Asks for each of `clients`, and returns the answers per second. Each must equal `expected`.
    async fn ask(
        &self,
        gate: &Arc<dyn Reserve>,
        clients: Range<u32>,
        expected: fn(&Decision) -> bool,
    ) -> Result<u64, BenchError> {
        let count = u64::from(clients.end - clients.start);
        let next = Arc::new(AtomicU32::new(clients.start));
        let mut tasks = JoinSet::new();
        let started_at = Instant::now();
        for _ in 0..self.count {
            let (gate, sale, next) = (gate.clone(), self.sale.clone(), next.clone());
            let repeated_calls = self.repeated_calls.clone();
            tasks.spawn(async move {
                loop {
                    let client = next.fetch_add(1, Ordering::Relaxed);
                    if client >= clients.end {
                        return Ok(());
                    }
                    let request = sale.request(client);
                    let decision = decision(gate.as_ref(), request, &repeated_calls).await?;
                    if !expected(&decision) {
                        return Err(BenchError::UnexpectedDecision { client, decision });
                    }
                }
            });
        }
        while let Some(ended) = tasks.join_next().await {
            ended??;
        }
        Ok(per_s(count, started_at.elapsed()))
    }
}

/// The round's part of all clients.
fn part(clients: Range<u32>, round: u32) -> Range<u32> {
    let at = |round| {
        let before = u64::from(clients.end - clients.start) * u64::from(round) / u64::from(ROUNDS);
        clients.start + before as u32
    };
    at(round)..at(round + 1)
}

async fn decision(
    gate: &dyn Reserve,
    request: ReserveRequest,
    repeated_calls: &AtomicU64,
) -> Result<Decision, BenchError> {
    for _ in 0..TRIES {
        match gate.reserve(request.clone()).await {
            Err(PortError::Busy { .. }) => {
                repeated_calls.fetch_add(1, Ordering::Relaxed);
                sleep(PAUSE).await;
            }
            decision => return Ok(decision?),
        }
    }
    Err(BenchError::GateBusy(TRIES))
}
