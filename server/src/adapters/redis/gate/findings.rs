//! Comparing gate and ledger a thousand holders at a time: what agrees is counted, what differs is
//! collected, up to a bound. So an item of a million holders takes no more memory than a small one.

use std::collections::HashMap;

use app::wire::{AccountId, ReservationId};

use super::{
    super::{segment, segment::Segment},
    Open, RedisGate,
    stocktaking::{Counters, END, GateHolder},
};
use crate::engine::ports::{Holder, ItemSummary, LedgerStatus, PortError};

/// Differences of a kind that are collected, about.
pub const COLLECTED: usize = 1000;
/// Reservations that the ledger is asked about at once.
const ASKED: usize = 1000;

/// A segment, and what it ought to hold as far as the ledger knows.
#[derive(Debug)]
pub struct Compared {
    /// Read before the holders.
    pub counters: Counters,
    /// Holders that have not paid, those that the ledger never heard of included.
    pub locked: i64,
    /// Holders that have paid.
    pub sold: i64,
}

/// What was found.
#[derive(Debug)]
pub struct Findings {
    /// By number.
    pub segments: Vec<Compared>,
    /// Holders that the ledger never heard of.
    pub unheard: Vec<GateHolder>,
    /// Buyers whose hold ought to be another one, or none.
    pub wrong: HashMap<AccountId, Option<Holder>>,
    /// Holders on whom both agree.
    agreed: i64,
}

impl Findings {
    fn new(counters: Vec<Counters>) -> Self {
        let segments = counters.into_iter().map(|counters| Compared {
            counters,
            locked: 0,
            sold: 0,
        });
        Self {
            segments: segments.collect(),
            unheard: Vec::new(),
            wrong: HashMap::new(),
            agreed: 0,
        }
    }

    /// More may differ than was collected, and not all was compared.
    pub fn is_full(&self) -> bool {
        self.unheard.len() >= COLLECTED || self.wrong.len() >= COLLECTED
    }

    /// The sum of a number of the gate over all segments.
    pub fn sum(&self, of: impl Fn(&Counters) -> i64) -> i64 {
        let numbers = self.segments.iter().map(|segment| of(&segment.counters));
        numbers.sum()
    }

    /// The latest count of returns.
    pub fn returns(&self) -> u64 {
        let returns = self.segments.iter().map(|found| found.counters.returns);
        returns.max().unwrap_or(0)
    }

    fn hold(&mut self, number: usize, paid: bool) {
        let segment = &mut self.segments[number];
        match paid {
            true => segment.sold += 1,
            false => segment.locked += 1,
        }
    }

    fn add(&mut self, number: usize, holders: &[GateHolder], heard_of: &[LedgerStatus]) {
        let heard_of: HashMap<_, _> = heard_of
            .iter()
            .map(|standing| (standing.reservation_id, standing))
            .collect();
        for held in holders {
            match heard_of.get(&held.reservation_id) {
                None => {
                    self.hold(number, false);
                    self.unheard.push(*held);
                }
                Some(standing) if !standing.holds => {
                    self.wrong.insert(held.buyer, None);
                }
                Some(standing) => {
                    self.hold(number, standing.paid);
                    self.agreed += 1;
                    if standing.paid != held.paid {
                        let wanted = Holder {
                            buyer: held.buyer,
                            reservation_id: held.reservation_id,
                            position: held.position,
                            paid: standing.paid,
                        };
                        self.wrong.insert(held.buyer, Some(wanted));
                    }
                }
            }
        }
    }
}

impl RedisGate {
    /// Everything that differs; `None` where the item is not open.
    pub(super) async fn compare_holders(
        &self,
        open: &Open,
    ) -> Result<Option<(Findings, ItemSummary)>, PortError> {
        let Some(counters) = self.all_counters(open).await? else {
            return Ok(None);
        };
        let mut found = Findings::new(counters);
        // The gate first: what it holds by now is in the ledger, or on its way there.
        self.look_up(open, i64::MAX, &mut found).await?;
        let Some(ledger) = self.ledger.summary(open.item_id).await? else {
            return Ok(None);
        };
        if found.agreed != i64::from(ledger.holding) && !found.is_full() {
            self.look_for_missing(open, &mut found).await?;
        }
        Ok(Some((found, ledger)))
    }

    /// Holders since before `before_ms` that the ledger never heard of; a thousand at most.
    pub(super) async fn unheard(
        &self,
        open: &Open,
        before_ms: i64,
    ) -> Result<Vec<GateHolder>, PortError> {
        let Some(counters) = self.all_counters(open).await? else {
            return Ok(Vec::new());
        };
        let mut found = Findings::new(counters);
        self.look_up(open, before_ms, &mut found).await?;
        Ok(found.unheard)
    }

    /// Looks up in the ledger who holds a unit in the gate since before `before_ms`.
    async fn look_up(
        &self,
        open: &Open,
        before_ms: i64,
        found: &mut Findings,
    ) -> Result<(), PortError> {
        for (number, segment) in open.all().enumerate() {
            let mut cursor = Some(END.to_owned());
            while let Some(from) = cursor.take() {
                let (next, mut holders) = self.next_holders(&segment, &from).await?;
                holders.retain(|held| held.held_at_ms < before_ms);
                for some in holders.chunks(ASKED) {
                    let ids: Vec<ReservationId> =
                        some.iter().map(|held| held.reservation_id).collect();
                    found.add(number, some, &self.ledger.status(&ids).await?);
                    if found.is_full() {
                        return Ok(());
                    }
                }
                cursor = next;
            }
        }
        Ok(())
    }

    /// Looks up in the gate who holds a unit in the ledger.
    async fn look_for_missing(&self, open: &Open, found: &mut Findings) -> Result<(), PortError> {
        let mut last = None;
        loop {
            let page = self
                .ledger
                .holders(open.item_id, last, ASKED as u32)
                .await?;
            last = page.last().copied();
            if last.is_none() {
                return Ok(());
            }
            let mut by_segment: Vec<Vec<Holder>> = vec![Vec::new(); found.segments.len()];
            for holder in page {
                let number = segment::of_buyer(holder.buyer, open.segments);
                by_segment[usize::from(number)].push(holder);
            }
            for (number, holders) in by_segment.into_iter().enumerate() {
                let segment = Segment::new(open.item_id, number as u8);
                for holder in self.missing(&segment, holders).await? {
                    found.hold(number, holder.paid);
                    found.wrong.insert(holder.buyer, Some(holder));
                }
            }
            if found.is_full() {
                return Ok(());
            }
        }
    }
}
