//! `reconcile`: the gate against the ledger. What was lost on the way is sent again; any other
//! difference is repaired when it was there twice, some time apart, with nothing under way.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use app::wire::ItemId;

use super::{
    super::{Arg, scripts, segment, segment::Segment},
    GateClock, Open, RedisGate,
    findings::{COLLECTED, Findings},
    stocktaking::GateHolder,
};
use crate::engine::ports::{ItemSummary, PortError, Reconciled};

/// Items with a difference that are remembered.
const ITEMS: usize = 10_000;
/// While something waits in the queue, a hold counts as lost after so many times the patience.
const BACKLOG: i64 = 15;

/// Differences seen at the last look.
#[derive(Default)]
pub struct Seen(Mutex<HashMap<ItemId, Difference>>);

#[derive(Clone, PartialEq, Eq)]
struct Difference {
    versions: Vec<i64>,
    detail: String,
    since_ms: i64,
}

impl Seen {
    fn lock(&self) -> MutexGuard<'_, HashMap<ItemId, Difference>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget(&self, item_id: ItemId) {
        self.lock().remove(&item_id);
    }

    /// For how long exactly this has been so, as far as anybody looked.
    fn note(&self, item_id: ItemId, versions: Vec<i64>, detail: &str, now_ms: i64) -> i64 {
        let mut seen = self.lock();
        if let Some(earlier) = seen.get(&item_id)
            && (&earlier.versions, earlier.detail.as_str()) == (&versions, detail)
        {
            return now_ms - earlier.since_ms;
        }
        if seen.len() >= ITEMS {
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

/// What the counters ought to be.
#[derive(Debug, PartialEq, Eq)]
pub struct Target {
    pub total: i64,
    pub sellable: i64,
    pub locked: i64,
    pub sold: i64,
}

impl RedisGate {
    pub(super) async fn compare(&self, item_id: ItemId) -> Result<Reconciled, PortError> {
        let filling = self.fillings.refresh(item_id, Instant::now()).await?;
        let Some((epoch, segments)) =
            filling.and_then(|found| Some((found.epoch?, found.segments)))
        else {
            return Ok(Reconciled::Same);
        };
        let open = Open {
            item_id,
            epoch,
            segments,
        };
        self.finish_transfers(&open).await?;
        if !self.rests(&open).await? {
            return self.look_for_lost(&open).await;
        }
        let Some((mut found, ledger)) = self.compare_holders(&open).await? else {
            return Ok(Reconciled::Same);
        };
        if !self.rests(&open).await? {
            self.seen.forget(item_id);
            return Ok(Reconciled::Same);
        }
        let too_many = found.unheard.len() >= COLLECTED;
        found.unheard = self.still_unheard(found.unheard).await?;
        let sent = self.send_again(&open, &found.unheard, true).await?;
        if sent > 0 {
            return Ok(lost(sent, found.returns()));
        }
        if too_many {
            // The others were not looked at. Nothing is settled before these are heard of.
            return Ok(Reconciled::Same);
        }
        let target = target(&ledger, &found);
        self.settle(&open, &found, &target).await
    }

    /// Nothing of the item is on its way to the ledger.
    async fn rests(&self, open: &Open) -> Result<bool, PortError> {
        Ok(self.in_outboxes(open).await? == 0 && self.queue.depth().await?.waiting == 0)
    }

    /// While something is on its way, only what has been so for far too long.
    async fn look_for_lost(&self, open: &Open) -> Result<Reconciled, PortError> {
        self.seen.forget(open.item_id);
        let before_ms = self.clock.now_ms(&self.redis).await? - self.lost_after_ms(false);
        let unheard = self.unheard(open, before_ms).await?;
        if unheard.len() >= COLLECTED {
            // Not lost: the queue is that long.
            return Ok(Reconciled::Same);
        }
        let unheard = self.still_unheard(unheard).await?;
        match self.send_again(open, &unheard, false).await? {
            0 => Ok(Reconciled::Same),
            sent => Ok(lost(sent, 0)),
        }
    }

    /// Whom the ledger has not heard of by now either.
    async fn still_unheard(&self, unheard: Vec<GateHolder>) -> Result<Vec<GateHolder>, PortError> {
        let mut still = Vec::new();
        for some in unheard.chunks(COLLECTED) {
            let ids: Vec<_> = some.iter().map(|held| held.reservation_id).collect();
            let heard_of = self.ledger.status(&ids).await?;
            let heard_of: HashSet<_> = heard_of.iter().map(|heard| heard.reservation_id).collect();
            let not_heard = |held: &&GateHolder| !heard_of.contains(&held.reservation_id);
            still.extend(some.iter().filter(not_heard));
        }
        Ok(still)
    }

    fn lost_after_ms(&self, rests: bool) -> i64 {
        let lost_after_ms = self.patience.lost_after.as_millis() as i64;
        if rests {
            lost_after_ms
        } else {
            lost_after_ms * BACKLOG
        }
    }

    async fn send_again(
        &self,
        open: &Open,
        unheard: &[GateHolder],
        rests: bool,
    ) -> Result<i64, PortError> {
        let mut sent = 0;
        for holder in unheard {
            let number = segment::of_buyer(holder.buyer, open.segments);
            let segment = Segment::new(open.item_id, number);
            let keys = segment.keys(&self.redis, ["item", "holders", "outbox"]);
            let args = [
                Arg::Text(&self.clock.argument()),
                Arg::Text(&open.epoch()),
                Arg::Text(&holder.reservation_id.to_string()),
                Arg::Text(&open.item_id.to_string()),
                Arg::Text(&holder.buyer.to_string()),
                Arg::Number(self.lost_after_ms(rests)),
            ];
            sent += self
                .redis
                .run::<i64>(&scripts::RESEND, &keys, &args)
                .await?;
        }
        Ok(sent)
    }

    /// Counters and holders, when nothing is under way.
    async fn settle(
        &self,
        open: &Open,
        found: &Findings,
        target: &Target,
    ) -> Result<Reconciled, PortError> {
        let moving = found.sum(|counters| counters.moving) != 0;
        let detail = difference(found, target).filter(|_| !moving);
        let Some(detail) = detail else {
            self.seen.forget(open.item_id);
            return Ok(Reconciled::Same);
        };
        let versions = found.segments.iter().map(|found| found.counters.version);
        let now_ms = match &self.clock {
            GateClock::Server => self.began.elapsed().as_millis() as i64,
            GateClock::Given(clock) => clock.now_ms(),
        };
        let lasted_ms = self
            .seen
            .note(open.item_id, versions.collect(), &detail, now_ms);
        if lasted_ms < self.patience.quiet.as_millis() as i64 || lasted_ms == 0 {
            return Ok(Reconciled::Same);
        }
        self.seen.forget(open.item_id);
        match self.repair(open, found, target).await? {
            None => Ok(Reconciled::Same),
            Some(returns) => {
                self.publish(open.item_id, returns).await;
                Ok(Reconciled::Repaired { detail, returns })
            }
        }
    }
}

fn lost(sent: i64, returns: u64) -> Reconciled {
    let detail = format!("{sent} holds were lost on their way and are sent again");
    Reconciled::Repaired { detail, returns }
}

/// The ledger, and those that it will hear of yet: their units are not for sale.
fn target(ledger: &ItemSummary, found: &Findings) -> Target {
    let ahead = found.unheard.len() as i64;
    Target {
        total: i64::from(ledger.stock.total),
        sellable: (i64::from(ledger.stock.sellable) - ahead).max(0),
        locked: i64::from(ledger.stock.locked) + ahead,
        sold: i64::from(ledger.stock.sold),
    }
}

/// How the gate differs, if it does; always the same words for the same difference.
fn difference(found: &Findings, target: &Target) -> Option<String> {
    let gate = [
        found.sum(|counters| counters.total),
        found.sum(|counters| counters.sellable),
        found.sum(|counters| counters.locked),
        found.sum(|counters| counters.sold),
    ];
    let wanted = [target.total, target.sellable, target.locked, target.sold];
    let others = found.wrong.len();
    (gate != wanted || others > 0).then(|| {
        format!(
            "total, sellable, locked, sold: gate {gate:?}, ledger {wanted:?}; {others} other holders"
        )
    })
}
