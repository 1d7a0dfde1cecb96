//! `reconcile`: compares gate and ledger. A hold that was lost on its way is sent again; any other
//! difference is repaired when it was found twice, some time apart, with nothing under way.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use app::wire::ItemId;

use super::{
    super::in_flight::InFlightCount,
    GateClock, LoadedItem, RedisGate,
    diff::{Diff, MAX_COLLECTED},
    read_state::GateHold,
    unknown_holds::LostAfter,
};
use crate::engine::ports::{ItemSummary, PortError, Reconciled};

/// Most items whose differences are remembered.
const MAX_ITEMS: usize = 10_000;
/// While something waits in the queue, a hold counts as lost after this many times as long.
const BACKLOG_FACTOR: i64 = 15;

/// The difference of each item at the last comparison.
#[derive(Default)]
pub struct SeenDifferences(Mutex<HashMap<ItemId, Difference>>);

#[derive(Clone, PartialEq, Eq)]
struct Difference {
    versions: Vec<i64>,
    detail: String,
    since_ms: i64,
}

impl SeenDifferences {
    fn lock(&self) -> MutexGuard<'_, HashMap<ItemId, Difference>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget(&self, item_id: ItemId) {
        self.lock().remove(&item_id);
    }

    /// How long exactly this difference has been seen.
    fn note(&self, item_id: ItemId, versions: Vec<i64>, detail: &str, now_ms: i64) -> i64 {
        let mut seen = self.lock();
        if let Some(earlier) = seen.get(&item_id)
            && (&earlier.versions, earlier.detail.as_str()) == (&versions, detail)
        {
            return now_ms - earlier.since_ms;
        }
        if seen.len() >= MAX_ITEMS {
            seen.clear();
        }
        let detail = detail.to_owned();
        let difference = Difference {
            versions,
            detail,
            since_ms: now_ms,
        };
        seen.insert(item_id, difference);
        0
    }
}

/// The values that the counters should have.
#[derive(Debug, PartialEq, Eq)]
pub struct ExpectedCounters {
    pub total: i64,
    pub sellable: i64,
    pub locked: i64,
    pub sold: i64,
}

impl RedisGate {
    pub(super) async fn compare_with_ledger(
        &self,
        item_id: ItemId,
    ) -> Result<Reconciled, PortError> {
        let loaded = self.epochs.refresh(item_id, Instant::now()).await?;
        let Some((epoch, segments)) =
            loaded.and_then(|loaded| Some((loaded.epoch?, loaded.segments)))
        else {
            return Ok(Reconciled::Same);
        };
        let item = LoadedItem {
            item_id,
            epoch,
            segments,
        };
        self.finish_transfers(&item).await?;
        let in_flight = match self.in_flight(&item).await? {
            Some(in_flight) if in_flight.is_empty() => in_flight,
            found => return self.resend_lost_holds(&item, found).await,
        };
        let Some((mut diff, ledger)) = self.compare_holders(&item).await? else {
            // Closed: loaded again while its round runs, but its holds must end after that too.
            return Ok(match self.resend_unknown(&item).await?.sent {
                0 => Reconciled::Same,
                sent => resent(sent, 0),
            });
        };
        let later = self.in_flight(&item).await?;
        if !later.is_some_and(|in_flight| in_flight.is_empty()) {
            self.differences.forget(item_id);
            return Ok(Reconciled::Same);
        }
        let incomplete = diff.unknown.len() >= MAX_COLLECTED;
        diff.unknown = self.still_unknown(diff.unknown).await?;
        let sent = self.resend_settled(&item, &diff.unknown, in_flight).await?;
        if sent > 0 {
            return Ok(resent(sent, diff.returns()));
        }
        if incomplete {
            // The other holders were not compared: nothing is repaired until the ledger knows
            // these.
            return Ok(Reconciled::Same);
        }
        if ledger.due > 0 {
            // The gate may have released what the ledger still counts as held. Put back, it would be held
            // for good: once the ledger knows, nobody releases it again.
            self.differences.forget(item_id);
            return Ok(Reconciled::Same);
        }
        let expected = expected_counters(&ledger, &diff);
        self.repair_if_unchanged(&item, &diff, &expected).await
    }

    /// Used while entries of the item are on their way. A hold older than every entry in flight was
    /// lost; but while entries wait, or an instance is silent, only holds that are much too old
    /// count as lost.
    async fn resend_lost_holds(
        &self,
        item: &LoadedItem,
        in_flight: Option<InFlightCount>,
    ) -> Result<Reconciled, PortError> {
        self.differences.forget(item.item_id);
        self.list_full_outboxes(item).await?;
        let settled = in_flight.filter(|in_flight| !in_flight.silent);
        let lost_after_ms = self.lost_after_ms(settled.is_some());
        let before_ms = self.clock.now_ms(&self.redis).await? - lost_after_ms;
        let unknown = self.unknown_holders(item, before_ms).await?;
        if unknown.len() >= MAX_COLLECTED {
            // They are not lost: the queue is that long.
            return Ok(Reconciled::Same);
        }
        let unknown = self.still_unknown(unknown).await?;
        let sent = match settled {
            Some(in_flight) => self.resend_settled(item, &unknown, in_flight).await?,
            None => self.resend(item, &unknown, false).await?,
        };
        match sent {
            0 => Ok(Reconciled::Same),
            sent => Ok(resent(sent, 0)),
        }
    }

