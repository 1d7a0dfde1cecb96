//! Repairs the gate, segment by segment, unless a segment has changed since the comparison.

use app::wire::AccountId;

use super::{
    super::{Arg, keys, scripts, segment, segment::Segment},
    KEEP_MS, LoadedItem, RedisGate,
    diff::Diff,
    holder_record, number,
    reconcile::ExpectedCounters,
};
use crate::engine::ports::{Holder, PortError};

/// The target state of one segment.
struct Repair {
    number: u8,
    total: i64,
    sellable: i64,
    locked: i64,
    sold: i64,
    /// Buyers whose holder record is removed.
    removed: Vec<AccountId>,
    /// Holders whose record is written.
    put: Vec<Holder>,
}

impl RedisGate {
    /// Returns the number of the latest return, or `None` when the gate has changed since. With too
    /// many differences to repair one by one, closes the item, to be loaded again.
    pub(super) async fn repair(
        &self,
        item: &LoadedItem,
        diff: &Diff,
        expected: &ExpectedCounters,
    ) -> Result<Option<u64>, PortError> {
        if diff.is_full() {
            tracing::warn!(
                item_id = %item.item_id,
                unknown = diff.unknown.len(),
                wrong = diff.wrong.len(),
                "too many holders in Redis differ from the ledger; the item is closed and will be \
                 loaded again"
            );
            self.close_all(item).await?;
            return Ok(Some(diff.returns()));
        }
        let mut returns = 0;
        for repair in plan(diff, expected) {
            let version = diff.segments[usize::from(repair.number)].counters.version;
            match self.repair_segment(item, version, &repair).await? {
                Some(segment_returns) => returns = returns.max(segment_returns),
                None => return Ok(None),
            }
        }
        Ok(Some(returns))
    }

    async fn repair_segment(
        &self,
        item: &LoadedItem,
        version: i64,
        repair: &Repair,
    ) -> Result<Option<u64>, PortError> {
        let segment = Segment::new(item.item_id, repair.number);
        let keys = segment.keys(&self.redis, [keys::ITEM, keys::HOLDERS, keys::POSITIONS]);
        let removed: Vec<_> = repair.removed.iter().map(AccountId::to_string).collect();
        let put = repair.put.iter().flat_map(|holder| {
            [
                holder.buyer.to_string(),
                holder.reservation_id.to_string(),
                holder.position.to_string(),
                holder_record::encode(holder),
            ]
        });
        let put: Vec<_> = put.collect();
        let (epoch, now) = (item.epoch(), self.clock.argument());
        let mut args = vec![
            Arg::Text(&epoch),
            Arg::Number(version),
            Arg::Number(repair.total),
            Arg::Number(repair.sellable),
            Arg::Number(repair.locked),
            Arg::Number(repair.sold),
            Arg::Number(KEEP_MS),
            Arg::Text(&now),
            Arg::Number(removed.len() as i64),
        ];
        args.extend(removed.iter().chain(&put).map(|text| Arg::Text(text)));
        let returns: String = self
            .redis
            .invoke(&scripts::gate::REPAIR, &keys, &args)
            .await?;
        match returns.as_str() {
            "" => Ok(None),
            returns => number(returns).map(Some),
        }
    }
}

/// Segments that lose units come first: nothing is oversold after a crash in between.
fn plan(diff: &Diff, expected: &ExpectedCounters) -> Vec<Repair> {
    let mut repairs: Vec<_> = (0..)
        .zip(&diff.segments)
        .map(|(number, segment)| Repair {
            number,
            total: 0,
            sellable: segment.counters.sellable,
            locked: segment.locked,
            sold: segment.sold,
            removed: Vec::new(),
            put: Vec::new(),
        })
        .collect();
    let segments = repairs.len() as u8;
    for (&buyer, expected) in &diff.wrong {
        let repair = &mut repairs[usize::from(segment::of_buyer(buyer, segments))];
        match expected {
            None => repair.removed.push(buyer),
            Some(holder) => repair.put.push(*holder),
        }
    }
    // The ledger's counters decide, even if its rows do not match them.
    let sum = |of: fn(&Repair) -> i64| repairs.iter().map(of).sum::<i64>();
    let locked = expected.locked - sum(|repair| repair.locked);
    let sold = expected.sold - sum(|repair| repair.sold);
    let mut missing = expected.sellable - sum(|repair| repair.sellable);
    repairs[0].locked += locked;
    repairs[0].sold += sold;
    for repair in &mut repairs {
        let change = missing.max(-repair.sellable);
        repair.sellable += change;
        missing -= change;
        repair.total = repair.sellable + repair.locked + repair.sold;
    }
    let counters = |repair: &Repair| &diff.segments[usize::from(repair.number)].counters;
    repairs.retain(|repair| {
        let found = counters(repair);
        let expected = [repair.total, repair.sellable, repair.locked, repair.sold];
        expected != [found.total, found.sellable, found.locked, found.sold]
            || found.moving != 0
            || !repair.removed.is_empty()
            || !repair.put.is_empty()
    });
    repairs.sort_by_key(|repair| repair.sellable - counters(repair).sellable);
    repairs
}
