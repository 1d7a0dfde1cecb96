//! The entries that instances have in flight between the queue and the ledger. The broker counts only what
//! waits, not what it has delivered. Every consumer reports its entries to Redis once a second. A paused,
//! dead or disconnected one stays a consumer for the broker until that takes its messages back, so that
//! its silence is noticed. The notes have several places: a failed master of a Redis Cluster must not stop
//! the comparing and loading of other masters' items.

use std::{sync::Arc, time::Duration};

use app::wire::ItemId;
use futures::future::join_all;
use tokio::time::sleep;
use uuid::Uuid;

use super::{Arg, PORT, Redis, any_answer, keys, scripts};
use crate::{
    chain::Chain,
    engine::ports::{InFlight, OrderQueue, PortError, UnderWay},
};

/// Time between two notes of an instance.
pub const NOTE_PERIOD: Duration = Duration::from_secs(1);
/// An older note is ignored: two may be late or lost.
pub const NOTE_GOOD_FOR: Duration = Duration::from_secs(3);
/// Notes of stopped instances are removed after this long.
const NOTE_LIFE: Duration = Duration::from_mins(1);

/// Writes this instance's notes.
#[derive(Clone)]
pub struct InFlightNotes {
    redis: Redis,
    queue: Arc<dyn OrderQueue>,
    instance: Uuid,
}

impl InFlightNotes {
    /// For an instance that may consume `queue`.
    pub fn new(redis: Redis, queue: Arc<dyn OrderQueue>) -> Self {
        Self {
            redis,
            queue,
            instance: Uuid::now_v7(),
        }
    }

    /// Writes what this instance has in flight. Returns whether there is anything.
    ///
    /// # Errors
    /// If the queue or Redis does not answer: the last note counts until it is too old.
    pub async fn note(&self) -> Result<bool, PortError> {
        let in_flight = self.queue.in_flight().await?;
        self.write(&in_flight).await?;
        Ok(in_flight != InFlight::default())
    }

    /// Writes a note every second, for ever. An instance that neither consumes nor puts writes one.
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
        let places = keys::in_flight(&self.redis);
        let notes = places.each_ref().map(async |key| {
            let keys = std::slice::from_ref(key);
            let script = &scripts::gate::NOTE_IN_FLIGHT;
            self.redis.invoke::<u64>(script, keys, &args).await
        });
        // One place is enough: a count uses one place in which all consumers are.
        any_answer(join_all(notes).await).map(drop)
    }
}

fn cannot_note(error: &PortError) {
    tracing::debug!(
        error = %Chain(error),
        "cannot write or read the instances' entries in flight in Redis; tried again soon"
    );
}

/// Entries of an item that have left the outboxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InFlightCount {
    /// Entries of any item wait in the queue.
    pub(super) waiting: bool,
    /// A consumer has not reported its entries.
    pub(super) silent: bool,
    /// When the oldest entry in flight was held; `None` when there is none.
    pub(super) oldest_ms: Option<i64>,
    /// When this was counted.
    pub(super) counted: Counted,
}

/// An instant by the clock of the Redis node that stores one of the places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counted {
    place: usize,
    at_ms: i64,
}

impl InFlightCount {
    /// Nothing waits, no instance has anything, and all have reported.
    pub(super) fn is_empty(&self) -> bool {
        !self.waiting && !self.silent && self.oldest_ms.is_none()
    }
}

/// The item's entries in the queue and at instances, from the instances' latest notes or, with `since`,
/// from notes written after an earlier count, in the same place.
pub(super) async fn count(
    redis: &Redis,
    queue: &dyn OrderQueue,
    item_id: ItemId,
    since: Option<Counted>,
) -> Result<InFlightCount, PortError> {
    let UnderWay { waiting, consumers } = queue.under_way().await?;
    let unknown = InFlightCount {
        waiting: waiting > 0,
        silent: consumers.is_some(),
        oldest_ms: None,
        counted: Counted { place: 0, at_ms: 0 },
    };
    let Some(consumers) = consumers else {
        return Ok(unknown);
    };
    let places = keys::in_flight(redis);
    let asked = match since {
        Some(Counted { place, .. }) => place..place + 1,
        None => 0..places.len(),
    };
    let since_ms = since.map_or(0, |since| since.at_ms);
    let mut found = unknown;
    for place in asked {
        let (noted, oldest_ms, at_ms) = match read(redis, &places[place], item_id, since_ms).await {
            Ok(read) => read,
            // In a Redis Cluster the notes may be on another master than the item.
            Err(error) => {
                cannot_note(&error);
                continue;
            }
        };
        found = InFlightCount {
            // While its queue has no leader, a broker reports no messages and no consumers.
            silent: noted < consumers.max(1),
            oldest_ms,
            counted: Counted { place, at_ms },
            ..unknown
        };
        if !found.silent {
            break;
        }
    }
    Ok(found)
}

/// How many consumers have noted in a place, when the item's oldest entry was held, and the time of
/// that Redis.
async fn read(
    redis: &Redis,
    place: &str,
    item_id: ItemId,
    since_ms: i64,
) -> Result<(u64, Option<i64>, i64), PortError> {
    let args = [
        Arg::Text(&item_id.to_string()),
        Arg::Number(since_ms),
        Arg::Number(NOTE_GOOD_FOR.as_millis() as i64),
    ];
    let keys = [place.to_owned()];
    let counted = redis.invoke(&scripts::gate::COUNT_IN_FLIGHT, &keys, &args);
    let (noted, oldest_ms, at_ms): (u64, String, i64) = counted.await?;
    let oldest_ms = match oldest_ms.as_str() {
        "" => None,
        text => Some(text.parse().map_err(|_| {
            PortError::failed(PORT, format!("{text:?} where an instant was expected"))
        })?),
    };
    Ok((noted, oldest_ms, at_ms))
}
