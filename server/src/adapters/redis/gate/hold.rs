//! Reads what the gate holds for one buyer, and whether anything of an item is under way.

use app::wire::{AccountId, ItemId};

use super::{
    super::{keys, segment, segment::Segment},
    LoadedItem, RedisGate, holder_record,
    read_state::GateHold,
    unknown_holds::CLOSED,
};
use crate::engine::ports::{Lookup, PortError};

impl RedisGate {
    /// What the gate holds for a buyer of an item now. `Unknown` if the item is not loaded, or
    /// closed.
    pub async fn hold_of(
        &self,
        item_id: ItemId,
        buyer: AccountId,
    ) -> Result<Lookup<GateHold>, PortError> {
        let Some(item) = self.loaded(item_id).await? else {
            return Ok(Lookup::Unknown);
        };
        let segment = Segment::new(item_id, segment::of_buyer(buyer, item.segments));
        let mut read = redis::pipe();
        read.atomic();
        let [state, holders] = segment.keys(&self.redis, [keys::ITEM, keys::HOLDERS]);
        read.cmd("HGET").arg(state).arg("epoch");
        read.cmd("HGET").arg(holders).arg(buyer.to_string());
        let (epoch, text): (Option<String>, Option<String>) = self.redis.query_all(&read).await?;
        let holder = text.map(|text| holder_record::decode(&buyer.to_string(), &text));
        let epoch = epoch.as_deref();
        let is_current = epoch == Some(&item.epoch());
        Ok(match holder.transpose()? {
            // Also in a closed segment: its holds are sent again before it is loaded.
            Some(holder) if is_current || epoch == Some(CLOSED) => Lookup::Found(holder),
            None if is_current => Lookup::Nothing,
            _ => Lookup::Unknown,
        })
    }

    /// No entry of the item is in an outbox or in flight at an instance, and the queue has no waiting or
    /// parked entries at all. Waits for the next note of every instance.
    pub async fn is_quiet(&self, item_id: ItemId) -> Result<bool, PortError> {
        if self.queue.depth().await?.parked > 0 {
            return Ok(false);
        }
        let in_flight = match self.loaded(item_id).await? {
            Some(item) => self.in_flight(&item).await?,
            None => Some(self.behind_outboxes(item_id, None).await?),
        };
        let Some(in_flight) = in_flight.filter(|in_flight| in_flight.is_empty()) else {
            return Ok(false);
        };
        // A message that was delivered after a consumer's last note is in its next note.
        let acknowledged = self.acknowledged_before_ms(item_id, in_flight).await?;
        // An entry in flight at the first check may have been parked since.
        Ok(acknowledged == Some(i64::MAX) && self.queue.depth().await?.parked == 0)
    }

    /// The item with its load epoch from the ledger, if it was ever loaded.
    pub(super) async fn loaded(&self, item_id: ItemId) -> Result<Option<LoadedItem>, PortError> {
        let loaded = self.epochs.get(item_id).await?;
        Ok(loaded.and_then(|loaded| {
            Some(LoadedItem {
                item_id,
                epoch: loaded.epoch?,
                segments: loaded.segments,
            })
        }))
    }
}
