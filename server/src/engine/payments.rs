//! Payments, from the "pay" button to a paid order or a refund.
//!
//! Everything a provider reports (at once, late, twice, or when asked) goes through
//! [`Payments::settle`](super::ports::Payments::settle), which decides once for each payment.

pub mod apply_notices;
pub mod check;
pub mod close;
pub mod confirm;
pub mod pay;
pub mod receive_notice;
pub mod refund;
pub mod statement;

use std::sync::Arc;

use app::wire::PaymentId;

use super::{
    Rules,
    ports::{
        Clock, DueConfirms, Ids, Job, Limits, NoticeInbox, OrderReader, PaymentGateway, Payments,
        PortError, Receipt, Refunds, Settled, StockGate, WakeSignal,
    },
};

/// Dependencies of the payment use cases.
pub struct Deps {
    pub rules: Rules,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub limits: Arc<dyn Limits>,
    pub gateway: Arc<dyn PaymentGateway>,
    pub payments: Arc<dyn Payments>,
    pub inbox: Arc<dyn NoticeInbox>,
    pub refunds: Arc<dyn Refunds>,
    pub confirms: Arc<dyn DueConfirms>,
    pub orders: Arc<dyn OrderReader>,
    pub gate: Arc<dyn StockGate>,
    pub wake: Arc<dyn WakeSignal>,
}

/// Settles receipts, and wakes the workers that continue.
async fn settle(deps: &Deps, receipts: Vec<Receipt>) -> Result<Vec<Settled>, PortError> {
    let now_ms = deps.clock.now_ms();
    let receipts: Vec<_> = receipts
        .into_iter()
        .map(|receipt| (receipt, PaymentId(deps.ids.id())))
        .collect();
    let settled = deps.payments.settle(&receipts, now_ms).await?;
    for ((receipt, _), settled) in receipts.iter().zip(&settled) {
        note(receipt, *settled);
    }
    if settled.contains(&Settled::Paid) {
        deps.wake.notify(Job::Confirm);
    }
    if settled.contains(&Settled::RefundDue) {
        deps.wake.notify(Job::Refund);
    }
    Ok(settled)
}

fn note(receipt: &Receipt, settled: Settled) {
    let outcome = match settled {
        Settled::Paid => "paid",
        Settled::RefundDue => "refund_due",
        Settled::Known => "known",
        Settled::Unknown => "unknown",
    };
    metrics::counter!("seckill_payments_settled_total", "outcome" => outcome).increment(1);
    let Receipt {
        payment_id,
        provider_number,
        amount,
    } = receipt;
    match settled {
        Settled::Unknown => tracing::error!(
            %payment_id,
            provider_number,
            amount = amount.minor,
            currency = amount.currency,
            "received money for an unknown payment: look at the provider's account"
        ),
        Settled::RefundDue => tracing::warn!(
            %payment_id,
            provider_number,
            amount = amount.minor,
            currency = amount.currency,
            "received money that pays no order; it is refunded"
        ),
        Settled::Paid | Settled::Known => {}
    }
}
