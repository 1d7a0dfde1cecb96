//! The purchase step by step, over ports that are cheap to call one after the other.

use std::sync::Arc;

use app::wire::{ItemId, Rejection};
use async_trait::async_trait;

use crate::engine::ports::{
    Decision, Limit, Limits, PathClaim, PathGrant, PortError, Purchased, Purchases, Reserve,
    ReserveRequest, TakePaths,
};

/// Limit → path (read) → sold-out cache → path (taken) → gate. The cache is checked before the path is
/// taken, so that a sold-out item does not use up the path.
pub struct InSteps {
    pub limits: Arc<dyn Limits>,
    pub paths: Arc<dyn TakePaths>,
    pub gate: Arc<dyn Reserve>,
}

#[async_trait]
impl Purchases for InSteps {
    async fn purchase(&self, claim: &PathClaim<'_>) -> Result<Purchased, PortError> {
        if let Some(over) = self.limits.count(&Limit::Purchase(claim.buyer)).await? {
            return Ok(Purchased::Limited(over));
        }
        let path_invalid = Purchased::Refused(Rejection::PathInvalid);
        let Some(found) = self.paths.peek(claim).await? else {
            return Ok(path_invalid);
        };
        if !found.asked && self.gate.is_sold_out(claim.item_id) {
            return Ok(Purchased::Refused(Rejection::SoldOut));
        }
        let Some(mut grant) = self.paths.take(claim).await? else {
            return Ok(path_invalid);
        };
        match self.ask_gate(&mut grant).await {
            Ok(Decision::Held { position }) => Ok(Purchased::Held {
                reservation_id: grant.unit.reservation_id,
                position,
            }),
            Ok(Decision::AlreadyReserved(earlier)) => Ok(Purchased::AlreadyReserved(earlier)),
            Ok(Decision::SoldOut { .. }) => Ok(Purchased::Refused(Rejection::SoldOut)),
            Ok(Decision::UnknownItem) => Ok(Purchased::UnknownItem),
            Ok(Decision::Refused(rejection)) => {
                if matches!(rejection, Rejection::NotStarted | Rejection::Busy) {
                    self.paths.put(grant).await?;
                }
                Ok(Purchased::Refused(rejection))
            }
            Err(unknown) => {
                self.paths.put(grant).await?;
                Err(unknown)
            }
        }
    }

    fn is_sold_out(&self, item_id: ItemId) -> bool {
        self.gate.is_sold_out(item_id)
    }
}

impl InSteps {
    /// Repeats a call whose answer was lost, once, with the same id. Remembers in the grant that the
    /// first call got no answer, even if the second one does: a unit may be held.
    async fn ask_gate(&self, grant: &mut PathGrant) -> Result<Decision, PortError> {
        if let answer @ Ok(_) = self.gate.reserve(request(grant)).await {
            return answer;
        }
        grant.asked = true;
        self.gate.reserve(request(grant)).await
    }
}

fn request(grant: &PathGrant) -> ReserveRequest {
    ReserveRequest {
        unit: grant.unit,
        path: grant.path.clone(),
        asked_before: grant.asked,
    }
}
