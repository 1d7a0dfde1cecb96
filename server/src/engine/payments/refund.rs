//! `refund`: sends back money that pays no order, and retries until it succeeds.

use std::time::Duration;

use app::wire::OrderId;

use super::Deps;
use crate::{
    chain::Chain,
    engine::{
        BATCH,
        ports::{ChangedBy, Job, PaymentRecord, PortError, RefundRequest, RefundState},
    },
    jitter::Backoff,
};

/// Pause before the first retry.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// Longest pause. A provider that was down for a night is found again within minutes.
const LONGEST_PAUSE: Duration = Duration::from_mins(10);

/// Asks providers to send back money. A refund that fails does not stop the others, and is retried
/// until it is done. Returns how many are done.
///
/// # Errors
/// The first error, after every other refund was tried.
pub async fn run_once(deps: &Deps) -> Result<u32, PortError> {
    let (mut done, mut first_error) = (0, None);
    for payment in deps.refunds.due(deps.clock.now_ms(), BATCH).await? {
        match send_back(deps, &payment).await {
            Ok(went_back) => done += u32::from(went_back),
            Err(error) => {
                let payment_id = payment.payment_id;
                metrics::counter!("seckill_refund_failures_total").increment(1);
                tracing::error!(
                    %payment_id,
                    tries = payment.refund_tries + 1,
                    error = %Chain(&error),
                    "cannot send a refund to the provider; tried again later"
                );
                first_error.get_or_insert(error);
            }
        }
    }
    first_error.map_or(Ok(done), Err)
}

async fn send_back(deps: &Deps, payment: &PaymentRecord) -> Result<bool, PortError> {
    let payment_id = payment.payment_id;
    let (Some(provider_number), Some(amount)) = (&payment.provider_number, &payment.received)
    else {
        let detail = format!("payment {payment_id} is to be refunded, but received no money");
        return Err(PortError::failed("payments", detail));
    };
    let pause = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE).pause_after(payment.refund_tries);
    let next_try_ms = deps.clock.now_ms() + pause.as_millis() as i64;
    if !deps.refunds.trying(payment_id, next_try_ms).await? {
        return Ok(false);
    }
    let request = RefundRequest {
        payment_id,
        provider_number: provider_number.clone(),
        amount: amount.clone(),
    };
    match deps.gateway.refund(&request).await? {
        RefundState::Pending => Ok(false),
        RefundState::Done => {
            deps.refunds.done(payment_id, deps.clock.now_ms()).await?;
            Ok(true)
        }
    }
}

/// Refunds a paid order. Returns false when the order is in another state.
pub async fn order(deps: &Deps, order_id: OrderId, by: &ChangedBy) -> Result<bool, PortError> {
    let now_ms = deps.clock.now_ms();
    let begun = deps.refunds.refund_order(order_id, by, now_ms).await?;
    if begun {
        deps.wake.notify(Job::Refund);
    }
    Ok(begun)
}
