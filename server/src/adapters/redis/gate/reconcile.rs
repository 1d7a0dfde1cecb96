//! `reconcile`: the gate against the ledger. What was lost on the way is sent again; any other
//! difference is repaired when it was there twice, some time apart, with nothing under way.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use app::wire::{AccountId, ItemId};

use super::{
    super::{Arg, scripts, segment, segment::Segment},
    GateClock, Open, RedisGate,
    stocktaking::{GateHolder, Stocktaking},
};
use crate::engine::ports::{ItemSnapshot, PortError, Reconciled};

/// Holders that the ledger does not hold and that are looked up one by one, per item and look.
const LOOKED_UP: usize = 1000;
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

/// What the gate ought to hold.
#[derive(Debug, PartialEq, Eq)]
pub struct Target {
    pub total: i64,
    pub sellable: i64,
    pub locked: i64,
    pub sold: i64,
    /// Reservation, number, and whether it is paid.
    pub holders: HashMap<AccountId, GateHolder>,
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
        // The gate first: what it holds by now is in the ledger, or on its way there.
        let Some(gate) = self.take_stock(&open).await? else {
            return Ok(Reconciled::Same);
        };
        let Some(ledger) = self.ledger.snapshot(item_id).await? else {
            return Ok(Reconciled::Same);
        };
        let rests = self.in_outboxes(&open).await? == 0 && self.queue.depth().await?.waiting == 0;
        let unknown = self.unknown(&gate, &ledger, rests).await?;
        let Some(unheard) = unknown else {
            self.seen.forget(item_id);
            return Ok(Reconciled::Same);
        };
        let sent = self.send_again(&open, &unheard, rests).await?;
        if sent > 0 {
            return Ok(Reconciled::Repaired {
                detail: format!("{sent} holds were lost on their way and are sent again"),
                returns: gate.returns(),
            });
        }
        self.settle(&open, &gate, &target(&ledger, &unheard), rests)
            .await
    }

    /// Holders that the ledger has no row of; `None` when there are too many to look them up.
    async fn unknown(
        &self,
        gate: &Stocktaking,
        ledger: &ItemSnapshot,
        rests: bool,
    ) -> Result<Option<Vec<(AccountId, GateHolder)>>, PortError> {
        let known: HashMap<_, _> = ledger
            .holders
            .iter()
            .map(|holder| (holder.buyer, holder.reservation_id))
            .collect();
        let lost_before_ms = self.clock.now_ms(&self.redis).await? - self.lost_after_ms(rests);
        let mut unheard = Vec::new();
        let mut looked_up = 0;
        for (&buyer, &holder) in &gate.holders {
            if known.contains_key(&buyer) || !rests && holder.held_at_ms > lost_before_ms {
                continue;
            }
            looked_up += 1;
            if looked_up > LOOKED_UP {
                return Ok(None);
            }
            if self.ledger.get(holder.reservation_id).await?.is_none() {
                unheard.push((buyer, holder));
            }
        }
        Ok(Some(unheard))
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
        unheard: &[(AccountId, GateHolder)],
        rests: bool,
    ) -> Result<i64, PortError> {
        let mut sent = 0;
        for (buyer, holder) in unheard {
            let number = segment::of_buyer(*buyer, open.segments);
            let segment = Segment::new(open.item_id, number);
            let keys = segment.keys(&self.redis, ["item", "holders", "outbox"]);
            let args = [
                Arg::Text(&self.clock.argument()),
                Arg::Text(&open.epoch()),
                Arg::Text(&holder.reservation_id.to_string()),
                Arg::Text(&open.item_id.to_string()),
                Arg::Text(&buyer.to_string()),
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
        gate: &Stocktaking,
        target: &Target,
        rests: bool,
    ) -> Result<Reconciled, PortError> {
        let moving = gate.sum(|counters| counters.moving) != 0;
        let detail = difference(gate, target).filter(|_| rests && !moving);
        let Some(detail) = detail else {
            self.seen.forget(open.item_id);
            return Ok(Reconciled::Same);
        };
        let versions = gate.counters.iter().map(|counters| counters.version);
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
        match self.repair(open, gate, target).await? {
            None => Ok(Reconciled::Same),
            Some(returns) => {
                self.publish(open.item_id, returns).await;
                Ok(Reconciled::Repaired { detail, returns })
            }
        }
    }
}

/// The ledger, and those that it will hear of yet: their units are not for sale.
fn target(ledger: &ItemSnapshot, unheard: &[(AccountId, GateHolder)]) -> Target {
    let mut holders: HashMap<_, _> = ledger
        .holders
        .iter()
        .map(|holder| {
            let held = GateHolder {
                reservation_id: holder.reservation_id,
                position: holder.position,
                held_at_ms: 0,
                paid: holder.paid,
            };
            (holder.buyer, held)
        })
        .collect();
    let ahead = unheard.len() as i64;
    holders.extend(unheard.iter().copied());
    Target {
        total: i64::from(ledger.stock.total),
        sellable: (i64::from(ledger.stock.sellable) - ahead).max(0),
        locked: i64::from(ledger.stock.locked) + ahead,
        sold: i64::from(ledger.stock.sold),
        holders,
    }
}

/// How the gate differs, if it does; always the same words for the same difference.
fn difference(gate: &Stocktaking, target: &Target) -> Option<String> {
    let found = [
        gate.sum(|counters| counters.total),
        gate.sum(|counters| counters.sellable),
        gate.sum(|counters| counters.locked),
        gate.sum(|counters| counters.sold),
    ];
    let wanted = [target.total, target.sellable, target.locked, target.sold];
    let others = changed(gate, target).count();
    (found != wanted || others > 0).then(|| {
        format!(
            "total, sellable, locked, sold: gate {found:?}, ledger {wanted:?}; {others} other holders"
        )
    })
}

/// Buyers whose hold is another one in the gate than it ought to be.
pub(super) fn changed<'a>(
    gate: &'a Stocktaking,
    target: &'a Target,
) -> impl Iterator<Item = AccountId> + 'a {
    let same = |one: &GateHolder, other: Option<&GateHolder>| {
        other.is_some_and(|other| {
            (one.reservation_id, one.paid) == (other.reservation_id, other.paid)
        })
    };
    let wrong = gate
        .holders
        .iter()
        .filter(move |(buyer, held)| !same(held, target.holders.get(buyer)));
    let missing = target
        .holders
        .keys()
        .filter(|buyer| !gate.holders.contains_key(buyer));
    wrong.map(|(buyer, _)| buyer).chain(missing).copied()
}
