//! Closes an order's payments at the provider before the order is closed, so that no money is under
//! way. The provider's answer says if money arrived.

use app::wire::{OrderId, PaymentId};

use super::{Deps, settle};
use crate::{
    chain::Chain,
    engine::ports::{Charge, PortError},
};

/// The result for an order's open payments.
#[derive(Debug)]
pub enum Closing {
    /// None is open any more: the order can be closed, unless it was paid.
    Done,
    /// The provider said that money may still arrive for one of them, for example from a slow bank.
    StillOpen(PortError),
    /// The provider did not answer: the state is unknown.
    Unanswered(PortError),
}

/// Closes an order's open payments at the provider. After `give_up_ms`, a payment whose state the
/// provider does not report is abandoned; money that arrives for it later is refunded.
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
            // The call that creates it may be under way: ask again until that is certain.
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
        "the provider has not closed a payment in time: its order is closed anyway, and money \
         that arrives later is refunded"
    );
}

/// Closes one payment at the provider, and applies the answer.
pub async fn one(deps: &Deps, payment_id: PaymentId) -> Result<Charge, PortError> {
    let charge = deps.gateway.close(payment_id).await?;
    match &charge {
        Charge::Paid(receipt) => drop(settle(deps, vec![receipt.clone()]).await?),
        Charge::Closed => deps.payments.closed(payment_id).await?,
        Charge::Open | Charge::Unknown => {}
    }
    Ok(charge)
}
