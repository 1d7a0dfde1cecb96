//! What became of a reservation, where pollers ask: thousands of buyers ask every second, and the
//! ledger has other things to do. Redis answers what it knows; the ledger is the truth and is asked
//! when Redis does not know, or has said "queued" for a while.
//!
//! Written at three places: when the gate has held a unit ([`AnsweredGate`]), when orders were
//! written ([`CachedOrders`]), and when the ledger knew more ([`CachedReservations`]).

mod gate;
mod ledger;

use std::sync::Arc;

use app::wire::{AccountId, ItemId, OrderId, Rejection, ReservationId, ReservationState};
use futures::future::join_all;
use serde::{Deserialize, Serialize};

use super::{PORT, Redis};
use crate::{
    chain::Chain,
    engine::ports::{Clock, PortError, ReservationRecord, Unit},
};

pub use gate::AnsweredGate;
pub use ledger::{CachedOrders, CachedReservations};

/// Buyers poll for minutes; whoever comes later asks the ledger.
const LIFE_MS: i64 = 3_600_000;

/// Results under `result:<reservation>`, and each buyer's latest reservation of an item under
/// `result-of:<item>:<buyer>`. Bounded by their life of an hour.
#[derive(Clone)]
pub struct Results {
    redis: Redis,
    clock: Arc<dyn Clock>,
}

/// A result as it is kept; the reservation is its name.
#[derive(Serialize, Deserialize)]
struct Kept {
    item_id: ItemId,
    buyer: AccountId,
    position: u32,
    state: ReservationState,
    order_id: Option<OrderId>,
    reason: Option<Rejection>,
    /// Kept at.
    at_ms: i64,
}

/// A result and its age.
struct Known {
    record: ReservationRecord,
    age_ms: i64,
}

impl Results {
    /// The results under `redis`'s namespace.
    pub fn new(redis: Redis, clock: Arc<dyn Clock>) -> Self {
        Self { redis, clock }
    }

    /// Notes that the gate holds a unit, unless more is known already. A failure to note it is
    /// logged: the unit is held, and the ledger will know.
    pub async fn queued(&self, unit: Unit, position: u32) {
        let Unit {
            item_id,
            buyer,
            reservation_id,
        } = unit;
        let record = ReservationRecord {
            reservation_id,
            item_id,
            buyer,
            position,
            state: ReservationState::Queued,
            order_id: None,
            reason: None,
        };
        let mut latest = redis::cmd("SET");
        latest.arg(self.latest_key(item_id, buyer));
        latest.arg(reservation_id.to_string());
        latest.arg("PX").arg(LIFE_MS);
        let (kept, noted) = tokio::join!(
            self.keep(&record, Some("NX")),
            self.redis.ask::<()>(&latest)
        );
        logged(kept.and(noted));
    }

    /// Forgets a reservation, and that it is its buyer's latest.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn forget(&self, unit: Unit) -> Result<(), PortError> {
        // Two names in two slots: a command each.
        for key in [
            self.key(unit.reservation_id),
            self.latest_key(unit.item_id, unit.buyer),
        ] {
            self.redis.ask::<i64>(redis::cmd("UNLINK").arg(key)).await?;
        }
        Ok(())
    }

    /// Notes how reservations ended, at most a batch at once. A failure is logged: the ledger
    /// knows, and is asked about what seems queued for long.
    async fn ended(&self, records: &[ReservationRecord]) {
        let kept = join_all(records.iter().map(|record| self.keep(record, None))).await;
        // One line, not one for each of a batch.
        logged(kept.into_iter().collect());
    }

    async fn keep(
        &self,
        record: &ReservationRecord,
        only_if: Option<&str>,
    ) -> Result<(), PortError> {
        let kept = Kept {
            item_id: record.item_id,
            buyer: record.buyer,
            position: record.position,
            state: record.state,
            order_id: record.order_id,
            reason: record.reason,
            at_ms: self.clock.now_ms(),
        };
        let value = serde_json::to_vec(&kept).map_err(|error| PortError::failed(PORT, error))?;
        let mut cmd = redis::cmd("SET");
        cmd.arg(self.key(record.reservation_id)).arg(value);
        cmd.arg("PX").arg(LIFE_MS).arg(only_if);
        self.redis.ask(&cmd).await
    }

    async fn get(&self, reservation_id: ReservationId) -> Result<Option<Known>, PortError> {
        let mut cmd = redis::cmd("GET");
        cmd.arg(self.key(reservation_id));
        let value: Option<Vec<u8>> = self.redis.ask(&cmd).await?;
        // What cannot be read is of another version of this program: the ledger knows.
        let kept = value.and_then(|value| serde_json::from_slice::<Kept>(&value).ok());
        Ok(kept.map(|kept| Known {
            age_ms: self.clock.now_ms() - kept.at_ms,
            record: ReservationRecord {
                reservation_id,
                item_id: kept.item_id,
                buyer: kept.buyer,
                position: kept.position,
                state: kept.state,
                order_id: kept.order_id,
                reason: kept.reason,
            },
        }))
    }

    async fn latest(
        &self,
        item_id: ItemId,
        buyer: AccountId,
    ) -> Result<Option<ReservationId>, PortError> {
        let mut cmd = redis::cmd("GET");
        cmd.arg(self.latest_key(item_id, buyer));
        let id: Option<String> = self.redis.ask(&cmd).await?;
        Ok(id.and_then(|id| id.parse().ok()))
    }

    fn key(&self, reservation_id: ReservationId) -> String {
        self.redis.key(&format!("result:{reservation_id}"))
    }

    fn latest_key(&self, item_id: ItemId, buyer: AccountId) -> String {
        self.redis.key(&format!("result-of:{item_id}:{buyer}"))
    }
}

fn logged(result: Result<(), PortError>) {
    if let Err(error) = result {
        tracing::warn!(error = %Chain(&error), "a result was not written to Redis");
    }
}
