//! Before an order is closed, no money may be under way for it: the provider is asked to close its
//! payments, and says so if money came.

use app::wire::{OrderId, PaymentId};

use super::{Deps, settle};
use crate::{
    chain::Chain,
    engine::ports::{Charge, PortError},
};

/// What became of an order's open payments.
#[derive(Debug)]
pub enum Closing {
    /// None is open any more: the order can be closed, unless it was paid.
    Done,
    /// The provider has said that money may still come for one of them, from a bank that takes days, say.
    StillOpen(PortError),
    /// The provider did not answer; nothing is known.
    Unanswered(PortError),
}

/// Closes the open payments of an order at the provider. Past `give_up_ms` one of which the provider
/// does not say what became of it is abandoned: money that comes for it all the same goes back.
pub async fn payments_of(
    deps: &Deps,
    order_id: OrderId,
    give_up_ms: i64,
) -> Result<Closing, PortError> {
    for payment in deps.payments.of_order(order_id).await? {
        let payment_id = payment.payment_id;
        if !payment.state.is_open() {
            continue;
        }
        let closing = match one(deps, payment_id).await {
            Ok(Charge::Paid(_) | Charge::Closed) => continue,
            // A call that makes it may be under way: asked about until that is certain.
            Ok(Charge::Unknown) => {
                deps.payments.abandon(payment_id).await?;
                continue;
            }
            Ok(Charge::Open) => {
                let open = PortError::busy(deps.gateway.name(), "the payment is still open");
                Closing::StillOpen(open)
            }
            Err(error) => Closing::Unanswered(error),
        };
        if deps.clock.now_ms() < give_up_ms {
            return Ok(closing);
        }
        log_given_up(order_id, payment_id, &closing);
        deps.payments.abandon(payment_id).await?;
    }
    Ok(Closing::Done)
}

fn log_given_up(order_id: OrderId, payment_id: PaymentId, closing: &Closing) {
    let (Closing::StillOpen(error) | Closing::Unanswered(error)) = closing else {
        return;
    };
    metrics::counter!("seckill_payments_given_up_total").increment(1);
    tracing::error!(
        %payment_id,
        %order_id,
        error = %Chain(error),
        "the provider has not closed a payment in time: its order is closed without it, and money \
         that still comes goes back"
    );
}

/// Closes one payment at the provider, and applies what it says.
pub async fn one(deps: &Deps, payment_id: PaymentId) -> Result<Charge, PortError> {
    let charge = deps.gateway.close(payment_id).await?;
    match &charge {
        Charge::Paid(receipt) => drop(settle(deps, vec![receipt.clone()]).await?),
        Charge::Closed => deps.payments.closed(payment_id).await?,
        Charge::Open | Charge::Unknown => {}
    }
    Ok(charge)
}
