//! `reserve`: the purchase. Filters from cheap to dear: limit → path → sold-out mark → gate.

use app::wire::{AccountId, ItemId, Reserved};

use super::{
    Engine, LimitError,
    ports::{Decision, Hold, Job, Limit, PathGrant, PortError, Refusal},
};

/// Why no unit is held.
#[derive(Debug, thiserror::Error)]
pub enum ReserveError {
    /// Too often.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// The path is unknown, used, expired, or not this buyer's for this item.
    #[error("the path is not valid")]
    PathInvalid,
    /// The gate (or the mark in front of it) said no.
    #[error("refused: {0:?}")]
    Refused(Refusal),
    /// Nobody knows; asking again with the same path is asking the same thing again.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Uses up `path` and holds a unit for `buyer`. The path survives where it did not get its one
/// fair answer: before the start, and when the gate did not answer.
pub async fn reserve(
    engine: &Engine,
    buyer: AccountId,
    path: &str,
    item_id: ItemId,
) -> Result<Reserved, ReserveError> {
    engine.count(Limit::Purchase(buyer)).await?;
    let now_ms = engine.clock.now_ms();
    let good = |grant: &PathGrant| {
        grant.buyer == buyer && grant.item_id == item_id && now_ms < grant.expires_at_ms
    };
    let Some(found) = engine.paths.peek(path).await?.filter(good) else {
        return Err(ReserveError::PathInvalid);
    };
    if let Some(returns) = engine.marks.sold_out_at(item_id)
        && !found.asked
    {
        // The mark only ever hides an answer that the gate would give.
        return Err(ReserveError::Refused(Refusal::SoldOut { returns }));
    }
    let Some(grant) = engine.paths.take(path).await?.filter(good) else {
        return Err(ReserveError::PathInvalid);
    };

    let reservation_id = grant.reservation_id;
    match ask_gate(engine, &grant).await {
        Ok(Decision::Held { position }) => {
            engine.bell.ring(match engine.outbox {
                Some(_) => Job::Relay,
                None => Job::WriteOrders,
            });
            Ok(Reserved {
                reservation_id,
                position,
            })
        }
        Ok(Decision::Refused(refusal)) => {
            match refusal {
                Refusal::SoldOut { returns } => engine.marks.mark(item_id, returns),
                Refusal::NotStarted => engine.paths.put(grant).await?,
                _ => {}
            }
            Err(ReserveError::Refused(refusal))
        }
        Err(unknown) => {
            let asked = true;
            engine.paths.put(PathGrant { asked, ..grant }).await?;
            Err(unknown.into())
        }
    }
}

/// A lost answer is asked for once more, with the same id: whatever was decided is told again.
async fn ask_gate(engine: &Engine, grant: &PathGrant) -> Result<Decision, PortError> {
    let hold = Hold {
        reservation_id: grant.reservation_id,
        item_id: grant.item_id,
        buyer: grant.buyer,
        path: grant.path.clone(),
        asked: grant.asked,
    };
    match engine.gate.reserve(hold.clone()).await {
        Err(_) => {
            let asked = true;
            engine.gate.reserve(Hold { asked, ..hold }).await
        }
        answer => answer,
    }
}
