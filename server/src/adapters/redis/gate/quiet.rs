//! Checks whether anything of an item is on its way from the gate to the ledger. Entries are in an
//! outbox, in the queue, or in flight at an instance; they are counted in this order, so that none
//! is missed while it moves on.

use std::time::Duration;

use app::wire::ItemId;
use tokio::time::sleep;

use super::{
    super::{
        Arg,
        in_flight::{self, Counted, InFlightCount, NOTE_PERIOD},
        keys, scripts,
        segment::Segment,
    },
    LoadedItem, RedisGate,
};
use crate::engine::ports::PortError;

/// How often the next notes are looked for: two times per note period.
const LOOKS: u32 = 6;
const LOOK_AGAIN: Duration = Duration::from_millis(NOTE_PERIOD.as_millis() as u64 / 2);

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    Something,
    /// A consumer does not report its entries.
    SilentConsumer,
}

impl Found {
    /// From the counts in an item's outboxes and behind them.
    pub(super) fn of(in_outboxes: u64, behind: InFlightCount) -> Found {
        // A silent consumer comes first: the length of its silence matters.
        if behind.silent {
            Found::SilentConsumer
        } else if in_outboxes == 0 && behind.is_empty() {
            Found::Nothing
        } else {
            Found::Something
        }
    }
}

impl RedisGate {
    /// The item's entries in flight at instances; `None` while entries wait in the queue, or in the
    /// item's outboxes.
    pub(super) async fn in_flight(
        &self,
        item: &LoadedItem,
    ) -> Result<Option<InFlightCount>, PortError> {
        if self.in_outboxes(item).await? > 0 {
            return Ok(None);
        }
        let in_flight = self.behind_outboxes(item.item_id, None).await?;
        Ok(Some(in_flight).filter(|in_flight| !in_flight.waiting))
    }

    /// Counts what has left the outboxes, from the latest notes or, with `since`, from notes written
    /// after an earlier count.
    pub(super) async fn behind_outboxes(
        &self,
        item_id: ItemId,
        since: Option<Counted>,
    ) -> Result<InFlightCount, PortError> {
        in_flight::count(&self.redis, &*self.queue, item_id, since).await
    }

    /// Waits for the next note of every instance, after a count (`counted`) in which nothing waited:
    /// entries sent before it are in the ledger or in flight. Entries held before the returned instant
    /// are not in flight. `None` when a consumer is silent, or something waits again.
    pub(super) async fn acknowledged_before_ms(
        &self,
        item_id: ItemId,
        counted: InFlightCount,
    ) -> Result<Option<i64>, PortError> {
        for look in 0..LOOKS {
            if look > 0 {
                sleep(LOOK_AGAIN).await;
            }
            let since = Some(counted.counted);
            let in_flight = self.behind_outboxes(item_id, since).await?;
            if in_flight.waiting {
                return Ok(None);
            }
            if !in_flight.silent {
                return Ok(Some(in_flight.oldest_ms.unwrap_or(i64::MAX)));
            }
        }
        Ok(None)
    }

    /// Whether nothing of the item has been under way for long enough, including this check. If
    /// several callers check at once, only one gets `true`.
    pub(super) async fn has_been_quiet(
        &self,
        item_id: ItemId,
        found: Found,
    ) -> Result<bool, PortError> {
        let keys = [Segment::new(item_id, 0).key(&self.redis, keys::UNDER_WAY)];
        let milliseconds = |duration: Duration| i64::try_from(duration.as_millis());
        let word = match found {
            Found::Nothing => "nothing",
            Found::Something => "something",
            Found::SilentConsumer => "silent",
        };
        let args = [
            Arg::Text(&self.clock.argument()),
            Arg::Text(word),
            Arg::Number(milliseconds(self.timeouts.silence_after).unwrap_or(i64::MAX)),
            Arg::Number(milliseconds(self.timeouts.after_silence).unwrap_or(i64::MAX)),
            Arg::Number(milliseconds(self.timeouts.quiet).unwrap_or(i64::MAX)),
        ];
        self.redis
            .invoke(&scripts::gate::NOTE_QUIET, &keys, &args)
            .await
    }
}
