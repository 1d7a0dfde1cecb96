//! Reading what the segments hold. Nothing here changes anything.

use app::wire::{AccountId, ReservationId};
use futures::future::try_join_all;

use super::{super::segment::Segment, Open, RedisGate, malformed, number};
use crate::engine::ports::{Holder, PortError};

/// Holders read by one command.
const CHUNK: usize = 1000;
/// Where reading a segment's holders begins, and has ended.
pub(super) const END: &str = "0";

/// A segment's numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counters {
    pub epoch: String,
    /// Moves on with every change of stock or holders.
    pub version: i64,
    pub total: i64,
    pub sellable: i64,
    pub locked: i64,
    pub sold: i64,
    /// Units on their way to another segment.
    pub moving: i64,
    pub returns: u64,
}

/// Somebody who holds a unit in the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateHolder {
    pub buyer: AccountId,
    pub reservation_id: ReservationId,
    pub position: u32,
    pub held_at_ms: i64,
    pub paid: bool,
}

impl RedisGate {
    /// A segment's counters, or `None` for one that is not there or closed.
    pub(super) async fn counters(&self, segment: Segment) -> Result<Option<Counters>, PortError> {
        let mut read = redis::cmd("HMGET");
        read.arg(segment.key(&self.redis, "item")).arg(&[
            "epoch", "version", "total", "sellable", "locked", "sold", "moving", "returns",
        ]);
        let fields: Vec<Option<String>> = self.redis.ask(&read).await?;
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
            return Err(malformed("half an item"));
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

    /// The counters of every segment, one after the other, or `None` where one is not open with
    /// the epoch.
    pub(super) async fn all_counters(
        &self,
        open: &Open,
    ) -> Result<Option<Vec<Counters>>, PortError> {
        let read = try_join_all(open.all().map(|segment| self.counters(segment))).await?;
        let epoch = open.epoch();
        let ours = |counters: Option<Counters>| counters.filter(|found| found.epoch == epoch);
        Ok(read.into_iter().map(ours).collect())
    }

    /// The next of a segment's holders, about a thousand, and where to go on. Who came or went
    /// meanwhile may be missing or be there twice; that shows in the segment's version.
    pub(super) async fn next_holders(
        &self,
        segment: &Segment,
        cursor: &str,
    ) -> Result<(Option<String>, Vec<GateHolder>), PortError> {
        let mut scan = redis::cmd("HSCAN");
        scan.arg(segment.key(&self.redis, "holders"));
        scan.arg(cursor).arg("COUNT").arg(CHUNK);
        let (next, pairs): (String, Vec<(String, String)>) = self.redis.ask(&scan).await?;
        let found = pairs.iter().map(|(buyer, text)| holder(buyer, text));
        Ok((
            Some(next).filter(|next| next != END),
            found.collect::<Result<_, _>>()?,
        ))
    }

    /// Which of these hold another unit in the gate than this one, or none.
    pub(super) async fn missing(
        &self,
        segment: &Segment,
        holders: Vec<Holder>,
    ) -> Result<Vec<Holder>, PortError> {
        if holders.is_empty() {
            return Ok(holders);
        }
        let mut read = redis::cmd("HMGET");
        read.arg(segment.key(&self.redis, "holders"));
        for wanted in &holders {
            read.arg(wanted.buyer.to_string());
        }
        let found: Vec<Option<String>> = self.redis.ask(&read).await?;
        let there = |(wanted, found): &(Holder, Option<String>)| {
            let id = wanted.reservation_id.to_string();
            found
                .as_deref()
                .is_some_and(|text| text.split('|').next() == Some(&id))
        };
        let both = holders.into_iter().zip(found);
        Ok(both
            .filter(|both| !there(both))
            .map(|(wanted, _)| wanted)
            .collect())
    }

    /// How much of the item is not in the queue yet.
    pub(super) async fn in_outboxes(&self, open: &Open) -> Result<u64, PortError> {
        let lengths = open.all().map(async |segment| {
            let mut length = redis::cmd("XLEN");
            length.arg(segment.key(&self.redis, "outbox"));
            self.redis.ask::<u64>(&length).await
        });
        Ok(try_join_all(lengths).await?.into_iter().sum())
    }
}

/// `reservation_id|position|held_at_ms|state|tries|path`, as the scripts write it.
fn holder(buyer: &str, text: &str) -> Result<GateHolder, PortError> {
    let mut parts = text.splitn(6, '|');
    let mut part = || parts.next().ok_or_else(|| malformed("half a holder"));
    Ok(GateHolder {
        buyer: buyer.parse().map_err(|_| malformed("no id"))?,
        reservation_id: super::id(part()?)?,
        position: number(part()?)?,
        held_at_ms: number(part()?)?,
        paid: part()? == "s",
    })
}
