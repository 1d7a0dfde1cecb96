//! The ledger's reservations and orders, with Redis in front for those who poll.

use std::sync::Arc;

use app::wire::{AccountId, ItemId, OrderId, Rejection, ReservationId, ReservationState};
use async_trait::async_trait;

use super::{Known, Results};
use crate::engine::ports::{
    OrderWriter, PortError, QueuedReservation, ReservationReader, ReservationRecord, WriteOutcome,
};

/// A "queued" is believed for this long; then the ledger is asked too. An order is written within
/// some milliseconds, so that few ask; it bounds what a lost note of an end costs.
const QUEUED_MS: i64 = 2_000;

/// The ledger's reservations; Redis is asked first about one of them.
pub struct CachedReservations {
    /// The truth.
    pub ledger: Arc<dyn ReservationReader>,
    /// What pollers see.
    pub results: Results,
}

#[async_trait]
impl ReservationReader for CachedReservations {
    /// What the ledger does not know yet is answered as Redis has it. Unknown to the ledger while
    /// Redis is silent is an error: it may be queued.
    async fn get(&self, id: ReservationId) -> Result<Option<ReservationRecord>, PortError> {
        let known = match self.results.get(id).await {
            Ok(known) => known,
            Err(silent) => {
                return self
                    .ledger
                    .get(id)
                    .await?
                    .map_or(Err(silent), |r| Ok(Some(r)));
            }
        };
        if let Some(Known { record, age_ms }) = &known
            && (record.state != ReservationState::Queued || *age_ms < QUEUED_MS)
        {
            return Ok(Some(record.clone()));
        }
        let Some(record) = self.ledger.get(id).await? else {
            return Ok(known.map(|known| known.record));
        };
        if record.state != ReservationState::Queued {
            self.results.ended(std::slice::from_ref(&record)).await;
        }
        Ok(Some(record))
    }

    /// The later one of what Redis and the ledger know; ids are in the order they were made in.
    /// None in the ledger while Redis is silent is an error: one may be queued.
    async fn latest(
        &self,
        item_id: ItemId,
        buyer: AccountId,
    ) -> Result<Option<ReservationRecord>, PortError> {
        let (noted, written) = tokio::join!(
            self.results.latest(item_id, buyer),
            self.ledger.latest(item_id, buyer)
        );
        let written = written?;
        let noted = match (noted, &written) {
            (Ok(noted), _) => noted,
            (Err(_), Some(_)) => None,
            (Err(silent), None) => return Err(silent),
        };
        let Some(newer) = noted.filter(|noted| {
            let known = written.as_ref().map(|written| written.reservation_id);
            known.is_none_or(|known| known < *noted)
        }) else {
            return Ok(written);
        };
        Ok(self.get(newer).await?.or(written))
    }
}

/// The ledger's orders; how reservations ended is noted for pollers after the commit.
pub struct CachedOrders {
    /// The truth.
    pub ledger: Arc<dyn OrderWriter>,
    /// What pollers see.
    pub results: Results,
}

fn end(queued: &QueuedReservation, outcome: &WriteOutcome) -> ReservationRecord {
    let (state, order_id, reason) = match *outcome {
        WriteOutcome::Ordered(order_id) => (ReservationState::Ordered, Some(order_id), None),
        WriteOutcome::Failed(reason) => (ReservationState::Failed, None, Some(reason)),
    };
    ReservationRecord {
        reservation_id: queued.reservation_id,
        item_id: queued.item_id,
        buyer: queued.buyer,
        position: queued.position,
        state,
        order_id,
        reason,
    }
}

impl CachedOrders {
    async fn note<'a>(
        &self,
        batch: impl Iterator<Item = &'a QueuedReservation>,
        outcomes: &[WriteOutcome],
    ) {
        let ended: Vec<_> = batch
            .zip(outcomes)
            .map(|(queued, outcome)| end(queued, outcome))
            .collect();
        self.results.ended(&ended).await;
    }
}

#[async_trait]
impl OrderWriter for CachedOrders {
    async fn write(
        &self,
        batch: &[(QueuedReservation, OrderId)],
        now_ms: i64,
    ) -> Result<Vec<WriteOutcome>, PortError> {
        let outcomes = self.ledger.write(batch, now_ms).await?;
        self.note(batch.iter().map(|(queued, _)| queued), &outcomes)
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
        self.note(batch.iter(), &outcomes).await;
        Ok(outcomes)
    }
}
