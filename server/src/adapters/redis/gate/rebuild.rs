//! What Redis forgot, or has of an earlier filling, is filled again from the ledger. First nobody
//! is answered any more; then, when nothing has been under way for a while, the ledger knows of
//! everything that was ever held, and what it says is the truth.

use std::time::Instant;

use app::wire::ItemId;
use futures::future::try_join_all;

use super::{
    super::{Arg, scripts, segment, segment::Segment},
    Open, PORT, RedisGate,
};
use crate::engine::ports::{LoadEpoch, PortError, Window};

impl RedisGate {
    /// One step towards an item that is open again, as far as it may be taken now; true when it is.
    pub(super) async fn rebuild(&self, open: &Open, window: Window) -> Result<bool, PortError> {
        let item_id = open.item_id;
        if self.is_being_filled(item_id).await? {
            return Ok(false);
        }
        // Looked at again: a filling that has ended since the first look is none of our business.
        let found = self.refresh_windows(open, window).await?;
        let filling = self.fillings.refresh(item_id, Instant::now()).await?;
        let expected = LoadEpoch {
            epoch: Some(open.epoch),
            segments: open.segments,
        };
        if found.iter().all(|(word, _)| word == "known") || filling != Some(expected) {
            return Ok(false);
        }
        let left = self.close(open, &found).await?;
        let quiet = left == 0 && self.queue.depth().await?.waiting == 0;
        if !self.has_been_quiet(item_id, quiet).await? {
            tracing::warn!(%item_id, left, "the gate forgot this item; it is filled again when nothing is under way");
            return Ok(false);
        }
        let Ok(_one) = self.filling.try_lock() else {
            return Ok(false);
        };
        self.fill(item_id, Some(open.epoch)).await
    }

    /// Closes what must not decide any more: the segments that were found with the epoch they were
    /// found with, and those that an item of fewer segments does not have. Returns how much is
    /// still in their outboxes.
    pub(super) async fn close(
        &self,
        open: &Open,
        found: &[(String, String)],
    ) -> Result<u64, PortError> {
        let ours = open.epoch();
        let closing = (0..segment::MOST).map(async |number| {
            let epoch = match found.get(usize::from(number)) {
                Some((word, epoch)) if word == "stale" => epoch,
                Some(_) => &ours,
                None => "*",
            };
            let keys = Segment::new(open.item_id, number).keys(&self.redis, ["item", "outbox"]);
            self.redis
                .run::<u64>(&scripts::CLOSE, &keys, &[Arg::Text(epoch)])
                .await
        });
        Ok(try_join_all(closing).await?.into_iter().sum())
    }

    async fn has_been_quiet(&self, item_id: ItemId, quiet: bool) -> Result<bool, PortError> {
        let keys = [Segment::new(item_id, 0).key(&self.redis, "quiet")];
        let args = [
            Arg::Text(&self.clock.argument()),
            Arg::Number(i64::from(quiet)),
        ];
        let quiet_ms: i64 = self.redis.run(&scripts::QUIET, &keys, &args).await?;
        let enough_ms = i64::try_from(self.patience.quiet.as_millis())
            .map_err(|_| PortError::busy(PORT, "the quiet time is too long to be counted"))?;
        Ok(quiet && quiet_ms >= enough_ms)
    }
}
