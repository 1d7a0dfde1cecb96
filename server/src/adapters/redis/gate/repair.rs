//! Making the gate say what it ought to, segment by segment, unless a segment has changed since it
//! was read.

use app::wire::AccountId;

use super::{
    super::{Arg, scripts, segment},
    KEEP_MS, Open, RedisGate,
    fill::stored,
    number,
    reconcile::{Target, changed},
    stocktaking::Stocktaking,
};
use crate::engine::ports::{Holder, PortError};

/// More wrong holders than that are not repaired one by one: the item is filled again.
const HOLDERS: usize = 1000;

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
    /// The count of returns afterwards, or `None` when the gate has moved on meanwhile.
    pub(super) async fn repair(
        &self,
        open: &Open,
        gate: &Stocktaking,
        target: &Target,
    ) -> Result<Option<u64>, PortError> {
        if changed(gate, target).count() > HOLDERS {
            let found: Vec<_> = open.all().map(|_| ("known".into(), open.epoch())).collect();
            self.close(open, &found).await?;
            return Ok(Some(gate.returns()));
        }
        let mut returns = 0;
        for repair in plan(open, gate, target) {
            match self.repair_segment(open, gate, &repair).await? {
                Some(segment_returns) => returns = returns.max(segment_returns),
                None => return Ok(None),
            }
        }
        Ok(Some(returns))
    }

    async fn repair_segment(
        &self,
        open: &Open,
        gate: &Stocktaking,
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
            Arg::Number(gate.counters[usize::from(repair.number)].version),
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
fn plan(open: &Open, gate: &Stocktaking, target: &Target) -> Vec<Repair> {
    let mut repairs: Vec<_> = (0..open.segments)
        .zip(&gate.counters)
        .map(|(number, counters)| Repair {
            number,
            total: 0,
            sellable: counters.sellable,
            locked: 0,
            sold: 0,
            let_go: Vec::new(),
            put: Vec::new(),
        })
        .collect();
    let segment_of = |buyer| usize::from(segment::of_buyer(buyer, open.segments));
    for (&buyer, holder) in &target.holders {
        let repair = &mut repairs[segment_of(buyer)];
        match holder.paid {
            true => repair.sold += 1,
            false => repair.locked += 1,
        }
    }
    for buyer in changed(gate, target) {
        let repair = &mut repairs[segment_of(buyer)];
        match target.holders.get(&buyer) {
            None => repair.let_go.push(buyer),
            Some(held) => repair.put.push(Holder {
                buyer,
                reservation_id: held.reservation_id,
                position: held.position,
                paid: held.paid,
            }),
        }
    }
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
    let change =
        |repair: &Repair| repair.sellable - gate.counters[usize::from(repair.number)].sellable;
    repairs.retain(|repair| {
        let found = &gate.counters[usize::from(repair.number)];
        let counters = [repair.total, repair.sellable, repair.locked, repair.sold];
        counters != [found.total, found.sellable, found.locked, found.sold]
            || !repair.let_go.is_empty()
            || !repair.put.is_empty()
    });
    repairs.sort_by_key(change);
    repairs
}
