//! Asks the provider about payments for which no notice has arrived.

use app::wire::{OrderId, PaymentState};

use super::{Deps, close, settle};
use crate::{
    chain::Chain,
    engine::{
        BATCH,
        ports::{Charge, PaymentRecord, PortError},
    },
};

/// While a buyer waits, the provider is asked about a payment at most this often, by all instances
/// together.
const WAITED_FOR_MS: i64 = 3_000;
/// The same, while no buyer waits.
const UNWATCHED_MS: i64 = 60_000;
/// Creating a charge takes less than this time.
const UNKNOWN_MS: i64 = 3_600_000;

/// For a buyer who views an order: asks about its open payments, unless another call has just done
/// so. Returns whether anything was asked. A provider's error is only logged.
pub async fn of_order(deps: &Deps, order_id: OrderId) -> Result<bool, PortError> {
    let mut asked = false;
    for payment in deps.payments.of_order(order_id).await? {
        if !payment.state.is_open() {
            continue;
        }
        match ask(deps, &payment, WAITED_FOR_MS).await {
            Ok(done) => asked |= done,
            Err(error) => {
                let payment_id = payment.payment_id;
                tracing::warn!(%payment_id, error = %Chain(&error), "cannot query a payment at the provider; tried again later");
            }
        }
    }
    Ok(asked)
}

/// Asks about payments that no buyer waits for. Stops if the provider does not answer; a payment that
/// cannot be asked about does not stop the others. Returns how many were asked about.
///
/// # Errors
/// The first error.
pub async fn run_once(deps: &Deps) -> Result<u32, PortError> {
    let before_ms = deps.clock.now_ms() - UNWATCHED_MS;
    let unchecked = deps.payments.unchecked(before_ms, BATCH).await?;
    let mut first_error = None;
    for payment in &unchecked {
        match ask(deps, payment, UNWATCHED_MS).await {
            Ok(_) => {}
            Err(error @ PortError::Failed { .. }) => drop(first_error.get_or_insert(error)),
            Err(busy) => return Err(busy),
        }
    }
    first_error.map_or(Ok(unchecked.len() as u32), Err)
}

/// Asks about a payment. Returns whether it did.
async fn ask(deps: &Deps, payment: &PaymentRecord, pause_ms: i64) -> Result<bool, PortError> {
    let (payment_id, now_ms) = (payment.payment_id, deps.clock.now_ms());
    let is_over = payment.expires_at_ms <= now_ms;
    // The provider may not know this payment yet; it is created when the buyer tries again.
    if payment.state == PaymentState::Created && !is_over {
        return Ok(false);
    }
    let is_ours = deps
        .payments
        .claim_check(payment_id, now_ms - pause_ms, now_ms)
        .await?;
    if !is_ours {
        return Ok(false);
    }
    match payment.state {
        PaymentState::Processing => match deps.gateway.query(payment_id).await? {
            Charge::Paid(receipt) => drop(settle(deps, vec![receipt]).await?),
            Charge::Closed => deps.payments.closed(payment_id).await?,
            Charge::Open | Charge::Unknown => {}
        },
        _ => end(deps, payment, now_ms).await?,
    }
    Ok(true)
}

/// Closes a payment that is no longer needed at the provider, so that nobody can pay it. If the
/// provider still does not know it an hour after its expiry, it never began.
async fn end(deps: &Deps, payment: &PaymentRecord, now_ms: i64) -> Result<(), PortError> {
    let unknown = close::one(deps, payment.payment_id).await? == Charge::Unknown;
    match unknown && payment.expires_at_ms + UNKNOWN_MS <= now_ms {
        true => deps.payments.closed(payment.payment_id).await,
        false => Ok(()),
    }
}
