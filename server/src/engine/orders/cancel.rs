//! `cancel`: a buyer gives an unpaid order up.

use app::wire::{AccountId, CloseReason, OrderId};

use super::Deps;
use crate::engine::{
    LimitError, limit,
    payments::{self, close::Closing},
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
    #[error("the order does not wait for payment any more")]
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

/// Closes the order; its unit goes back on sale. A payment that is under way is closed at its
/// provider first: when money came, the order is paid and stays. An order that is paid at the same
/// moment is decided by compare-and-set: one side wins.
pub async fn cancel(
    deps: &Deps,
    payments: &payments::Deps,
    buyer: AccountId,
    order_id: OrderId,
) -> Result<(), CancelError> {
    limit::count(&*deps.limits, Limit::Cancel(buyer)).await?;
    if own(deps, buyer, order_id).await?.is_none() {
        return Err(CancelError::NotFound);
    }
    match close(deps, order_id).await? {
        CloseOutcome::Closed => return Ok(()),
        CloseOutcome::NotPending => return Err(CancelError::NotPending),
        CloseOutcome::PaymentOpen => {}
    }
    // The buyer waits: without the provider's word the order stays as it is.
    match payments::close::payments_of(payments, order_id, i64::MAX).await? {
        Closing::Done => {}
        Closing::StillOpen(error) | Closing::Unanswered(error) => return Err(error.into()),
    }
    match close(deps, order_id).await? {
        CloseOutcome::Closed => Ok(()),
        CloseOutcome::NotPending => Err(CancelError::NotPending),
        CloseOutcome::PaymentOpen => {
            let again = PortError::busy("ledger", "a payment was begun beside the cancellation");
            Err(again.into())
        }
    }
}

async fn close(deps: &Deps, order_id: OrderId) -> Result<CloseOutcome, PortError> {
    let now_ms = deps.clock.now_ms();
    let closed = deps
        .closer
        .close(&[order_id], CloseReason::Cancelled, "buyer", now_ms)
        .await?;
    let outcome = closed.first().copied().unwrap_or(CloseOutcome::NotPending);
    if outcome == CloseOutcome::Closed {
        deps.wake.notify(Job::Release);
    }
    Ok(outcome)
}
