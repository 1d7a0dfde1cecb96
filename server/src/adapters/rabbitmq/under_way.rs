//! Counts what is between the queue and the ledger. The broker knows the waiting messages and the
//! consumers; each consumer itself reports what was delivered to it.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use app::wire::ItemId;
use lapin::{
    Channel,
    options::QueueDeclareOptions,
    types::{FieldTable, ShortString},
};
use tokio::time::Instant;

use super::{
    RabbitQueue,
    connection::port_error,
    publish::{CALL_TIMEOUT, before},
};
use crate::engine::ports::{InFlight, PortError, QueuedReservation, UnderWay};

impl RabbitQueue {
    pub(super) async fn count_under_way(&self) -> Result<UnderWay, PortError> {
        let channel = self.publisher.open_channel().await?;
        let orders = count(&channel, &self.names.orders).await?;
        let retry = count(&channel, &self.names.retry).await?;
        Ok(UnderWay {
            waiting: orders.waiting + retry.waiting,
            consumers: orders.consumers,
        })
    }

    pub(super) async fn look_in_flight(&self) -> Result<InFlight, PortError> {
        let consumed = self.consumer.in_flight().await?;
        let mut in_flight = InFlight {
            consumes: consumed.is_some(),
            oldest_ms: consumed.unwrap_or_default(),
        };
        self.publisher.publishing.add_to(&mut in_flight);
        Ok(in_flight)
    }
}

/// The queue's waiting messages and its consumers, at one moment. A cancelled consumer counts while
/// it has messages.
pub(super) async fn count(channel: &Channel, queue: &ShortString) -> Result<UnderWay, PortError> {
    let passive = QueueDeclareOptions {
        passive: true,
        ..Default::default()
    };
    let declared = channel.queue_declare(queue.clone(), passive, FieldTable::default());
    let found = before(Instant::now() + CALL_TIMEOUT, declared).await?;
    let found = found.map_err(port_error)?;
    Ok(UnderWay {
        waiting: u64::from(found.message_count()),
        consumers: Some(found.consumer_count().into()),
    })
}

/// The entries that calls are publishing now.
#[derive(Default)]
pub(super) struct Publishing(Mutex<State>);

#[derive(Default)]
struct State {
    calls: u64,
    /// By the number of the call.
    entries: BTreeMap<u64, InFlight>,
}

/// Registers a publishing call, until it is dropped.
pub(super) struct PublishingCall<'a> {
    publishing: &'a Publishing,
    call: u64,
}

impl Publishing {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a call that publishes these entries.
    pub(super) fn begin<'a>(
        &self,
        entries: impl Iterator<Item = &'a QueuedReservation>,
    ) -> PublishingCall<'_> {
        let mut in_flight = InFlight::default();
        for entry in entries {
            in_flight.add(entry.unit.item_id, entry.held_at_ms);
        }
        let mut state = self.lock();
        state.calls += 1;
        let call = state.calls;
        state.entries.insert(call, in_flight);
        PublishingCall {
            publishing: self,
            call,
        }
    }

    fn add_to(&self, in_flight: &mut InFlight) {
        let state = self.lock();
        let entries = state.entries.values().flat_map(|call| &call.oldest_ms);
        entries.for_each(|(&item_id, &held_at_ms): (&ItemId, &i64)| {
            in_flight.add(item_id, held_at_ms);
        });
    }
}

impl Drop for PublishingCall<'_> {
    fn drop(&mut self) {
        self.publishing.lock().entries.remove(&self.call);
    }
}
