//! A gate and an order writer that record the results of reservations for polling buyers: in memory
//! ([`embedded::RecentResults`](super::embedded::RecentResults)) or in Redis
//! ([`redis::Results`](super::redis::Results)).

use std::{future::Future, sync::Arc};

use app::wire::{ItemId, OrderId, Rejection};
use async_trait::async_trait;

use crate::engine::ports::{
    Decision, HeldOrders, OrderWriter, PortError, QueuedReservation, ReservationRecord, Reserve,
    ReserveRequest, Unit, WriteOutcome,
};

/// A recorded "queued" is used for this long; after that the ledger is read too, which is rare: an
/// order is written within milliseconds. Limits how long a result that was not recorded stays
/// unseen.
pub const QUEUED_LIFE_MS: i64 = 2_000;

/// Records results. Failures are only logged: the ledger has the truth.
pub trait ResultLog: Send + Sync + 'static {
    /// Records that the gate holds a unit. Does not replace an existing result.
    fn record_queued(&self, unit: Unit, position: u32) -> impl Future<Output = ()> + Send;

    /// Records how reservations ended, at most one batch at once.
    fn record_ended(&self, records: &[ReservationRecord]) -> impl Future<Output = ()> + Send;
}

/// Records a held unit before its buyer is answered, so that the first poll finds it.
pub struct RecordingGate<L> {
    /// The gate behind it.
    pub gate: Arc<dyn Reserve>,
    /// The results that buyers poll.
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

/// Records orders that are written together with their holds, before the buyers are answered.
pub struct RecordingHeldOrders<L> {
    /// The ledger behind it.
    pub ledger: Arc<dyn HeldOrders>,
    /// The results that buyers poll.
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

/// The ledger's order writer; records how reservations ended, after the commit.
pub struct RecordingOrders<L> {
    /// The ledger behind it.
    pub ledger: Arc<dyn OrderWriter>,
    /// The results that buyers poll.
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
