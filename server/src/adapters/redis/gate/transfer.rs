//! Moving stock between segments: taken from one, given to the other, forgotten by the first. A
//! crash in between leaves a transfer that is remembered; whoever finds it finishes it.

use app::wire::AccountId;
use futures::future::try_join_all;
use uuid::Uuid;

use super::{
    super::{Arg, scripts, segment, segment::Segment},
    Open, PORT, RedisGate, malformed, number,
    stocktaking::Counters,
};
use crate::engine::ports::PortError;

impl RedisGate {
    /// The buyer's segment has nothing left. `Some` when no other one has either: the item is sold
    /// out, after so many returns. `None` when something has moved, and asking again makes sense.
    pub(super) async fn fetch_stock(
        &self,
        buyer: AccountId,
        open: &Open,
    ) -> Result<Option<u64>, PortError> {
        let Some(first) = self.all_counters(open).await? else {
            return Ok(None);
        };
        if first.iter().any(|counters| counters.sellable > 0) {
            return self.fetch(buyer, open, &first).await.map(|()| None);
        }
        if first.iter().any(|counters| counters.moving > 0) {
            return self.finish_transfers(open).await.map(|_| None);
        }
        // Read one after the other, a unit that moves may be overlooked in both of its places.
        // What has the same versions twice was so at one moment in between.
        match self.all_counters(open).await? {
            Some(again) if again == first => {
                let returns = first.iter().map(|counters| counters.returns);
                Ok(Some(returns.max().unwrap_or(0)))
            }
            _ => Ok(None),
        }
    }

    /// From the fullest segment to the buyer's.
    async fn fetch(
        &self,
        buyer: AccountId,
        open: &Open,
        counters: &[Counters],
    ) -> Result<(), PortError> {
        let Ok(_one) = self.moving.try_lock() else {
            // Somebody else here is moving stock, perhaps to the same place: ask again after it.
            drop(self.moving.lock().await);
            return Ok(());
        };
        let to = segment::of_buyer(buyer, open.segments);
        let fullest = (0..open.segments)
            .zip(counters)
            .max_by_key(|(_, counters)| counters.sellable);
        let Some((from, _)) = fullest.filter(|(from, _)| *from != to) else {
            return Ok(());
        };
        let transfer = Uuid::now_v7().to_string();
        let giver = Segment::new(open.item_id, from);
        let keys = giver.keys(&self.redis, ["item", "transfers"]);
        let args = [
            Arg::Text(&open.epoch()),
            Arg::Text(&transfer),
            Arg::Number(i64::from(to)),
        ];
        let units: i64 = self.redis.run(&scripts::TAKE, &keys, &args).await?;
        if units > 0 {
            self.finish(open, &giver, &transfer, to, units).await?;
        }
        Ok(())
    }

    /// Finishes what was begun and not finished; returns how many transfers.
    pub(super) async fn finish_transfers(&self, open: &Open) -> Result<u32, PortError> {
        let finished = open.all().map(async |giver| {
            let mut read = redis::cmd("HGETALL");
            read.arg(giver.key(&self.redis, "transfers"));
            let transfers: Vec<(String, String)> = self.redis.ask(&read).await?;
            for (transfer, what) in &transfers {
                let (to, units) = what
                    .split_once('|')
                    .ok_or_else(|| malformed("half a transfer"))?;
                self.finish(open, &giver, transfer, number(to)?, number(units)?)
                    .await?;
            }
            Ok::<_, PortError>(transfers.len() as u32)
        });
        Ok(try_join_all(finished).await?.into_iter().sum())
    }

    async fn finish(
        &self,
        open: &Open,
        giver: &Segment,
        transfer: &str,
        to: u8,
        units: i64,
    ) -> Result<(), PortError> {
        let getter = Segment::new(open.item_id, to).keys(&self.redis, ["item", "received"]);
        let args = [
            Arg::Text(&open.epoch()),
            Arg::Text(transfer),
            Arg::Number(units),
        ];
        if self
            .redis
            .run::<i64>(&scripts::GIVE, &getter, &args)
            .await?
            == 0
        {
            return Err(PortError::busy(PORT, "a segment is of another filling"));
        }
        let keys = giver.keys(&self.redis, ["item", "transfers"]);
        self.redis
            .run::<i64>(&scripts::FORGET, &keys, &[Arg::Text(transfer)])
            .await
            .map(drop)
    }
}
