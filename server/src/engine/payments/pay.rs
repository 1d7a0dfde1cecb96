//! `pay`: sends a buyer to the provider.

use app::wire::{AccountId, OrderId, PaymentId};

use super::{Deps, close};
use crate::engine::{
    LimitError, limit,
    ports::{Begun, ChargeRequest, Limit, NewPayment, PortError},
};

/// Why a buyer cannot pay now.
#[derive(Debug, thiserror::Error)]
pub enum PayError {
    /// The caller tried too often.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// There is no such order, or it is another buyer's; the caller cannot tell which.
    #[error("not found")]
    NotFound,
    /// It does not wait for payment, or the time to pay is over.
    #[error("the order does not wait for payment any more")]
    NotPending,
    /// The ledger or the provider failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// The address where the buyer pays for the order. The payment is written into the ledger before
/// the provider is called, so that money never arrives for an unknown payment. After a failure, the
/// next call uses the same payment.
pub async fn pay(deps: &Deps, buyer: AccountId, order_id: OrderId) -> Result<String, PayError> {
    limit::count(&*deps.limits, Limit::Pay(buyer)).await?;
    let order = deps.orders.get(order_id).await?;
    let order = order.filter(|order| order.buyer == buyer);
    let title = order.ok_or(PayError::NotFound)?.order.title;
    let new = NewPayment {
        payment_id: PaymentId(deps.ids.id()),
        order_id,
        buyer,
        provider: deps.gateway.name(),
        grace_ms: deps.rules.pay_grace_ms,
    };
    let payment = match deps.payments.begin(new, deps.clock.now_ms()).await? {
        Begun::Payment(payment) => payment,
        Begun::NotPending => return Err(PayError::NotPending),
        Begun::NotFound => return Err(PayError::NotFound),
    };
    if let Some(url) = payment.pay_url {
        return Ok(url);
    }
    let charge = ChargeRequest {
        payment_id: payment.payment_id,
        order_id,
        amount: payment.amount,
        title,
        expires_at_ms: payment.expires_at_ms,
    };
    let url = deps.gateway.create(&charge).await?;
    if deps.payments.created(payment.payment_id, &url).await? {
        return Ok(url);
    }
    // Closed in the meantime: close it at the provider too, so that it cannot be paid.
    close::one(deps, payment.payment_id).await?;
    Err(PayError::NotPending)
}