    /// The list of outboxes may be lost, and `warm_up` adds only items on sale.
    async fn list_full_outboxes(&self, item: &LoadedItem) -> Result<(), PortError> {
        if self.in_outboxes(item).await? == 0 {
            return Ok(());
        }
        match self.ledger.summary(item.item_id).await? {
            Some(ledger) => self.list_outboxes(item, ledger.window).await,
            None => Ok(()),
        }
    }

    /// Sends holds again that are not in flight at any instance. Nothing waited when `in_flight`
    /// was counted.
    async fn resend_settled(
        &self,
        item: &LoadedItem,
        unknown: &[GateHold],
        in_flight: InFlightCount,
    ) -> Result<u64, PortError> {
        if unknown.is_empty() {
            return Ok(0);
        }
        let Some(before_ms) = self.acknowledged_before_ms(item.item_id, in_flight).await? else {
            return Ok(0);
        };
        let mut lost = unknown.to_vec();
        lost.retain(|hold| hold.held_at_ms < before_ms);
        let lost = self.still_unknown(lost).await?;
        self.resend(item, &lost, true).await
    }

    fn lost_after_ms(&self, idle: bool) -> i64 {
        let lost_after_ms = self.timeouts.lost_after.as_millis() as i64;
        if idle {
            lost_after_ms
        } else {
            lost_after_ms * BACKLOG_FACTOR
        }
    }

    async fn resend(
        &self,
        item: &LoadedItem,
        holds: &[GateHold],
        idle: bool,
    ) -> Result<u64, PortError> {
        if holds.is_empty() {
            return Ok(0);
        }
        let lost = LostAfter {
            held_ms: self.lost_after_ms(idle),
            parked_ms: self.parked_lost_after_ms().await?,
        };
        let mut sent = 0;
        for hold in holds {
            let segment = item.segment_of(hold.holder.buyer);
            sent += self
                .resend_one((item, &item.epoch()), &segment, hold, lost)
                .await?;
        }
        Ok(sent)
    }

    /// Repairs counters and holders when exactly this difference has lasted for a while.
    async fn repair_if_unchanged(
        &self,
        item: &LoadedItem,
        diff: &Diff,
        expected: &ExpectedCounters,
    ) -> Result<Reconciled, PortError> {
        let Some(detail) = describe(diff, expected) else {
            self.differences.forget(item.item_id);
            return Ok(Reconciled::Same);
        };
        let versions = diff.segments.iter().map(|found| found.counters.version);
        let now_ms = match &self.clock {
            GateClock::Server => self.created_at.elapsed().as_millis() as i64,
            GateClock::Given(clock) => clock.now_ms(),
        };
        let unchanged_ms = self
            .differences
            .note(item.item_id, versions.collect(), &detail, now_ms);
        if unchanged_ms < self.timeouts.quiet.as_millis() as i64 || unchanged_ms == 0 {
            return Ok(Reconciled::Same);
        }
        self.differences.forget(item.item_id);
        match self.repair(item, diff, expected).await? {
            None => Ok(Reconciled::Same),
            Some(returns) => {
                self.publish_return(item.item_id, returns).await;
                Ok(Reconciled::Repaired { detail, returns })
            }
        }
    }
}

fn resent(sent: u64, returns: u64) -> Reconciled {
    let detail = format!(
        "{sent} units are held in Redis for reservations that the ledger does not have; their entries \
         were sent to the queue again, and nothing has to be done"
    );
    Reconciled::Repaired { detail, returns }
}

/// The ledger's counters, minus the units of holders it does not know yet: they are not for sale.
fn expected_counters(ledger: &ItemSummary, diff: &Diff) -> ExpectedCounters {
    let unknown = diff.unknown.len() as i64;
    ExpectedCounters {
        total: i64::from(ledger.stock.total),
        sellable: (i64::from(ledger.stock.sellable) - unknown).max(0),
        locked: i64::from(ledger.stock.locked) + unknown,
        sold: i64::from(ledger.stock.sold),
    }
}

/// Describes how the gate differs; always the same text for the same difference.
fn describe(diff: &Diff, expected: &ExpectedCounters) -> Option<String> {
    let gate = [
        diff.sum(|counters| counters.total),
        diff.sum(|counters| counters.sellable),
        diff.sum(|counters| counters.locked),
        diff.sum(|counters| counters.sold),
    ];
    let ledger = [
        expected.total,
        expected.sellable,
        expected.locked,
        expected.sold,
    ];
    let wrong = diff.wrong.len();
    // All recorded transfers were finished before the comparison: units still moving belong to no
    // transfer.
    let moving = diff.sum(|counters| counters.moving);
    (gate != ledger || wrong > 0 || moving != 0).then(|| {
        format!(
            "total, sellable, locked, sold: gate {gate:?}, ledger {ledger:?}; {wrong} wrong \
             holders; {moving} units on their way between segments; the gate was set to the ledger's \
             values"
        )
    })
}
