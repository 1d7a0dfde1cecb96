//! [`Purchases`] on Redis: one script counts the call, checks the path, decides and uses up the path.

use std::{sync::Arc, time::Duration};

use app::wire::{ItemId, Rejection};
use async_trait::async_trait;
use moka::future::Cache;
use uuid::Uuid;

use super::{RedisGate, RedisLimits, RedisPaths, Results, gate::Answer};
use crate::{
    adapters::{
        recording::ResultLog,
        sold_out_gate::{Place, SoldOutGate},
    },
    chain::Chain,
    engine::ports::{
        Decision, Limit, Limits, PathClaim, Paths, PortError, Purchased, Purchases, Reserve,
    },
};

/// Most purchases without an answer that are remembered, some 150 bytes each…
const MAX_UNANSWERED: u64 = 100_000;
/// …for longer than any path is valid.
const UNANSWERED_LIFE: Duration = Duration::from_mins(5);

/// An instance's purchases. Calls are counted twice: first by this process, across items, so that nobody can
/// overload Redis with unknown items; then by the script for all instances, per item.
pub struct RedisPurchases {
    gate: Arc<RedisGate>,
    /// The same gate, behind the sold-out cache.
    in_front: Arc<SoldOutGate<RedisGate>>,
    limits: Arc<RedisLimits>,
    paths: Arc<RedisPaths>,
    /// The results that buyers poll.
    results: Results,
    /// The ids of purchases that got no answer, by path. With the same id the path is valid once
    /// more, even if the lost calls are executed late.
    unanswered: Cache<String, Uuid>,
}

impl RedisPurchases {
    /// Purchases by the script of `gate`; `in_front` wraps that gate.
    pub fn new(
        gate: Arc<RedisGate>,
        in_front: Arc<SoldOutGate<RedisGate>>,
        limits: Arc<RedisLimits>,
        paths: Arc<RedisPaths>,
        results: Results,
    ) -> Self {
        let unanswered = Cache::builder()
            .max_capacity(MAX_UNANSWERED)
            .time_to_live(UNANSWERED_LIFE)
            .build();
        Self {
            gate,
            in_front,
            limits,
            paths,
            results,
            unanswered,
        }
    }

    /// The limiter, for all other limits.
    pub fn limits(&self) -> Arc<RedisLimits> {
        self.limits.clone()
    }

    /// The paths, for issuing them.
    pub fn paths(&self) -> Arc<RedisPaths> {
        self.paths.clone()
    }

    /// The answer, if the gate is not needed. Only the gate may answer "sold out" after a lost answer.
    async fn known(&self, claim: &PathClaim<'_>) -> Result<Option<Purchased>, PortError> {
        if !self.in_front.is_sold_out(claim.item_id) {
            return Ok(None);
        }
        Ok(match self.paths.peek(claim).await? {
            None => Some(Purchased::Refused(Rejection::PathInvalid)),
            Some(grant) if grant.asked => None,
            Some(_) => Some(Purchased::Refused(Rejection::SoldOut)),
        })
    }

    /// Waits for a permit, only with a valid path, and then checks the cache again.
    async fn admitted(&self, claim: &PathClaim<'_>) -> Result<Result<Place, Purchased>, PortError> {
        if let Some(known) = self.known(claim).await? {
            return Ok(Err(known));
        }
        if let Some(place) = self.in_front.free_place(claim.item_id).await {
            return Ok(Ok(place));
        }
        if self.paths.peek(claim).await?.is_none() {
            return Ok(Err(Purchased::Refused(Rejection::PathInvalid)));
        }
        let Some(place) = self.in_front.place(claim.item_id).await else {
            return Ok(Err(Purchased::Refused(Rejection::Busy)));
        };
        Ok(match self.known(claim).await? {
            Some(known) => Err(known),
            None => Ok(place),
        })
    }

    /// Repeats a call whose answer was lost, once. If that answer is lost too, the same path gets the same
    /// answer later: here by the purchase's id, at other instances by a note.
    async fn ask_gate(
        &self,
        claim: &PathClaim<'_>,
        unanswered: Option<Uuid>,
    ) -> Result<Answer, PortError> {
        let purchase_id = unanswered.unwrap_or_else(Uuid::now_v7);
        let id = purchase_id.simple().to_string();
        let quota = self.limits.purchase_quota();
        let ask = async |again| self.gate.purchase(claim, quota, &id, again).await;
        let mut answer = ask(unanswered.is_some()).await;
        if answer.is_err() {
            answer = ask(true).await;
        }
        let path = claim.path.to_owned();
        if answer.is_ok() {
            if unanswered.is_some() {
                self.unanswered.invalidate(&path).await;
            }
            return answer;
        }
        self.unanswered.insert(path, purchase_id).await;
        if let Err(error) = self.paths.note_unanswered(claim, &id).await {
            tracing::debug!(
                item_id = %claim.item_id,
                error = %Chain(&error),
                "cannot note that a purchase got no answer; at other instances its path may count as used up"
            );
        }
        answer
    }

    async fn told(&self, claim: &PathClaim<'_>, answer: Answer) -> Result<Purchased, PortError> {
        Ok(match answer {
            Answer::Held {
                reservation_id,
                position,
            } => {
                // Before the buyer is answered, so that the first poll finds it.
                let unit = claim.unit(reservation_id);
                self.results.record_queued(unit, position).await;
                Purchased::Held {
                    reservation_id,
                    position,
                }
            }
            Answer::Limited(over) => Purchased::Limited(over),
            Answer::PathInvalid => Purchased::Refused(Rejection::PathInvalid),
            Answer::Decided(Decision::SoldOut { returns }) => {
                // Before the next caller gets a permit.
                self.in_front.note_sold_out(claim.item_id, returns);
                Purchased::Refused(Rejection::SoldOut)
            }
            Answer::Decided(Decision::AlreadyReserved(earlier)) => {
                Purchased::AlreadyReserved(earlier)
            }
            Answer::Decided(Decision::Refused(rejection)) => Purchased::Refused(rejection),
            // There are no paths for items that are not on sale.
            Answer::Decided(Decision::UnknownItem) => Purchased::Refused(Rejection::PathInvalid),
            Answer::Decided(held @ Decision::Held { .. }) => {
                return Err(PortError::failed(
                    super::PORT,
                    format!("{held:?} without a reservation"),
                ));
            }
        })
    }
}

#[async_trait]
impl Purchases for RedisPurchases {
    async fn purchase(&self, claim: &PathClaim<'_>) -> Result<Purchased, PortError> {
        if let Some(over) = self.limits.count(&Limit::Purchase(claim.buyer)).await? {
            return Ok(Purchased::Limited(over));
        }
        let unanswered = self.unanswered.get(claim.path).await;
        let _place = match unanswered {
            // A unit may be held already.
            Some(_) => None,
            None => match self.admitted(claim).await? {
                Ok(place) => Some(place),
                Err(known) => return Ok(known),
            },
        };
        let answer = self.ask_gate(claim, unanswered).await?;
        self.told(claim, answer).await
    }

    fn is_sold_out(&self, item_id: ItemId) -> bool {
        self.in_front.is_sold_out(item_id)
    }
}
