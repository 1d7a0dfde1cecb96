//! Holds that the ledger does not know although nothing is under way: they were lost on their way,
//! and their entries are sent again.

use std::collections::HashSet;

use super::{
    super::{
        Arg, keys, scripts,
        segment::{MAX_SEGMENTS, Segment},
    },
    LoadedItem, RedisGate,
    diff::MAX_COLLECTED,
    read_state::{CURSOR_END, GateHold},
};
use crate::engine::ports::{Holder, PortError};

/// A parked hold counts as lost if it was not parked again for this long: longer than the hour after
/// which parked entries are tried again.
const PARKED_LOST_AFTER_MS: i64 = 2 * 3_600_000;
/// The epoch of a closed segment.
pub(super) const CLOSED: &str = "";

/// After how many milliseconds a holder's entry counts as lost.
#[derive(Clone, Copy)]
pub struct LostAfter {
    /// Since the hold.
    pub held_ms: i64,
    /// Since it was parked; `None` while the queue has readable parked entries.
    pub parked_ms: Option<i64>,
}

/// The result of a search for unknown holders.
#[derive(Default)]
pub(super) struct UnknownHolds {
    /// Entries that were sent again.
    pub sent: u64,
    /// Holds whose entries the queue has parked; about a thousand at most.
    pub parked: Vec<ParkedHold>,
}

impl UnknownHolds {
    fn is_full(&self) -> bool {
        self.parked.len() >= MAX_COLLECTED
    }
}

/// A hold that the ledger does not know because its entry is parked.
#[derive(Clone)]
pub(super) struct ParkedHold {
    pub holder: Holder,
    /// The record as Redis stores it.
    pub record: String,
}

impl RedisGate {
    /// See [`LostAfter::parked_ms`].
    pub(super) async fn parked_lost_after_ms(&self) -> Result<Option<i64>, PortError> {
        let depth = self.queue.depth().await?;
        // Unreadable entries are no holds, or holds that cannot become orders from there.
        let none_parked = depth.parked <= depth.unreadable;
        Ok(none_parked.then_some(PARKED_LOST_AFTER_MS))
    }

    /// Sends entries of unknown holders in closed segments again, about a thousand at a time, in all
    /// segments the item may ever have had. Skips entries sent two or three times without arriving: an
    /// entry that cannot be written must not keep the item closed. Returns the holds with parked
    /// entries: they keep their units.
    pub(super) async fn resend_unknown(
        &self,
        item: &LoadedItem,
    ) -> Result<UnknownHolds, PortError> {
        let lost = LostAfter {
            held_ms: self.timeouts.quiet.as_millis() as i64,
            parked_ms: self.parked_lost_after_ms().await?,
        };
        let mut unknown = UnknownHolds::default();
        for number in 0..MAX_SEGMENTS {
            let segment = Segment::new(item.item_id, number);
            let mut cursor = Some(CURSOR_END.to_owned());
            while let Some(from) = cursor.take() {
                let (next, holds) = self.next_holders(&segment, &from).await?;
                for hold in self.still_unknown(holds).await? {
                    let closed = (item, CLOSED);
                    let sent = self.resend_one(closed, &segment, &hold, lost).await?;
                    unknown.sent += sent;
                    if sent == 0 && hold.is_parked && !unknown.is_full() {
                        unknown.parked.extend(self.parked(&segment, hold).await?);
                    }
                    if unknown.sent >= MAX_COLLECTED as u64 {
                        return Ok(unknown);
                    }
                }
                cursor = next;
            }
        }
        if unknown.is_full() {
            tracing::error!(
                item_id = %item.item_id,
                "the item has more parked reservations than a load keeps; the units of the others may be sold \
                 to other buyers"
            );
        }
        Ok(unknown)
    }

    /// The hold's stored record, unless it has ended in the meantime.
    async fn parked(
        &self,
        segment: &Segment,
        hold: GateHold,
    ) -> Result<Option<ParkedHold>, PortError> {
        let mut read = redis::cmd("HGET");
        read.arg(segment.key(&self.redis, keys::HOLDERS));
        read.arg(hold.holder.buyer.to_string());
        let record: Option<String> = self.redis.query(&read).await?;
        Ok(record.map(|record| ParkedHold {
            holder: hold.holder,
            record,
        }))
    }

    /// The holds that the ledger still does not know.
    pub(super) async fn still_unknown(
        &self,
        unknown: Vec<GateHold>,
    ) -> Result<Vec<GateHold>, PortError> {
        let mut still = Vec::new();
        for chunk in unknown.chunks(MAX_COLLECTED) {
            let ids: Vec<_> = chunk
                .iter()
                .map(|hold| hold.holder.reservation_id)
                .collect();
            let known = self.ledger.status(&ids).await?;
            let known: HashSet<_> = known.iter().map(|status| status.reservation_id).collect();
            let is_unknown = |hold: &&GateHold| !known.contains(&hold.holder.reservation_id);
            still.extend(chunk.iter().filter(is_unknown));
        }
        Ok(still)
    }

    /// Sends a holder's entry again if it is due, in a segment with this epoch. Returns 1, or 0.
    pub(super) async fn resend_one(
        &self,
        (item, epoch): (&LoadedItem, &str),
        segment: &Segment,
        GateHold { holder, .. }: &GateHold,
        lost: LostAfter,
    ) -> Result<u64, PortError> {
        let keys = segment.keys(&self.redis, [keys::ITEM, keys::HOLDERS, keys::OUTBOX]);
        let args = [
            Arg::Text(&self.clock.argument()),
            Arg::Text(epoch),
            Arg::Text(&holder.reservation_id.to_string()),
            Arg::Text(&item.item_id.to_string()),
            Arg::Text(&holder.buyer.to_string()),
            Arg::Number(lost.held_ms),
            lost.parked_ms.map_or(Arg::Text(""), Arg::Number),
        ];
        self.redis
            .invoke(&scripts::outbox::RESEND, &keys, &args)
            .await
    }
}
