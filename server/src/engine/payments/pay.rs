//! `pay`: a buyer is sent to the provider.

use app::wire::{AccountId, OrderId, PaymentId};

use super::{Deps, close};
use crate::engine::{
    LimitError, limit,
    ports::{Begun, ChargeRequest, Limit, NewPayment, PortError},
};

/// Why a buyer cannot pay now.
#[derive(Debug, thiserror::Error)]
pub enum PayError {
    /// Too often.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// No such order, or somebody else's, which is the same to the caller.
    #[error("not found")]
    NotFound,
    /// It does not wait for payment, or the time to pay is over.
    #[error("the order does not wait for payment any more")]
    NotPending,
    /// The ledger or the provider.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Where the buyer pays for the order. The payment is in the ledger before the provider hears of
/// it, so that money can never come for a payment that nobody knows; a call that failed half-way is
/// repeated with the same payment.
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
    // Closed meanwhile, perhaps before the provider had heard of it: nobody may pay there.
    close::one(deps, payment.payment_id).await?;
    Err(PayError::NotPending)
}
