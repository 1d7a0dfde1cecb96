//! Loads an item again if Redis lost it, has an earlier epoch of it, or lost holds of it. First closes
//! its segments. When nothing has been under way for a while, the ledger knows all holds, and the item
//! is loaded from it. Holds in a closed segment that the ledger does not know were lost on their way:
//! they are sent again first.

use std::time::Instant;

use app::wire::ItemId;
use futures::future::try_join_all;

use super::{
    super::{
        Arg, keys, scripts,
        segment::{MAX_SEGMENTS, Segment},
    },
    LoadedItem, RedisGate,
    load::SegmentEpoch,
    quiet::Found,
};
use crate::engine::ports::{LoadEpoch, PortError, Window};

impl RedisGate {
    /// Takes the next possible step of loading an item again. Returns true when it is loaded.
    pub(super) async fn reload(
        &self,
        item: &LoadedItem,
        window: Window,
    ) -> Result<bool, PortError> {
        let item_id = item.item_id;
        if self.is_loading(item_id).await? {
            return Ok(false);
        }
        // Read again: another instance may have loaded the item since the first read.
        let found = self.refresh_windows(item, window).await?;
        let loaded = self.epochs.refresh(item_id, Instant::now()).await?;
        let expected = LoadEpoch {
            epoch: Some(item.epoch),
            segments: item.segments,
        };
        if found.iter().all(SegmentEpoch::is_current) || loaded != Some(expected) {
            return Ok(false);
        }
        let stale: Vec<_> = found.iter().map(SegmentEpoch::stale).collect();
        let in_outboxes = self.close(item, &stale).await?;
        // If this instance cannot count, do not record a check: others may be able to.
        let found = Found::of(in_outboxes, self.behind_outboxes(item_id, None).await?);
        if !self.has_been_quiet(item_id, found).await? {
            tracing::warn!(
                %item_id,
                epoch = %item.epoch,
                in_outboxes,
                under_way = ?found,
                "the item is closed and cannot be bought: Redis lost it or holds of it, or has an \
                 earlier load of it; it is loaded from the ledger when none of its reservations has \
                 been under way for {} s",
                self.timeouts.quiet.as_secs()
            );
            return Ok(false);
        }
        let Ok(_one) = self.loading.try_lock() else {
            return Ok(false);
        };
        let unknown = self.resend_unknown(item).await?;
        // The search may have taken long: another instance may have sent something in the meantime.
        let in_outboxes = self.close(item, &stale).await?;
        let found = Found::of(in_outboxes, self.behind_outboxes(item_id, None).await?);
        if unknown.sent > 0 || found != Found::Nothing {
            return Ok(false);
        }
        // A unit that was released before the segments were closed, and is due in the ledger still, would
        // be loaded as held, and nobody would release it again. A closed segment remembers releases.
        let ledger = self.ledger.summary(item_id).await?;
        if ledger.is_some_and(|ledger| ledger.due > 0) {
            return Ok(false);
        }
        let parked = &unknown.parked;
        self.load(item_id, Some(item.epoch), parked).await
    }

    /// Closes every segment with the item's epoch or with its stale epoch in `stale`, and all
    /// segments beyond the item's number of segments. Returns how many entries are in their
    /// outboxes.
    pub(super) async fn close(
        &self,
        item: &LoadedItem,
        stale: &[Option<&str>],
    ) -> Result<u64, PortError> {
        let ours = item.epoch();
        let closing = (0..MAX_SEGMENTS).map(async |number| {
            let only_epoch = match stale.get(usize::from(number)) {
                Some(Some(epoch)) => epoch,
                Some(None) => ours.as_str(),
                None => "*",
            };
            let segment = Segment::new(item.item_id, number);
            let keys = segment.keys(&self.redis, [keys::ITEM, keys::OUTBOX]);
            self.redis
                .invoke::<u64>(&scripts::gate::CLOSE, &keys, &[Arg::Text(only_epoch)])
                .await
        });
        Ok(try_join_all(closing).await?.into_iter().sum())
    }

    /// Closes every segment that has the item's epoch.
    pub(super) async fn close_all(&self, item: &LoadedItem) -> Result<(), PortError> {
        let none_stale = vec![None; usize::from(item.segments)];
        self.close(item, &none_stale).await.map(drop)
    }

    /// Closes the other segments; the buyer's is closed already. If this fails, the next `warm_up`
    /// notices it and closes them.
    pub(super) async fn close_after_withdrawal(&self, item_id: ItemId) -> Result<(), PortError> {
        let Some(item) = self.loaded(item_id).await? else {
            return Ok(());
        };
        tracing::warn!(
            %item_id,
            epoch = %item.epoch,
            "the gate is ahead of the ledger; the item is closed, and loaded again from the ledger \
             when nothing is under way"
        );
        self.close_all(&item).await
    }
}
