//! Reading what the segments hold. Nothing here changes anything.

use std::collections::HashMap;

use app::wire::{AccountId, ReservationId};
use futures::future::try_join_all;

use super::{super::segment::Segment, Open, RedisGate, malformed, number};
use crate::engine::ports::PortError;

/// Holders read by one command.
const CHUNK: usize = 1000;

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
    pub reservation_id: ReservationId,
    pub position: u32,
    pub held_at_ms: i64,
    pub paid: bool,
}

/// All of an item.
#[derive(Debug)]
pub struct Stocktaking {
    /// By segment, read before the holders.
    pub counters: Vec<Counters>,
    pub holders: HashMap<AccountId, GateHolder>,
}

impl Stocktaking {
    /// The sum of a number over all segments.
    pub fn sum(&self, of: impl Fn(&Counters) -> i64) -> i64 {
        self.counters.iter().map(of).sum()
    }

    /// The latest count of returns.
    pub fn returns(&self) -> u64 {
        let returns = self.counters.iter().map(|counters| counters.returns);
        returns.max().unwrap_or(0)
    }
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

    /// Counters and holders. A change while they are read shows in a segment's version.
    pub(super) async fn take_stock(&self, open: &Open) -> Result<Option<Stocktaking>, PortError> {
        let Some(counters) = self.all_counters(open).await? else {
            return Ok(None);
        };
        let mut holders = HashMap::new();
        for segment in open.all() {
            self.read_holders(&segment, &mut holders).await?;
        }
        Ok(Some(Stocktaking { counters, holders }))
    }

    async fn read_holders(
        &self,
        segment: &Segment,
        holders: &mut HashMap<AccountId, GateHolder>,
    ) -> Result<(), PortError> {
        let key = segment.key(&self.redis, "holders");
        let mut cursor = "0".to_owned();
        loop {
            let mut scan = redis::cmd("HSCAN");
            scan.arg(&key).arg(&cursor).arg("COUNT").arg(CHUNK);
            let (next, pairs): (String, Vec<String>) = self.redis.ask(&scan).await?;
            for pair in pairs.chunks_exact(2) {
                let buyer = pair[0].parse().map_err(|_| malformed("no id"))?;
                holders.insert(buyer, holder(&pair[1])?);
            }
            if next == "0" {
                return Ok(());
            }
            cursor = next;
        }
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
fn holder(text: &str) -> Result<GateHolder, PortError> {
    let mut parts = text.splitn(6, '|');
    let mut part = || parts.next().ok_or_else(|| malformed("half a holder"));
    Ok(GateHolder {
        reservation_id: super::id(part()?)?,
        position: number(part()?)?,
        held_at_ms: number(part()?)?,
        paid: part()? == "s",
    })
}
