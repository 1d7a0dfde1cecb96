//! `cancel`: a buyer gives an unpaid order up.

use app::wire::{AccountId, CloseReason, OrderId};

use super::Deps;
use crate::engine::{
    LimitError, limit,
    ports::{CloseOutcome, Job, Limit, OrderRecord, PortError},
};

/// Why an order was not cancelled.
#[derive(Debug, thiserror::Error)]
pub enum CancelError {
    /// Too often.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// No such order, or somebody else's, which is the same to the caller.
    #[error("not found")]
    NotFound,
    /// It does not wait for payment any more.
    #[error("the order is in another state")]
    NotPending,
    /// The ledger.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// One of the buyer's own orders.
pub async fn own(
    deps: &Deps,
    buyer: AccountId,
    order_id: OrderId,
) -> Result<Option<OrderRecord>, PortError> {
    let order = deps.reader.get(order_id).await?;
    Ok(order.filter(|order| order.buyer == buyer))
}

/// Closes the order; its unit goes back on sale. An order that is paid at the same moment is
/// decided by compare-and-set: one side wins.
pub async fn cancel(deps: &Deps, buyer: AccountId, order_id: OrderId) -> Result<(), CancelError> {
    limit::count(&*deps.limits, Limit::Cancel(buyer)).await?;
    if own(deps, buyer, order_id).await?.is_none() {
        return Err(CancelError::NotFound);
    }
    let now_ms = deps.clock.now_ms();
    let closed = deps
        .closer
        .close(&[order_id], CloseReason::Cancelled, now_ms)
        .await?;
    if closed != [CloseOutcome::Closed] {
        return Err(CancelError::NotPending);
    }
    deps.wake.notify(Job::Release);
    Ok(())
}
