//! `order_at_once`: writes holds of a gate in the same process together with their orders.

use std::sync::Arc;

use app::wire::OrderId;
use async_trait::async_trait;

use super::write_orders::count_written;
use crate::engine::ports::{
    Clock, HeldOrders, HoldLog, Ids, OrderQueue, PortError, QueuedReservation,
};

/// Writes holds and orders in one transaction instead of two, and no row twice. If one order of a batch
/// cannot be written, the whole batch is queued, and the order writer ends each by itself.
pub struct OrderAtOnce {
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub orders: Arc<dyn HeldOrders>,
    pub queue: Arc<dyn OrderQueue>,
}

#[async_trait]
impl HoldLog for OrderAtOnce {
    async fn write(&self, held: &[QueuedReservation]) -> Result<(), PortError> {
        let order_id = || OrderId(self.ids.id());
        let batch: Vec<_> = held
            .iter()
            .map(|entry| (entry.clone(), order_id()))
            .collect();
        match self.orders.write_held(&batch, self.clock.now_ms()).await {
            Ok(true) => {
                count_written(held.len() as u64, 0);
                Ok(())
            }
            // The ledger refused one of them, which must not stop the others: the order writer writes each by
            // itself and parks that one. Reservations that are there already stay as they are.
            Ok(false) | Err(PortError::Failed { .. }) => self.queue.put(held).await,
            Err(busy) => Err(busy),
        }
    }
}

/// Only queues holds, so that the order writer controls how many orders are written a second.
pub struct QueuedHolds(pub Arc<dyn OrderQueue>);

#[async_trait]
impl HoldLog for QueuedHolds {
    async fn write(&self, held: &[QueuedReservation]) -> Result<(), PortError> {
        self.0.put(held).await
    }
}
