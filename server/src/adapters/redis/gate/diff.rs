//! Compares gate and ledger a thousand holders at a time. Matching ones are counted, differing ones
//! are collected up to a limit, so that an item with a million holders needs no more memory than a
//! small one.

use std::collections::HashMap;

use app::wire::{AccountId, ReservationId};

use super::{
    super::{segment, segment::Segment},
    LoadedItem, RedisGate,
    read_state::{CURSOR_END, Counters, GateHold},
};
use crate::engine::ports::{Holder, ItemSummary, LedgerStatus, PortError};

/// About how many differences of each kind are collected.
pub const MAX_COLLECTED: usize = 1000;
/// Reservations that are looked up in the ledger at once.
const CHUNK: usize = 1000;

/// A segment, and what it should hold according to the ledger.
#[derive(Debug)]
pub struct SegmentDiff {
    /// Read before the holders.
    pub counters: Counters,
    /// Holders who have not paid, including those that the ledger does not know.
    pub locked: i64,
    /// Holders who have paid.
    pub sold: i64,
}

/// The differences between gate and ledger.
#[derive(Debug)]
pub struct Diff {
    /// By segment index.
    pub segments: Vec<SegmentDiff>,
    /// Holders that the ledger does not know.
    pub unknown: Vec<GateHold>,
    /// Buyers whose holder record should be different, or removed.
    pub wrong: HashMap<AccountId, Option<Holder>>,
    /// The number of holders that are equal in gate and ledger.
    same: i64,
}

impl Diff {
    fn new(counters: Vec<Counters>) -> Self {
        let segments = counters.into_iter().map(|counters| SegmentDiff {
            counters,
            locked: 0,
            sold: 0,
        });
        Self {
            segments: segments.collect(),
            unknown: Vec::new(),
            wrong: HashMap::new(),
            same: 0,
        }
    }

    /// The limit is reached: the comparison stopped, and there may be more differences.
    pub fn is_full(&self) -> bool {
        self.unknown.len() >= MAX_COLLECTED || self.wrong.len() >= MAX_COLLECTED
    }

    /// The sum of one counter over all segments of the gate.
    pub fn sum(&self, of: impl Fn(&Counters) -> i64) -> i64 {
        let counters = self.segments.iter().map(|segment| of(&segment.counters));
        counters.sum()
    }

    /// The number of the latest return.
    pub fn returns(&self) -> u64 {
        let returns = self.segments.iter().map(|found| found.counters.returns);
        returns.max().unwrap_or(0)
    }

    fn count(&mut self, number: usize, paid: bool) {
        let segment = &mut self.segments[number];
        match paid {
            true => segment.sold += 1,
            false => segment.locked += 1,
        }
    }

    fn add(&mut self, number: usize, holds: &[GateHold], in_ledger: &[LedgerStatus]) {
        let in_ledger: HashMap<_, _> = in_ledger
            .iter()
            .map(|status| (status.reservation_id, status))
            .collect();
        for hold in holds {
            let holder = hold.holder;
            match in_ledger.get(&holder.reservation_id) {
                None => {
                    self.count(number, false);
                    self.unknown.push(*hold);
                }
                Some(status) if !status.holds => {
                    self.wrong.insert(holder.buyer, None);
                }
                Some(status) => {
                    self.count(number, status.paid);
                    self.same += 1;
                    if status.paid != holder.paid {
                        let expected = Holder {
                            paid: status.paid,
                            ..holder
                        };
                        self.wrong.insert(holder.buyer, Some(expected));
                    }
                }
            }
        }
    }
}

impl RedisGate {
    /// All differences; `None` if the item is not loaded.
    pub(super) async fn compare_holders(
        &self,
        item: &LoadedItem,
    ) -> Result<Option<(Diff, ItemSummary)>, PortError> {
        let Some(counters) = self.all_counters(item).await? else {
            return Ok(None);
        };
        let mut diff = Diff::new(counters);
        // Read the gate first: what it holds now is in the ledger, or on its way there.
        self.compare_gate_holders(item, i64::MAX, &mut diff).await?;
        let Some(ledger) = self.ledger.summary(item.item_id).await? else {
            return Ok(None);
        };
        if diff.same != i64::from(ledger.holding) && !diff.is_full() {
            self.find_missing_holders(item, &mut diff).await?;
        }
        Ok(Some((diff, ledger)))
    }

    /// Holders since before `before_ms` that the ledger does not know; about a thousand at most.
    pub(super) async fn unknown_holders(
        &self,
        item: &LoadedItem,
        before_ms: i64,
    ) -> Result<Vec<GateHold>, PortError> {
        let Some(counters) = self.all_counters(item).await? else {
            return Ok(Vec::new());
        };
        let mut diff = Diff::new(counters);
        self.compare_gate_holders(item, before_ms, &mut diff)
            .await?;
        Ok(diff.unknown)
    }

    /// Looks up in the ledger the gate's holders since before `before_ms`.
    async fn compare_gate_holders(
        &self,
        item: &LoadedItem,
        before_ms: i64,
        diff: &mut Diff,
    ) -> Result<(), PortError> {
        for (number, segment) in item.all_segments().enumerate() {
            let mut cursor = Some(CURSOR_END.to_owned());
            while let Some(from) = cursor.take() {
                let (next, mut holds) = self.next_holders(&segment, &from).await?;
                holds.retain(|hold| hold.held_at_ms < before_ms);
                for chunk in holds.chunks(CHUNK) {
                    let ids = chunk.iter().map(|hold| hold.holder.reservation_id);
                    let ids: Vec<ReservationId> = ids.collect();
                    diff.add(number, chunk, &self.ledger.status(&ids).await?);
                    if diff.is_full() {
                        return Ok(());
                    }
                }
                cursor = next;
            }
        }
        Ok(())
    }

    /// Looks up in the gate the ledger's holders.
    async fn find_missing_holders(
        &self,
        item: &LoadedItem,
        diff: &mut Diff,
    ) -> Result<(), PortError> {
        let mut last = None;
        loop {
            let page = self
                .ledger
                .holders(item.item_id, last, CHUNK as u32)
                .await?;
            last = page.last().copied();
            if last.is_none() {
                return Ok(());
            }
            let mut by_segment: Vec<Vec<Holder>> = vec![Vec::new(); diff.segments.len()];
            for holder in page {
                let number = segment::of_buyer(holder.buyer, item.segments);
                by_segment[usize::from(number)].push(holder);
            }
            for (number, holders) in by_segment.into_iter().enumerate() {
                let segment = Segment::new(item.item_id, number as u8);
                for holder in self.missing(&segment, holders).await? {
                    diff.count(number, holder.paid);
                    diff.wrong.insert(holder.buyer, Some(holder));
                }
            }
            if diff.is_full() {
                return Ok(());
            }
        }
    }
}
