//! Decisions a second: through the gate, and beside it, in the same run, by `redis-benchmark` with
//! the gate's script.

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
    Failure, ROUNDS,
    figures::{Decisions, Spread, per_s, percent},
    redis_benchmark,
    sale::Sale,
};
use crate::{
    adapters::redis::Yardstick,
    chain::Chain,
    engine::ports::{Decision, PortError, Reserve, ReserveRequest},
};

/// Of a round's buyers one in so many is noted for pollers.
const NOTED: u32 = 5;
/// Calls at a time on a connection, in the second kind of run of `redis-benchmark`.
const DEEP: u32 = 16;
/// Runs of `redis-benchmark` by those who come too late are numbered from here on.
const LATE_RUNS: u16 = 1_000;
/// A gate that is too busy is asked again, as buyers do.
const TRIES: u32 = 40;
const PAUSE: Duration = Duration::from_millis(50);

/// What is asked, and by how many at once.
pub struct Crowd {
    pub sale: Arc<Sale>,
    pub callers: u32,
    /// Calls that were made again.
    pub asked_again: Arc<AtomicU64>,
}

/// Gates to ask: one with nothing but the script, and the shop's.
pub struct Gates<'a> {
    pub bare: Arc<dyn Reserve>,
    pub whole: Arc<dyn Reserve>,
    /// What Redis does without us; `None`: the program is not there.
    pub yardstick: Option<&'a Yardstick>,
}

/// Rounds of one measurement.
#[derive(Default)]
struct Rates {
    gate: Vec<u64>,
    noted: Vec<u64>,
    program: Vec<u64>,
    deep: Vec<u64>,
    /// Of `redis-benchmark`, the last one's number.
    runs: u16,
}

impl Rates {
    fn figures(self) -> Decisions {
        Decisions {
            ratio_percent: percent(&self.gate, &self.program),
            ratio_16_deep_percent: percent(&self.gate, &self.deep),
            gate_per_s: Spread::of(self.gate),
            gate_and_note_per_s: Spread::of(self.noted),
            redis_benchmark_per_s: Spread::of(self.program),
            redis_benchmark_16_deep_per_s: Spread::of(self.deep),
        }
    }
}

/// Every unit of the sale is held.
pub async fn hold_everything(crowd: &Crowd, gates: &Gates<'_>) -> Result<Decisions, Failure> {
    let mut rates = Rates::default();
    for round in 0..ROUNDS {
        let buyers = share(0..crowd.sale.stock, round);
        let noted = buyers.end - (buyers.end - buyers.start) / NOTED;
        let held = |decision: &Decision| matches!(decision, Decision::Held { .. });
        if round % 2 == 1 {
            compare(crowd, gates, &buyers, &mut rates, true).await?;
        }
        let rate = crowd.ask(&gates.bare, buyers.start..noted, held).await?;
        rates.gate.push(rate);
        let rate = crowd.ask(&gates.whole, noted..buyers.end, held).await?;
        rates.noted.push(rate);
        if round % 2 == 0 {
            compare(crowd, gates, &buyers, &mut rates, true).await?;
        }
    }
    Ok(rates.figures())
}

/// As many buyers again, who are all refused: most of a sale.
pub async fn refuse_everybody(crowd: &Crowd, gates: &Gates<'_>) -> Result<Decisions, Failure> {
    if let Some(yardstick) = gates.yardstick {
        yardstick.offer(0).await?;
    }
    let mut rates = Rates {
        runs: LATE_RUNS,
        ..Rates::default()
    };
    let latecomers = crowd.sale.stock..crowd.sale.stock * 2;
    for round in 0..ROUNDS {
        let buyers = share(latecomers.clone(), round);
        let refused = |decision: &Decision| matches!(decision, Decision::SoldOut { .. });
        if round % 2 == 1 {
            compare(crowd, gates, &buyers, &mut rates, false).await?;
        }
        let rate = crowd.ask(&gates.bare, buyers.clone(), refused).await?;
        rates.gate.push(rate);
        if round % 2 == 0 {
            compare(crowd, gates, &buyers, &mut rates, false).await?;
        }
    }
    Ok(rates.figures())
}

/// The round's part of all buyers.
fn share(buyers: Range<u32>, round: u32) -> Range<u32> {
    let at = |round| {
        let before = u64::from(buyers.end - buyers.start) * u64::from(round) / u64::from(ROUNDS);
        buyers.start + before as u32
    };
    at(round)..at(round + 1)
}

/// `redis-benchmark` with as many calls; it does not look at the answers, so what they did is
/// looked at afterwards.
async fn compare(
    crowd: &Crowd,
    gates: &Gates<'_>,
    buyers: &Range<u32>,
    rates: &mut Rates,
    holds: bool,
) -> Result<(), Failure> {
    let Some(yardstick) = gates.yardstick else {
        return Ok(());
    };
    let calls = buyers.end - buyers.start;
    for depth in [1, DEEP] {
        rates.runs += 1;
        let before = yardstick.held().await?;
        let rate = redis_benchmark::run(yardstick, rates.runs, calls, crowd.callers, depth).await?;
        let held = yardstick.held().await? - before;
        // It rounds up to whole pipelines, and a few of its random buyers have come before.
        let expected = if holds {
            u64::from(calls) * 99 / 100
        } else {
            0
        };
        if rate.is_some() && (held < expected || !holds && held > 0) {
            return Err(format!("redis-benchmark held {held} units in {calls} calls").into());
        }
        match depth {
            1 => rates.program.extend(rate),
            _ => rates.deep.extend(rate),
        }
    }
    Ok(())
}

impl Crowd {
    /// Asks for each of `buyers`, and returns how many answers came a second. Each must be as
    /// `expected`.
    async fn ask(
        &self,
        gate: &Arc<dyn Reserve>,
        buyers: Range<u32>,
        expected: fn(&Decision) -> bool,
    ) -> Result<u64, Failure> {
        let count = u64::from(buyers.end - buyers.start);
        let next = Arc::new(AtomicU32::new(buyers.start));
        let mut callers = JoinSet::new();
        let began = Instant::now();
        for _ in 0..self.callers {
            let (gate, sale, next) = (gate.clone(), self.sale.clone(), next.clone());
            let asked_again = self.asked_again.clone();
            callers.spawn(async move {
                loop {
                    let buyer = next.fetch_add(1, Ordering::Relaxed);
                    if buyer >= buyers.end {
                        return Ok(());
                    }
                    let decision = ask(gate.as_ref(), sale.hold(buyer), &asked_again).await?;
                    if !expected(&decision) {
                        return Err(format!("buyer {buyer} was told {decision:?}"));
                    }
                }
            });
        }
        while let Some(ended) = callers.join_next().await {
            ended??;
        }
        Ok(per_s(count, began.elapsed()))
    }
}

async fn ask(
    gate: &dyn Reserve,
    hold: ReserveRequest,
    asked_again: &AtomicU64,
) -> Result<Decision, String> {
    for _ in 0..TRIES {
        match gate.reserve(hold.clone()).await {
            Ok(decision) => return Ok(decision),
            Err(PortError::Busy { .. }) => {
                asked_again.fetch_add(1, Ordering::Relaxed);
                sleep(PAUSE).await;
            }
            Err(error) => return Err(Chain(&error).to_string()),
        }
    }
    Err("the gate is too busy to answer".to_owned())
}
