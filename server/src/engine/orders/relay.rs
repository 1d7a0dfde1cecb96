//! `relay`: what the gate holds reaches the queue. Only for a gate that is not the queue itself.

use super::Deps;
use crate::chain::Chain;
use crate::engine::{
    BATCH,
    ports::{Job, Outbox, OutboxEntry, PortError, TakenEntries},
};

/// Carries a batch from the outbox to the queue. An entry leaves the outbox after the queue has
/// confirmed it; a crash in between repeats it, which the order writer does not mind. A relay that
/// does not reach the queue takes nothing, and what it took it gives back: another relay may reach
/// it. An outbox that cannot be read stops no other. Returns how many were carried.
///
/// # Errors
/// The first one; that of an outbox after a batch of the others' entries was carried.
pub async fn run_once(deps: &Deps) -> Result<u32, PortError> {
    let Some(outbox) = &deps.outbox else {
        return Ok(0);
    };
    deps.queue.can_put().await?;
    let TakenEntries { entries, unread } = outbox.take(BATCH).await;
    let carried = entries.len() as u32;
    if carried > 0 {
        carry(deps, &**outbox, &entries).await?;
    }
    let Some(error) = unread else {
        return Ok(carried);
    };
    if carried >= BATCH {
        // There is more in the others, and a run that failed is not followed by the next one at once.
        deps.wake.notify(Job::Relay);
    }
    Err(error)
}

async fn carry(deps: &Deps, outbox: &dyn Outbox, entries: &[OutboxEntry]) -> Result<(), PortError> {
    let reservations: Vec<_> = entries
        .iter()
        .map(|entry| entry.reservation.clone())
        .collect();
    if let Err(error) = deps.queue.put(&reservations).await {
        if let Err(no_answer) = outbox.give_back(entries).await {
            tracing::debug!(
                error = %Chain(&no_answer),
                entries = entries.len(),
                "cannot give entries back to the outbox; another relay takes them over later"
            );
        }
        return Err(error);
    }
    deps.wake.notify(Job::WriteOrders);
    outbox.forward(entries).await
}
