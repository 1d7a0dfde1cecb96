//! Moves stock between segments: taken from one, given to the other, forgotten by the first. If a
//! crash interrupts this, the first remembers the transfer, and any instance can finish it.

use app::wire::AccountId;
use futures::future::join_all;
use uuid::Uuid;

use super::{
    super::{Arg, keys, scripts, segment, segment::Segment},
    LoadedItem, PORT, RedisGate, malformed, number,
};
use crate::engine::ports::PortError;

impl RedisGate {
    /// Called when the buyer's segment is empty. `Some`: all others are empty too, so the item is
    /// sold out as of this return. `None`: units have moved, decide again.
    ///
    /// # Errors
    /// If a segment does not answer, and none of the others has a unit.
    pub(super) async fn fetch_stock(
        &self,
        buyer: AccountId,
        item: &LoadedItem,
    ) -> Result<Option<u64>, PortError> {
        let Some(found) = self.each_counters(item).await else {
            return Ok(None);
        };
        let fullest = (0..item.segments)
            .zip(&found)
            .filter_map(|(number, counters)| Some((number, counters.as_ref().ok()?.sellable)))
            .max_by_key(|(_, sellable)| *sellable);
        if let Some((source, 1..)) = fullest {
            return self.fetch(buyer, item, source).await.map(|()| None);
        }
        if found.iter().flatten().any(|counters| counters.moving > 0) {
            return match self.finish_possible_transfers(item).await {
                (0, Some(error)) => Err(error),
                _ => Ok(None),
            };
        }
        let first: Vec<_> = found.into_iter().collect::<Result<_, _>>()?;
        // The segments are read one after the other, so that a moving unit may be missed in both.
        // If the versions are the same twice, the counters were all valid at one moment.
        match self.all_counters(item).await? {
            Some(again) if again == first => {
                let returns = first.iter().map(|counters| counters.returns);
                Ok(Some(returns.max().unwrap_or(0)))
            }
            _ => Ok(None),
        }
    }

    /// Moves units from a segment to the buyer's.
    async fn fetch(
        &self,
        buyer: AccountId,
        item: &LoadedItem,
        source: u8,
    ) -> Result<(), PortError> {
        let Ok(_one) = self.transferring.try_lock() else {
            // Another caller in this process moves stock, perhaps to the same segment: decide again
            // after it.
            drop(self.transferring.lock().await);
            return Ok(());
        };
        let target = segment::of_buyer(buyer, item.segments);
        if source == target {
            return Ok(());
        }
        let transfer_id = Uuid::now_v7().to_string();
        let source = Segment::new(item.item_id, source);
        let keys = source.keys(&self.redis, [keys::ITEM, keys::TRANSFERS]);
        let args = [
            Arg::Text(&item.epoch()),
            Arg::Text(&transfer_id),
            Arg::Number(i64::from(target)),
        ];
        let units: i64 = self
            .redis
            .invoke(&scripts::gate::TRANSFER_TAKE, &keys, &args)
            .await?;
        if units > 0 {
            self.finish_transfer(item, &source, &transfer_id, target, units)
                .await?;
        }
        Ok(())
    }

    /// Finishes all started transfers.
    ///
    /// # Errors
    /// The first error, after all that could be finished were.
    pub(super) async fn finish_transfers(&self, item: &LoadedItem) -> Result<(), PortError> {
        match self.finish_possible_transfers(item).await {
            (_, None) => Ok(()),
            (_, Some(error)) => Err(error),
        }
    }

    /// Finishes started transfers. Returns how many, and the first error: one segment that does not answer
    /// does not stop transfers between the others.
    async fn finish_possible_transfers(&self, item: &LoadedItem) -> (u32, Option<PortError>) {
        let read = item.all_segments().map(async |source| {
            let mut read = redis::cmd("HGETALL");
            read.arg(source.key(&self.redis, keys::TRANSFERS));
            let transfers = self.redis.query::<Vec<(String, String)>>(&read).await;
            (source, transfers)
        });
        let (mut finished, mut first_error) = (0, None);
        for (source, transfers) in join_all(read).await {
            let transfers = transfers.unwrap_or_else(|error| {
                first_error.get_or_insert(error);
                Vec::new()
            });
            for (transfer_id, record) in &transfers {
                match self
                    .finish_recorded(item, &source, transfer_id, record)
                    .await
                {
                    Ok(()) => finished += 1,
                    Err(error) => drop(first_error.get_or_insert(error)),
                }
            }
        }
        (finished, first_error)
    }

    async fn finish_recorded(
        &self,
        item: &LoadedItem,
        source: &Segment,
        transfer_id: &str,
        record: &str,
    ) -> Result<(), PortError> {
        let (target, units) = record
            .split_once('|')
            .ok_or_else(|| malformed("a transfer without a target"))?;
        let (target, units) = (number(target)?, number(units)?);
        self.finish_transfer(item, source, transfer_id, target, units)
            .await
    }

    async fn finish_transfer(
        &self,
        item: &LoadedItem,
        source: &Segment,
        transfer_id: &str,
        target: u8,
        units: i64,
    ) -> Result<(), PortError> {
        let target = Segment::new(item.item_id, target);
        let keys = target.keys(&self.redis, [keys::ITEM, keys::RECEIVED]);
        let args = [
            Arg::Text(&item.epoch()),
            Arg::Text(transfer_id),
            Arg::Number(units),
        ];
        let given: bool = self
            .redis
            .invoke(&scripts::gate::TRANSFER_GIVE, &keys, &args)
            .await?;
        if !given {
            return Err(PortError::busy(
                PORT,
                "a segment is loaded with another epoch",
            ));
        }
        let keys = source.keys(&self.redis, [keys::ITEM, keys::TRANSFERS]);
        let args = [Arg::Text(transfer_id)];
        self.redis
            .invoke::<bool>(&scripts::gate::TRANSFER_FINISH, &keys, &args)
            .await
            .map(drop)
    }
}
