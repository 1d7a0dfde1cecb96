//! `look`: reads everything the live page shows. A part that fails is left out and logged: the page is
//! needed most when something does not answer.

use std::sync::Arc;

use app::wire::{
    Instance, LiveItem, LiveOrders, LivePlace, LiveQueue, LiveRound, Now, RoundOverview,
    RoundState, SaleCounts,
};
use futures::future::{join, join_all, join4};

use super::{Deps, Seen};
use crate::{
    chain::Chain,
    engine::ports::{GateStock, Health, LedgerFigures, PortError},
};

/// A result is shown for this long.
const LIFE_MS: i64 = 1_000;
/// Rounds are shown until a day after their end.
const AFTER_THE_END_MS: i64 = 24 * 3_600_000;
/// An order closes soon if its deadline is nearer than this.
const SOON_MS: i64 = 60_000;

/// The state of the shop now, or as it was less than a second ago. Concurrent callers wait for one read,
/// however long it takes.
pub async fn look(deps: &Deps, health: &dyn Health) -> Arc<Now> {
    let asked_at_ms = deps.clock.now_ms();
    let mut latest = deps.latest.lock().await;
    if let Some(seen) = &*latest
        && (seen.ended_at_ms..seen.ended_at_ms + LIFE_MS)
            .contains(&asked_at_ms.max(seen.ended_at_ms))
    {
        return seen.now.clone();
    }
    let now = Arc::new(read(deps, health, deps.clock.now_ms()).await);
    *latest = Some(Seen {
        now: now.clone(),
        ended_at_ms: deps.clock.now_ms(),
    });
    now
}

async fn read(deps: &Deps, health: &dyn Health, now_ms: i64) -> Now {
    let (rounds, counters, figures, (waiting, dependencies)) = join4(
        rounds(deps, now_ms),
        deps.counters.of_instances(),
        deps.ledger.figures(now_ms + SOON_MS),
        join(waiting(deps), health.states()),
    )
    .await;
    let rounds = readable("rounds", rounds);
    let counters = readable("counters", counters);
    let figures = readable("orders", figures);
    let waiting = readable("queue", waiting);
    let counts = counters.as_ref().map(|all| {
        let mut sum = SaleCounts::default();
        for one in all {
            sum.add(&one.counts);
        }
        sum
    });
    let mut instances: Option<Vec<Instance>> = counters
        .as_ref()
        .map(|all| all.iter().map(|one| one.instance).collect());
    if let Some(instances) = &mut instances {
        instances.sort_by_key(|instance| (instance.started_at_ms, instance.instance_id));
    }
    let in_hand = counters.iter().flatten();
    let in_hand = in_hand.filter_map(|one| one.oldest_held_at_ms);
    let in_ledger = figures.and_then(|figures| figures.oldest_held_at_ms);
    let oldest_ms = in_hand.chain(in_ledger).min();
    let queue = waiting.map(|(waiting, parked)| LiveQueue {
        waiting,
        parked,
        oldest_age_ms: oldest_ms.map(|held_at_ms| (now_ms - held_at_ms).max(0)),
    });
    let orders = figures.map(|figures: LedgerFigures| LiveOrders {
        unpaid: figures.unpaid,
        closing_soon: figures.closing_soon,
    });
    let now = Now {
        at_ms: now_ms,
        shape: String::new(),
        rounds,
        counts,
        instances,
        queue,
        orders,
        dependencies,
    };
    now.shaped()
}

fn readable<T>(part: &str, read: Result<T, PortError>) -> Option<T> {
    read.inspect_err(|error| {
        tracing::debug!(part, error = %Chain(error), "a part of the live page cannot be read; the page is shown without it");
    })
    .ok()
}

/// The number of waiting and of parked entries.
async fn waiting(deps: &Deps) -> Result<(u64, u64), PortError> {
    let queue = deps.queue.depth().await?;
    let in_outbox = match &deps.outbox {
        Some(outbox) => outbox.depth().await?,
        None => 0,
    };
    Ok((queue.waiting + in_outbox, queue.parked))
}

async fn rounds(deps: &Deps, now_ms: i64) -> Result<Vec<LiveRound>, PortError> {
    let overview = deps.overview.overview(now_ms - AFTER_THE_END_MS).await?;
    let shown = shown(&overview, now_ms);
    let shown = shown
        .into_iter()
        .map(|(place, round)| live(deps, place, round));
    Ok(join_all(shown).await)
}

/// Chooses rounds on sale or stopped, then the next ones, then the latest.
fn shown(rounds: &[RoundOverview], now_ms: i64) -> Vec<(LivePlace, &RoundOverview)> {
    let approved = || {
        let rounds = rounds.iter();
        rounds.filter(|round| round.state == RoundState::Approved)
    };
    let ended = approved().filter(|round| round.ends_at_ms <= now_ms);
    let latest = ended.max_by_key(|round| round.ends_at_ms);
    let upcoming = approved().filter(|round| now_ms < round.starts_at_ms);
    let next = upcoming.min_by_key(|round| round.starts_at_ms);
    let running = approved()
        .filter(|round| (round.starts_at_ms..round.ends_at_ms).contains(&now_ms))
        .map(|round| (LivePlace::Running, round));
    let next = next.map(|round| (LivePlace::Next, round));
    let latest = latest.map(|round| (LivePlace::Latest, round));
    running.chain(next).chain(latest).collect()
}

async fn live(deps: &Deps, place: LivePlace, round: &RoundOverview) -> LiveRound {
    let at_gate = round.items.iter().map(|item| deps.gate.stock(item.item_id));
    let at_gate = join_all(at_gate).await;
    let items = round.items.iter().zip(at_gate).map(|(item, stock)| {
        // A gate that does not answer is a failed dependency; the ledger's numbers are shown.
        let stock = stock.ok().flatten();
        let units = stock.unwrap_or(GateStock {
            total: item.total,
            sellable: item.sellable,
            locked: item.locked,
            sold: item.sold,
        });
        LiveItem {
            item_id: item.item_id,
            title: item.title.clone(),
            at_gate: stock.is_some(),
            total: units.total,
            sellable: units.sellable,
            locked: units.locked,
            sold: units.sold,
        }
    });
    LiveRound {
        round_id: round.round_id,
        place,
        title: round.title.clone(),
        starts_at_ms: round.starts_at_ms,
        ends_at_ms: round.ends_at_ms,
        stopped: round.stopped.is_some(),
        items: items.collect(),
    }
}
