//! [`Purchases`] on Redis: one script counts the call, looks at the path, decides and uses the path up.

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

/// Purchases without an answer that are remembered, some 150 bytes each…
const MAX_UNANSWERED: u64 = 100_000;
/// …for longer than a path can be good.
const UNANSWERED_LIFE: Duration = Duration::from_mins(5);

/// The purchases of an instance. Calls are counted twice: in front by this process alone, whatever the item,
/// so that nobody can load Redis with items that do not exist; by the script for all instances, item by item.
pub struct RedisPurchases {
    gate: Arc<RedisGate>,
    /// The same, behind what this process knows to be sold out.
    in_front: Arc<SoldOutGate<RedisGate>>,
    limits: Arc<RedisLimits>,
    paths: Arc<RedisPaths>,
    /// Where pollers look.
    results: Results,
    /// The ids of purchases that got no answer, by path. With the same id the path is good once more,
    /// whenever the calls that were lost are run.
    unanswered: Cache<String, Uuid>,
}

impl RedisPurchases {
    /// Purchases by the script of `gate`, which `in_front` stands before.
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

    /// For whatever else is limited.
    pub fn limits(&self) -> Arc<RedisLimits> {
        self.limits.clone()
    }

    /// For whoever hands out paths.
    pub fn paths(&self) -> Arc<RedisPaths> {
        self.paths.clone()
    }

    /// What needs no decision. Only the gate may say "sold out" to somebody whose last answer was lost.
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

    /// Waits for its turn with a good path only, and hears there what those ahead have heard.
    async fn admitted(&self, claim: &PathClaim<'_>) -> Result<Result<Place, Purchased>, PortError> {
        if let Some(known) = self.known(claim).await? {
            return Ok(Err(known));
        }
        if let Some(place) = self.in_front.free_place(claim.item_id).await? {
            return Ok(Ok(place));
        }
        if self.paths.peek(claim).await?.is_none() {
            return Ok(Err(Purchased::Refused(Rejection::PathInvalid)));
        }
        let Some(place) = self.in_front.place(claim.item_id).await? else {
            return Ok(Err(Purchased::Refused(Rejection::Busy)));
        };
        Ok(match self.known(claim).await? {
            Some(known) => Err(known),
            None => Ok(place),
        })
    }

    /// An answer that was lost is asked for once more. Where that is lost too, the same path gives the same
    /// answer: here by the purchase's id, elsewhere by a note.
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
                // Before its buyer hears of it, so that the first poll finds it.
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
                // Before the next caller gets a place.
                self.in_front.note_sold_out(claim.item_id, returns);
                Purchased::Refused(Rejection::SoldOut)
            }
            Answer::Decided(Decision::AlreadyReserved(earlier)) => {
                Purchased::AlreadyReserved(earlier)
            }
            Answer::Decided(Decision::Refused(rejection)) => Purchased::Refused(rejection),
            // Nobody has a path for what is not for sale.
            Answer::Decided(Decision::UnknownItem) => Purchased::Refused(Rejection::PathInvalid),
            Answer::Decided(held @ Decision::Held { .. }) => {
                return Err(PortError::failed(
                    super::PORT,
                    format!("{held:?} of no reservation"),
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
