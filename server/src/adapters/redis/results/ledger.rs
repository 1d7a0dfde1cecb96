//! The ledger's reservations and orders, with the cache of results in front, for polling.

use std::{collections::HashSet, sync::Arc};

use app::wire::{AccountId, ItemId, Rejection, ReservationId, ReservationState};
use async_trait::async_trait;
use futures::future::join_all;

use super::{Results, unknown::UnknownReservations};
use crate::{
    adapters::recording::{QUEUED_LIFE_MS, ResultLog as _},
    engine::ports::{Lookup, PortError, ReservationReader, ReservationRecord, Unit},
};

/// The ledger's reservations; a single one's result is first looked up in the cache.
pub struct CachedReservations {
    /// The ledger behind it.
    pub ledger: Arc<dyn ReservationReader>,
    /// The cache.
    pub results: Results,
    /// Searches for reservations that the ledger does not know.
    pub unknown: UnknownReservations,
}

impl CachedReservations {
    /// Asks the gate about a reservation that the cache has called queued for long. If the gate
    /// does not answer, the cache's answer is used.
    async fn follow(&self, queued: ReservationRecord) -> Result<ReservationRecord, PortError> {
        match self.unknown.follow(queued.clone()).await {
            Err(PortError::Busy { .. }) => Ok(queued),
            followed => followed,
        }
    }
}

#[async_trait]
impl ReservationReader for CachedReservations {
    /// A reservation that the ledger does not know yet is answered from the cache, unless the gate
    /// no longer holds its unit. If the ledger does not know it and Redis does not answer, returns
    /// an error: it may be queued.
    async fn get(
        &self,
        id: ReservationId,
        buyer: AccountId,
    ) -> Result<Option<ReservationRecord>, PortError> {
        let cached = match self.results.get(id, buyer).await {
            Ok(cached) => cached,
            Err(no_answer) => {
                let record = self.ledger.get(id, buyer).await?;
                return record.map_or(Err(no_answer), |record| Ok(Some(record)));
            }
        };
        if let Some((record, age_ms)) = &cached
            && (record.state != ReservationState::Queued || *age_ms < QUEUED_LIFE_MS)
        {
            return Ok(Some(record.clone()));
        }
        let Some(record) = self.ledger.get(id, buyer).await? else {
            return match cached {
                Some((queued, _)) => self.follow(queued).await.map(Some),
                None => Ok(None),
            };
        };
        if record.state != ReservationState::Queued {
            let ended = std::slice::from_ref(&record);
            self.results.record_ended(ended).await;
        }
        Ok(Some(record))
    }

    /// Searches for a lost result, and records it again if the gate holds the unit.
    async fn trace(
        &self,
        id: ReservationId,
        buyer: AccountId,
    ) -> Result<Lookup<ReservationRecord>, PortError> {
        let (item_id, hold) = match self.unknown.find(id, buyer).await? {
            Lookup::Found(found) => found,
            Lookup::Unknown => return Ok(Lookup::Unknown),
            // Read after the gate: it is in the ledger by now, or will never be.
            Lookup::Nothing => {
                let written = self.ledger.get(id, buyer).await?;
                let own = written.filter(|record| record.unit.buyer == buyer);
                return Ok(own.map_or(Lookup::Nothing, Lookup::Found));
            }
        };
        let unit = Unit {
            item_id,
            buyer,
            reservation_id: id,
        };
        let position = hold.holder.position;
        self.results.record_queued(unit, position).await;
        let record = ReservationRecord::queued(unit, position, hold.held_at_ms);
        Ok(Lookup::Found(record))
    }

    /// The later one of cache and ledger; ids are in the order of creation. If the ledger has none
    /// and Redis does not answer, returns an error: one may be queued.
    async fn latest(
        &self,
        item_id: ItemId,
        buyer: AccountId,
    ) -> Result<Option<ReservationRecord>, PortError> {
        let (cached, written) = tokio::join!(
            self.results.latest(item_id, buyer),
            self.ledger.latest(item_id, buyer)
        );
        let written = written?;
        let cached = match (cached, &written) {
            (Ok(cached), _) => cached,
            (Err(_), Some(_)) => None,
            (Err(no_answer), None) => return Err(no_answer),
        };
        let Some(newer) = cached.filter(|cached| {
            let written = written.as_ref().map(|written| written.unit.reservation_id);
            written.is_none_or(|written| written < *cached)
        }) else {
            return Ok(written);
        };
        // Ignore one that failed because of an earlier one: return the earlier one.
        let newer = self.get(newer, buyer).await?;
        let newer = newer.filter(|newer| newer.reason != Some(Rejection::AlreadyReserved));
        Ok(newer.or(written))
    }

    /// Reservations that only Redis knows are queued, unless the gate no longer holds the unit. Redis
    /// is read first: what is written after its answer is in the ledger, so that nothing is missed. If
    /// Redis does not answer, returns an error: something may be queued.
    async fn without_order(
        &self,
        buyer: AccountId,
        failed_since_ms: i64,
        limit: u32,
    ) -> Result<Vec<ReservationRecord>, PortError> {
        let mut cached = self.results.of_buyer(buyer).await?;
        cached.retain(|record| record.state == ReservationState::Queued);
        let followed = cached.into_iter().map(async |record| {
            match self.ledger.get(record.unit.reservation_id, buyer).await? {
                Some(written) => Ok(written),
                None => self.follow(record).await,
            }
        });
        let followed: Result<Vec<_>, PortError> = join_all(followed).await.into_iter().collect();
        // Read after lost reservations were ended there.
        let listed = self
            .ledger
            .without_order(buyer, failed_since_ms, limit)
            .await?;
        let of_ledger: HashSet<ReservationId> = listed
            .iter()
            .map(|record| record.unit.reservation_id)
            .collect();
        let mut cached = followed?;
        cached.retain(|record| {
            record.state == ReservationState::Queued
                && !of_ledger.contains(&record.unit.reservation_id)
        });
        cached.extend(listed);
        // A stable sort keeps the order of equally new ones.
        cached.sort_by_key(|record| {
            let is_queued = record.state == ReservationState::Queued;
            std::cmp::Reverse((is_queued, record.held_at_ms))
        });
        cached.truncate(limit as usize);
        Ok(cached)
    }
}
