//! Reads the contents of segments. Changes nothing.

use futures::future::{join_all, try_join_all};

use super::{
    super::{keys, segment::Segment},
    LoadedItem, RedisGate, holder_record, malformed, number,
};
use crate::engine::ports::{Holder, PortError};

/// About how many holders one command reads.
const CHUNK: usize = 1000;
/// The cursor of `HSCAN` at the beginning and at the end.
pub(super) const CURSOR_END: &str = "0";

/// A segment's counters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counters {
    pub epoch: String,
    /// Increases with every change of stock or holders.
    pub version: i64,
    pub total: i64,
    pub sellable: i64,
    pub locked: i64,
    pub sold: i64,
    /// Units on their way to another segment.
    pub moving: i64,
    pub returns: u64,
}

/// A buyer who has a unit at the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateHold {
    pub holder: Holder,
    pub held_at_ms: i64,
    /// The queue has parked its entry.
    pub is_parked: bool,
}

impl RedisGate {
    /// A segment's counters; `None` if it is not loaded, or closed.
    pub(super) async fn counters(&self, segment: Segment) -> Result<Option<Counters>, PortError> {
        let mut read = redis::cmd("HMGET");
        read.arg(segment.key(&self.redis, keys::ITEM)).arg(&[
            "epoch", "version", "total", "sellable", "locked", "sold", "moving", "returns",
        ]);
        let fields: Vec<Option<String>> = self.redis.query(&read).await?;
        let Some(fields) = fields.into_iter().collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        let [
            epoch,
            version,
            total,
            sellable,
            locked,
            sold,
            moving,
            returns,
        ] = &fields[..]
        else {
            return Err(malformed("an item without some of its counters"));
        };
        if epoch.is_empty() {
            return Ok(None);
        }
        Ok(Some(Counters {
            epoch: epoch.clone(),
            version: number(version)?,
            total: number(total)?,
            sellable: number(sellable)?,
            locked: number(locked)?,
            sold: number(sold)?,
            moving: number(moving)?,
            returns: number(returns)?,
        }))
    }

    /// The counters of every segment; `None` if one is not loaded with the item's epoch.
    pub(super) async fn all_counters(
        &self,
        item: &LoadedItem,
    ) -> Result<Option<Vec<Counters>>, PortError> {
        let found = self.each_counters(item).await;
        found.map(|found| found.into_iter().collect()).transpose()
    }

    /// The counters of every segment that answers, and the errors of the others; `None` if one is not
    /// loaded with the item's epoch.
    pub(super) async fn each_counters(
        &self,
        item: &LoadedItem,
    ) -> Option<Vec<Result<Counters, PortError>>> {
        let reads = item.all_segments().map(|segment| self.counters(segment));
        let epoch = item.epoch();
        let current = |counters: Option<Counters>| counters.filter(|found| found.epoch == epoch);
        let found = join_all(reads).await.into_iter();
        found
            .map(|counters| counters.map(current).transpose())
            .collect()
    }

    /// The next holders of a segment, about a thousand, and the cursor for the following ones. A
    /// holder that is added or removed during the scan may be missing or appear twice; the
    /// segment's version shows that.
    pub(super) async fn next_holders(
        &self,
        segment: &Segment,
        cursor: &str,
    ) -> Result<(Option<String>, Vec<GateHold>), PortError> {
        let mut scan = redis::cmd("HSCAN");
        scan.arg(segment.key(&self.redis, keys::HOLDERS));
        scan.arg(cursor).arg("COUNT").arg(CHUNK);
        let (next, pairs): (String, Vec<(String, String)>) = self.redis.query(&scan).await?;
        let holders = pairs
            .iter()
            .map(|(buyer, text)| holder_record::decode(buyer, text))
            .collect::<Result<_, _>>()?;
        Ok((Some(next).filter(|next| next != CURSOR_END), holders))
    }

    /// The ledger's holders who have a different unit in the gate, or none.
    pub(super) async fn missing(
        &self,
        segment: &Segment,
        holders: Vec<Holder>,
    ) -> Result<Vec<Holder>, PortError> {
        if holders.is_empty() {
            return Ok(holders);
        }
        let mut read = redis::cmd("HMGET");
        read.arg(segment.key(&self.redis, keys::HOLDERS));
        for expected in &holders {
            read.arg(expected.buyer.to_string());
        }
        let texts: Vec<Option<String>> = self.redis.query(&read).await?;
        let mut missing = Vec::new();
        for (expected, text) in holders.into_iter().zip(texts) {
            let buyer = expected.buyer.to_string();
            let found = text.map(|text| holder_record::decode(&buyer, &text));
            let same = |found: GateHold| found.holder.reservation_id == expected.reservation_id;
            if !found.transpose()?.is_some_and(same) {
                missing.push(expected);
            }
        }
        Ok(missing)
    }

    /// The number of the item's entries that are still in outboxes.
    pub(super) async fn in_outboxes(&self, item: &LoadedItem) -> Result<u64, PortError> {
        let lengths = item.all_segments().map(async |segment| {
            let mut length = redis::cmd("XLEN");
            length.arg(segment.key(&self.redis, keys::OUTBOX));
            self.redis.query::<u64>(&length).await
        });
        Ok(try_join_all(lengths).await?.into_iter().sum())
    }
}
