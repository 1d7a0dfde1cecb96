//! Wraps the queue to tell the gate what is parked: the gate sends lost holds again, and parked
//! ones are not lost.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    super::{Arg, keys, scripts},
    RedisGate,
};
use crate::{
    chain::Chain,
    engine::ports::{Depth, InFlight, OrderQueue, PortError, QueuedReservation, UnderWay, Unit},
};

/// A queue that tells the gate what it parks.
pub struct ParkingQueue {
    pub queue: Arc<dyn OrderQueue>,
    pub gate: Arc<RedisGate>,
}

#[async_trait]
impl OrderQueue for ParkingQueue {
    async fn can_put(&self) -> Result<(), PortError> {
        self.queue.can_put().await
    }

    async fn put(&self, entries: &[QueuedReservation]) -> Result<(), PortError> {
        self.queue.put(entries).await
    }

    async fn take_batch(&self, limit: u32) -> Result<Vec<QueuedReservation>, PortError> {
        self.queue.take_batch(limit).await
    }

    async fn give_back(&self) -> Result<(), PortError> {
        self.queue.give_back().await
    }

    async fn ack(&self, done: &[QueuedReservation]) -> Result<(), PortError> {
        self.queue.ack(done).await
    }

    /// If the gate cannot be told, it sends the entry once more, and is told when that one is parked.
    async fn retry_later(&self, entry: &QueuedReservation) -> Result<bool, PortError> {
        let parked = self.queue.retry_later(entry).await?;
        if parked && let Err(error) = self.gate.note_parked(entry.unit).await {
            tracing::warn!(
                reservation_id = %entry.unit.reservation_id,
                error = %Chain(&error),
                "cannot note in Redis that an entry is parked; it may be sent to the queue once more"
            );
        }
        Ok(parked)
    }

    async fn depth(&self) -> Result<Depth, PortError> {
        self.queue.depth().await
    }

    async fn under_way(&self) -> Result<UnderWay, PortError> {
        self.queue.under_way().await
    }

    async fn in_flight(&self) -> Result<InFlight, PortError> {
        self.queue.in_flight().await
    }
}

impl RedisGate {
    async fn note_parked(&self, unit: Unit) -> Result<(), PortError> {
        let (segment, _) = self.segment_of(unit.item_id, unit.buyer).await?;
        let keys = segment.keys(&self.redis, [keys::HOLDERS]);
        let args = [
            Arg::Text(&self.clock.argument()),
            Arg::Text(&unit.reservation_id.to_string()),
            Arg::Text(&unit.buyer.to_string()),
        ];
        self.redis
            .invoke::<i64>(&scripts::gate::NOTE_PARKED, &keys, &args)
            .await
            .map(drop)
    }
}
