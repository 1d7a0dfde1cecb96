//! `relay`: what the gate holds reaches the queue. Only for a gate that is not the queue itself.

use super::Deps;
use crate::engine::{
    BATCH,
    ports::{Job, PortError},
};

/// Carries a batch from the outbox to the queue. An entry leaves the outbox after the queue has
/// confirmed it; a crash in between repeats it, which the order writer does not mind. Returns how
/// many were carried.
pub async fn run_once(deps: &Deps) -> Result<u32, PortError> {
    let Some(outbox) = &deps.outbox else {
        return Ok(0);
    };
    let entries = outbox.take(BATCH).await?;
    if entries.is_empty() {
        return Ok(0);
    }
    let reservations: Vec<_> = entries
        .iter()
        .map(|entry| entry.reservation.clone())
        .collect();
    deps.queue.put(&reservations).await?;
    outbox.forward(&entries).await?;
    deps.wake.notify(Job::WriteOrders);
    Ok(entries.len() as u32)
}
