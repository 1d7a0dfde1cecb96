//! What instances have in flight between the queue and the ledger: the broker counts what waits,
//! not what it has delivered. Every consumer says once a second, to Redis, which entries it has. One
//! that says nothing, because it is paused, dead or cut off, stays a consumer for the broker until that
//! has taken its messages back, so that it is missed.

use std::{sync::Arc, time::Duration};

use app::wire::ItemId;
use tokio::time::sleep;
use uuid::Uuid;

use super::{Arg, PORT, Redis, keys, scripts};
use crate::{
    chain::Chain,
    engine::ports::{InFlight, OrderQueue, PortError, UnderWay},
};

/// Between two notes of an instance.
pub const NOTE_PERIOD: Duration = Duration::from_secs(1);
/// A note that is older does not count: two may be late or lost.
pub const NOTE_GOOD_FOR: Duration = Duration::from_secs(3);
/// Notes of instances that have ended are removed after this long.
const NOTE_LIFE: Duration = Duration::from_mins(1);

/// Notes what this instance has in flight.
#[derive(Clone)]
pub struct InFlightNotes {
    redis: Redis,
    queue: Arc<dyn OrderQueue>,
    instance: Uuid,
}

impl InFlightNotes {
    /// Of an instance that consumes `queue`, or does not.
    pub fn new(redis: Redis, queue: Arc<dyn OrderQueue>) -> Self {
        Self {
            redis,
            queue,
            instance: Uuid::now_v7(),
        }
    }

    /// Notes what this instance has now. Returns whether that is anything.
    ///
    /// # Errors
    /// When the queue or Redis does not answer: the last note counts until it is too old.
    pub async fn note(&self) -> Result<bool, PortError> {
        let in_flight = self.queue.in_flight().await?;
        self.write(&in_flight).await?;
        Ok(in_flight != InFlight::default())
    }

    /// Notes it once a second, for ever. An instance that neither consumes nor puts says so once.
    pub async fn keep_noting(self) {
        let mut noted = true;
        loop {
            match self.queue.in_flight().await {
                Ok(in_flight) if !noted && in_flight == InFlight::default() => {}
                Ok(in_flight) => match self.write(&in_flight).await {
                    Ok(()) => noted = in_flight != InFlight::default(),
                    Err(error) => cannot_note(&error),
                },
                Err(error) => cannot_note(&error),
            }
            sleep(NOTE_PERIOD).await;
        }
    }

    async fn write(&self, in_flight: &InFlight) -> Result<(), PortError> {
        let items = in_flight.oldest_ms.iter();
        let items: String = items.map(|(item, ms)| format!("{item}={ms} ")).collect();
        let args = [
            Arg::Text(&self.instance.to_string()),
            Arg::Number(i64::from(in_flight.consumes)),
            Arg::Text(&items),
            Arg::Number(NOTE_LIFE.as_millis() as i64),
        ];
        let keys = [keys::in_flight(&self.redis)];
        self.redis
            .invoke::<u64>(&scripts::gate::NOTE_IN_FLIGHT, &keys, &args)
            .await
            .map(drop)
    }
}

fn cannot_note(error: &PortError) {
    tracing::debug!(
        error = %Chain(error),
        "cannot note or read in Redis which entries instances have; trying again soon"
    );
}

/// What is behind the outboxes of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InFlightCount {
    /// Entries wait in the queue, of whatever item.
    pub(super) waiting: bool,
    /// A consumer has not said what it has.
    pub(super) silent: bool,
    /// Since when the oldest entry in flight is held; `None` when nobody has one.
    pub(super) oldest_ms: Option<i64>,
    /// When that was counted, by Redis's clock.
    pub(super) counted_at_ms: i64,
}

impl InFlightCount {
    /// Nothing waits, nobody has anything, and everybody has said so.
    pub(super) fn is_empty(&self) -> bool {
        !self.waiting && !self.silent && self.oldest_ms.is_none()
    }
}

/// What the queue and the instances have of an item, by what these noted at `since_ms` (Redis's clock)
/// or later.
pub(super) async fn count(
    redis: &Redis,
    queue: &dyn OrderQueue,
    item_id: ItemId,
    since_ms: i64,
) -> Result<InFlightCount, PortError> {
    let UnderWay { waiting, consumers } = queue.under_way().await?;
    let nobody = InFlightCount {
        waiting: waiting > 0,
        silent: false,
        oldest_ms: None,
        counted_at_ms: 0,
    };
    let Some(consumers) = consumers else {
        return Ok(nobody);
    };
    let args = [
        Arg::Text(&item_id.to_string()),
        Arg::Number(since_ms),
        Arg::Number(NOTE_GOOD_FOR.as_millis() as i64),
    ];
    let keys = [keys::in_flight(redis)];
    let counted = redis.invoke(&scripts::gate::COUNT_IN_FLIGHT, &keys, &args);
    let (noted, oldest_ms, counted_at_ms): (u64, String, i64) = match counted.await {
        Ok(counted) => counted,
        // In a Redis Cluster the notes may be on another master than the item.
        Err(error) => {
            cannot_note(&error);
            return Ok(InFlightCount {
                silent: true,
                ..nobody
            });
        }
    };
    let oldest_ms = match oldest_ms.as_str() {
        "" => None,
        text => Some(text.parse().map_err(|_| {
            PortError::failed(PORT, format!("{text:?} where an instant was expected"))
        })?),
    };
    Ok(InFlightCount {
        // A broker whose queue has no leader for a moment says that there is nothing and nobody.
        silent: noted < consumers.max(1),
        oldest_ms,
        counted_at_ms,
        ..nobody
    })
}
