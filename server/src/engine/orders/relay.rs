//! `relay`: carries holds from the gate to the queue, unless the gate is the queue itself.

use super::Deps;
use crate::chain::Chain;
use crate::engine::{
    BATCH,
    ports::{Job, Outbox, OutboxEntry, PortError, TakenEntries},
};

/// Carries a batch from the outbox to the queue. An entry leaves the outbox after the queue has
/// confirmed it; a crash in between repeats it, and the order writer ignores repeats. A relay that
/// cannot reach the queue takes nothing and gives back what it took, for other relays. An outbox
/// that cannot be read does not stop the others. Returns how many were carried.
///
/// # Errors
/// The first error; an outbox's error only after a batch of the others' entries was carried.
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
        // The other outboxes have more, and a failed run is not repeated at once.
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
