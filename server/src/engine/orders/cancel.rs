//! `cancel`: a buyer cancels an unpaid order.

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
    /// The caller tried too often.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// There is no such order, or it is another buyer's; the caller cannot tell which.
    #[error("not found")]
    NotFound,
    /// It no longer waits for payment.
    #[error("the order does not wait for payment any more")]
    NotPending,
    /// The ledger failed.
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

/// Closes the order; its unit goes back on sale. A payment under way is first closed at its
/// provider; if money arrived, the order is paid and stays. If the order is paid at the same
/// moment, compare-and-set lets one side win.
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
    // The buyer waits for the answer: without one from the provider the order stays as it is.
    match payments::close::payments_of(payments, order_id, i64::MAX).await? {
        Closing::Done => {}
        Closing::StillOpen(error) | Closing::Unanswered(error) => return Err(error.into()),
    }
    match close(deps, order_id).await? {
        CloseOutcome::Closed => Ok(()),
        CloseOutcome::NotPending => Err(CancelError::NotPending),
        CloseOutcome::PaymentOpen => {
            let again = PortError::busy("ledger", "a payment was begun during the cancellation");
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
