//! Making the gate say what it ought to, segment by segment, unless a segment has changed since it
//! was read.

use app::wire::AccountId;

use super::{
    super::{Arg, scripts, segment},
    KEEP_MS, Open, RedisGate,
    fill::stored,
    findings::Findings,
    number,
    reconcile::Target,
};
use crate::engine::ports::{Holder, PortError};

/// What one segment is to be.
struct Repair {
    number: u8,
    total: i64,
    sellable: i64,
    locked: i64,
    sold: i64,
    let_go: Vec<AccountId>,
    put: Vec<Holder>,
}

impl RedisGate {
    /// The count of returns afterwards, or `None` when the gate has moved on meanwhile. Where more
    /// is wrong than is repaired one by one, the item is closed, to be filled again.
    pub(super) async fn repair(
        &self,
        open: &Open,
        found: &Findings,
        target: &Target,
    ) -> Result<Option<u64>, PortError> {
        if found.is_full() {
            let known: Vec<_> = open.all().map(|_| ("known".into(), open.epoch())).collect();
            self.close(open, &known).await?;
            return Ok(Some(found.returns()));
        }
        let mut returns = 0;
        for repair in plan(found, target) {
            let version = found.segments[usize::from(repair.number)].counters.version;
            match self.repair_segment(open, version, &repair).await? {
                Some(segment_returns) => returns = returns.max(segment_returns),
                None => return Ok(None),
            }
        }
        Ok(Some(returns))
    }

    async fn repair_segment(
        &self,
        open: &Open,
        version: i64,
        repair: &Repair,
    ) -> Result<Option<u64>, PortError> {
        let segment = segment::Segment::new(open.item_id, repair.number);
        let keys = segment.keys(&self.redis, ["item", "holders", "positions"]);
        let let_go: Vec<_> = repair.let_go.iter().map(AccountId::to_string).collect();
        let put = repair.put.iter().flat_map(|holder| {
            [
                holder.buyer.to_string(),
                holder.reservation_id.to_string(),
                holder.position.to_string(),
                stored(holder),
            ]
        });
        let put: Vec<_> = put.collect();
        let (epoch, now) = (open.epoch(), self.clock.argument());
        let mut args = vec![
            Arg::Text(&epoch),
            Arg::Number(version),
            Arg::Number(repair.total),
            Arg::Number(repair.sellable),
            Arg::Number(repair.locked),
            Arg::Number(repair.sold),
            Arg::Number(KEEP_MS),
            Arg::Text(&now),
            Arg::Number(let_go.len() as i64),
        ];
        args.extend(let_go.iter().chain(&put).map(|text| Arg::Text(text)));
        let returns: String = self.redis.run(&scripts::REPAIR, &keys, &args).await?;
        match returns.as_str() {
            "" => Ok(None),
            returns => number(returns).map(Some),
        }
    }
}

/// Segments that are to sell less come first: whatever happens in between, nothing is oversold.
fn plan(found: &Findings, target: &Target) -> Vec<Repair> {
    let mut repairs: Vec<_> = (0..)
        .zip(&found.segments)
        .map(|(number, segment)| Repair {
            number,
            total: 0,
            sellable: segment.counters.sellable,
            locked: segment.locked,
            sold: segment.sold,
            let_go: Vec::new(),
            put: Vec::new(),
        })
        .collect();
    let segments = repairs.len() as u8;
    for (&buyer, wanted) in &found.wrong {
        let repair = &mut repairs[usize::from(segment::of_buyer(buyer, segments))];
        match wanted {
            None => repair.let_go.push(buyer),
            Some(holder) => repair.put.push(*holder),
        }
    }
    // The ledger's counters count, even where its rows do not add up to them.
    let rows = |of: fn(&Repair) -> i64| repairs.iter().map(of).sum::<i64>();
    let locked = target.locked - rows(|repair| repair.locked);
    let sold = target.sold - rows(|repair| repair.sold);
    let mut more = target.sellable - rows(|repair| repair.sellable);
    repairs[0].locked += locked;
    repairs[0].sold += sold;
    for repair in &mut repairs {
        let change = more.max(-repair.sellable);
        repair.sellable += change;
        more -= change;
        repair.total = repair.sellable + repair.locked + repair.sold;
    }
    let counters = |repair: &Repair| &found.segments[usize::from(repair.number)].counters;
    repairs.retain(|repair| {
        let now = counters(repair);
        let wanted = [repair.total, repair.sellable, repair.locked, repair.sold];
        wanted != [now.total, now.sellable, now.locked, now.sold]
            || !repair.let_go.is_empty()
            || !repair.put.is_empty()
    });
    repairs.sort_by_key(|repair| repair.sellable - counters(repair).sellable);
    repairs
}
