//! The ledger's ports, failing.

use std::sync::Arc;

use app::wire::{AccountId, CloseReason, ItemId, Order, OrderId, Rejection, ReservationId};
use async_trait::async_trait;
use uuid::Uuid;

use super::{FaultPlan, around};
use crate::engine::ports::{
    CloseOutcome, Depth, Filling, Holder, ItemSnapshot, ItemSummary, OrderQueue, OrderRecord,
    Orders, PortError, QueuedReservation, ReservationRecord, Reservations, Standing, Unit,
    WriteOutcome,
};

/// [`Reservations`], failing.
pub struct FaultyReservations {
    /// The real ones.
    pub real: Arc<dyn Reservations>,
    /// What fails.
    pub plan: Arc<dyn FaultPlan>,
}

#[async_trait]
impl Reservations for FaultyReservations {
    async fn snapshot(&self, item_id: ItemId) -> Result<Option<ItemSnapshot>, PortError> {
        around(&self.plan, "snapshot", self.real.snapshot(item_id)).await
    }

    async fn summary(&self, item_id: ItemId) -> Result<Option<ItemSummary>, PortError> {
        around(&self.plan, "summary", self.real.summary(item_id)).await
    }

    async fn holders(
        &self,
        item_id: ItemId,
        after: Option<Holder>,
        limit: u32,
    ) -> Result<Vec<Holder>, PortError> {
        let read = self.real.holders(item_id, after, limit);
        around(&self.plan, "holders", read).await
    }

    async fn standing(&self, ids: &[ReservationId]) -> Result<Vec<Standing>, PortError> {
        around(&self.plan, "standing", self.real.standing(ids)).await
    }

    async fn filling(&self, item_id: ItemId) -> Result<Option<Filling>, PortError> {
        around(&self.plan, "filling", self.real.filling(item_id)).await
    }

    async fn get(&self, id: ReservationId) -> Result<Option<ReservationRecord>, PortError> {
        around(&self.plan, "get", self.real.get(id)).await
    }

    async fn begin_epoch(
        &self,
        item_id: ItemId,
        epoch: Uuid,
        instead_of: Option<Uuid>,
    ) -> Result<bool, PortError> {
        let begin = self.real.begin_epoch(item_id, epoch, instead_of);
        around(&self.plan, "begin_epoch", begin).await
    }

    async fn latest(
        &self,
        item_id: ItemId,
        buyer: AccountId,
    ) -> Result<Option<ReservationRecord>, PortError> {
        around(&self.plan, "latest", self.real.latest(item_id, buyer)).await
    }

    async fn due_releases(&self, limit: u32) -> Result<Vec<Unit>, PortError> {
        around(&self.plan, "due_releases", self.real.due_releases(limit)).await
    }

    async fn released(&self, done: &[ReservationId]) -> Result<(), PortError> {
        around(&self.plan, "released", self.real.released(done)).await
    }
}

/// [`Orders`], failing.
pub struct FaultyOrders {
    /// The real ones.
    pub real: Arc<dyn Orders>,
    /// What fails.
    pub plan: Arc<dyn FaultPlan>,
}

#[async_trait]
impl Orders for FaultyOrders {
    async fn write(
        &self,
        batch: &[(QueuedReservation, OrderId)],
        now_ms: i64,
    ) -> Result<Vec<WriteOutcome>, PortError> {
        around(&self.plan, "write", self.real.write(batch, now_ms)).await
    }

    async fn fail(
        &self,
        batch: &[QueuedReservation],
        reason: Rejection,
        now_ms: i64,
    ) -> Result<Vec<WriteOutcome>, PortError> {
        around(&self.plan, "fail", self.real.fail(batch, reason, now_ms)).await
    }

    async fn overdue(&self, now_ms: i64, limit: u32) -> Result<Vec<OrderId>, PortError> {
        around(&self.plan, "overdue", self.real.overdue(now_ms, limit)).await
    }

    async fn close(
        &self,
        order_ids: &[OrderId],
        reason: CloseReason,
        now_ms: i64,
    ) -> Result<Vec<CloseOutcome>, PortError> {
        around(
            &self.plan,
            "close",
            self.real.close(order_ids, reason, now_ms),
        )
        .await
    }

    async fn of_buyer(&self, buyer: AccountId, limit: u32) -> Result<Vec<Order>, PortError> {
        around(&self.plan, "of_buyer", self.real.of_buyer(buyer, limit)).await
    }

    async fn get(&self, order_id: OrderId) -> Result<Option<OrderRecord>, PortError> {
        around(&self.plan, "get_order", self.real.get(order_id)).await
    }
}

/// [`OrderQueue`], failing.
pub struct FaultyQueue {
    /// The real one.
    pub real: Arc<dyn OrderQueue>,
    /// What fails.
    pub plan: Arc<dyn FaultPlan>,
}

#[async_trait]
impl OrderQueue for FaultyQueue {
    async fn put(&self, entries: &[QueuedReservation]) -> Result<(), PortError> {
        around(&self.plan, "put", self.real.put(entries)).await
    }

    async fn take_batch(&self, limit: u32) -> Result<Vec<QueuedReservation>, PortError> {
        around(&self.plan, "take_batch", self.real.take_batch(limit)).await
    }

    async fn ack(&self, done: &[QueuedReservation]) -> Result<(), PortError> {
        around(&self.plan, "ack", self.real.ack(done)).await
    }

    async fn set_aside(&self, entry: &QueuedReservation) -> Result<(), PortError> {
        around(&self.plan, "set_aside", self.real.set_aside(entry)).await
    }

    async fn replay_parked(&self) -> Result<u32, PortError> {
        around(&self.plan, "replay_parked", self.real.replay_parked()).await
    }

    async fn depth(&self) -> Result<Depth, PortError> {
        around(&self.plan, "depth", self.real.depth()).await
    }
}
