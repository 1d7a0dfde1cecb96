//! [`Purchases`] on Redis: one script counts the call, looks at the path, decides and uses the path up.

use std::sync::Arc;

use app::wire::{ItemId, Rejection};
use async_trait::async_trait;

use super::{RedisGate, RedisLimits, RedisPaths, Results, gate::Answer};
use crate::{
    adapters::{recording::ResultLog, sold_out_gate::SoldOutGate},
    chain::Chain,
    engine::ports::{
        Decision, Limit, Limits, PathClaim, Paths, PortError, Purchased, Purchases, Reserve,
    },
};

/// The purchases of an instance. Calls are counted twice: in front by this process alone, whatever the item,
/// so that nobody can load Redis with items that do not exist; by the script for all instances, item by item.
pub struct RedisPurchases {
    pub gate: Arc<RedisGate>,
    /// The same, behind what this process knows to be sold out.
    pub in_front: Arc<SoldOutGate<RedisGate>>,
    pub limits: Arc<RedisLimits>,
    pub paths: Arc<RedisPaths>,
    /// Where pollers look.
    pub results: Results,
}

impl RedisPurchases {
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

    /// A lost answer is asked for once more. The second call neither counts nor minds that the first one
    /// may have used up the path.
    async fn ask_gate(&self, claim: &PathClaim<'_>) -> Result<Answer, PortError> {
        let quota = self.limits.purchase_quota();
        if let answer @ Ok(_) = self.gate.purchase(claim, quota, false).await {
            return answer;
        }
        let answer = self.gate.purchase(claim, quota, true).await;
        if answer.is_err()
            && let Err(error) = self.paths.note_no_answer(claim).await
        {
            tracing::debug!(
                item_id = %claim.item_id,
                error = %Chain(&error),
                "cannot note that a purchase got no answer; its path may count as used up"
            );
        }
        answer
    }
}

#[async_trait]
impl Purchases for RedisPurchases {
    async fn purchase(&self, claim: &PathClaim<'_>) -> Result<Purchased, PortError> {
        if let Some(over) = self.limits.count(&Limit::Purchase(claim.buyer)).await? {
            return Ok(Purchased::Limited(over));
        }
        if let Some(known) = self.known(claim).await? {
            return Ok(known);
        }
        let Some(_place) = self.in_front.place(claim.item_id).await? else {
            return Ok(Purchased::Refused(Rejection::Busy));
        };
        // Those ahead may have heard it meanwhile.
        if let Some(known) = self.known(claim).await? {
            return Ok(known);
        }
        Ok(match self.ask_gate(claim).await? {
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
            // No path was handed out for an item that does not exist.
            Answer::Decided(Decision::UnknownItem | Decision::Held { .. }) => {
                Purchased::Refused(Rejection::PathInvalid)
            }
        })
    }

    fn is_sold_out(&self, item_id: ItemId) -> bool {
        self.in_front.is_sold_out(item_id)
    }
}
