//! A gate and an order writer that record what became of reservations, for those who poll: in memory
//! ([`embedded::RecentResults`](super::embedded::RecentResults)) or in Redis
//! ([`redis::Results`](super::redis::Results)).

use std::{future::Future, sync::Arc};

use app::wire::{ItemId, OrderId, Rejection};
use async_trait::async_trait;

use crate::engine::ports::{
    Decision, HeldOrders, OrderWriter, PortError, QueuedReservation, ReservationRecord, Reserve,
    ReserveRequest, Unit, WriteOutcome,
};

/// A recorded "queued" counts for this long; then the ledger is read too. An order is written within
/// some milliseconds, so that this is rare; it bounds how long a result that was not recorded goes
/// unseen.
pub const QUEUED_LIFE_MS: i64 = 2_000;

/// Where results are recorded. A failure is the log's own affair: the ledger knows.
pub trait ResultLog: Send + Sync + 'static {
    /// The gate holds a unit. A result that is recorded already stays.
    fn record_queued(&self, unit: Unit, position: u32) -> impl Future<Output = ()> + Send;

    /// How reservations ended, at most a batch at once.
    fn record_ended(&self, records: &[ReservationRecord]) -> impl Future<Output = ()> + Send;
}

/// Records a held unit before its buyer hears of it, so that the first poll finds it.
pub struct RecordingGate<L> {
    /// The gate that decides.
    pub gate: Arc<dyn Reserve>,
    /// Where pollers look.
    pub results: L,
}

#[async_trait]
impl<L: ResultLog> Reserve for RecordingGate<L> {
    async fn reserve(&self, request: ReserveRequest) -> Result<Decision, PortError> {
        let unit = request.unit;
        let decision = self.gate.reserve(request).await?;
        if let Decision::Held { position } = decision {
            self.results.record_queued(unit, position).await;
        }
        Ok(decision)
    }

    fn is_sold_out(&self, item_id: ItemId) -> bool {
        self.gate.is_sold_out(item_id)
    }
}

/// Orders that are written with their holds, recorded before their buyers hear of the holds.
pub struct RecordingHeldOrders<L> {
    /// The truth.
    pub ledger: Arc<dyn HeldOrders>,
    /// Where pollers look.
    pub results: L,
}

#[async_trait]
impl<L: ResultLog> HeldOrders for RecordingHeldOrders<L> {
    async fn write_held(
        &self,
        held: &[(QueuedReservation, OrderId)],
        now_ms: i64,
    ) -> Result<bool, PortError> {
        let written = self.ledger.write_held(held, now_ms).await?;
        if written {
            let ordered: Vec<_> = held
                .iter()
                .map(|(queued, order_id)| record(queued, WriteOutcome::Ordered(*order_id)))
                .collect();
            self.results.record_ended(&ordered).await;
        }
        Ok(written)
    }
}

/// The ledger's orders; how reservations ended is recorded for those who poll, after the commit.
pub struct RecordingOrders<L> {
    /// The truth.
    pub ledger: Arc<dyn OrderWriter>,
    /// Where pollers look.
    pub results: L,
}

impl<L: ResultLog> RecordingOrders<L> {
    async fn record<'a>(
        &self,
        batch: impl Iterator<Item = &'a QueuedReservation>,
        outcomes: &[WriteOutcome],
    ) {
        let ended: Vec<_> = batch
            .zip(outcomes)
            .map(|(queued, outcome)| record(queued, *outcome))
            .collect();
        self.results.record_ended(&ended).await;
    }
}

fn record(queued: &QueuedReservation, outcome: WriteOutcome) -> ReservationRecord {
    let (state, order_id, reason) = outcome.told();
    ReservationRecord {
        state,
        order_id,
        reason,
        ..ReservationRecord::queued(queued.unit, queued.position, queued.held_at_ms)
    }
}

#[async_trait]
impl<L: ResultLog> OrderWriter for RecordingOrders<L> {
    async fn can_write(&self) -> Result<(), PortError> {
        self.ledger.can_write().await
    }

    async fn write(
        &self,
        batch: &[(QueuedReservation, OrderId)],
        now_ms: i64,
    ) -> Result<Vec<WriteOutcome>, PortError> {
        let outcomes = self.ledger.write(batch, now_ms).await?;
        self.record(batch.iter().map(|(queued, _)| queued), &outcomes)
            .await;
        Ok(outcomes)
    }

    async fn fail(
        &self,
        batch: &[QueuedReservation],
        reason: Rejection,
        now_ms: i64,
    ) -> Result<Vec<WriteOutcome>, PortError> {
        let outcomes = self.ledger.fail(batch, reason, now_ms).await?;
        self.record(batch.iter(), &outcomes).await;
        Ok(outcomes)
    }
}
