//! Faults for the ports of payments.

use app::wire::{OrderId, PaymentId, ReservationId};
use async_trait::async_trait;
use uuid::Uuid;

use super::{WithFaults, around, ledger::with_faults};
use crate::engine::ports::{
    Begun, ChangedBy, Charge, ChargeRequest, DueConfirms, NewPayment, NoticeInbox, NoticeOutcome,
    NoticeRequest, PaymentGateway, PaymentRecord, Payments, PortError, Receipt, RefundRequest,
    RefundState, Refunds, Settled, StoredNotice, Unit, Verified,
};

with_faults! { Payments:
    begin(new: NewPayment, now_ms: i64) -> Begun;
    created(payment_id: PaymentId, pay_url: &str) -> bool;
    of_order(order_id: OrderId) -> Vec<PaymentRecord>;
    unchecked(before_ms: i64, limit: u32) -> Vec<PaymentRecord>;
    claim_check(payment_id: PaymentId, before_ms: i64, now_ms: i64) -> bool;
    settle(receipts: &[(Receipt, PaymentId)], now_ms: i64) -> Vec<Settled>;
    closed(payment_id: PaymentId) -> ();
    abandon(payment_id: PaymentId) -> ();
}

with_faults! { NoticeInbox:
    keep(notice: &StoredNotice, now_ms: i64) -> bool;
    unapplied(skip: u32, limit: u32) -> Vec<StoredNotice>;
    applied(done: &[(Uuid, NoticeOutcome)], now_ms: i64) -> ();
}

with_faults! { Refunds:
    due(now_ms: i64, limit: u32) -> Vec<PaymentRecord>;
    trying(payment_id: PaymentId, next_try_ms: i64) -> bool;
    done(payment_id: PaymentId, now_ms: i64) -> ();
    refund_order(order_id: OrderId, by: &ChangedBy, now_ms: i64) -> bool;
}

with_faults! { DueConfirms:
    due_confirms(skip: u32, limit: u32) -> Vec<Unit>;
    confirmed(done: &[ReservationId]) -> ();
}

/// Only calls to a provider fail; local computations do not.
#[async_trait]
impl PaymentGateway for WithFaults<dyn PaymentGateway> {
    fn name(&self) -> &'static str {
        self.real.name()
    }

    async fn create(&self, charge: &ChargeRequest) -> Result<String, PortError> {
        around(&self.injector, "create_charge", self.real.create(charge)).await
    }

    async fn query(&self, payment_id: PaymentId) -> Result<Charge, PortError> {
        around(&self.injector, "query_charge", self.real.query(payment_id)).await
    }

    async fn close(&self, payment_id: PaymentId) -> Result<Charge, PortError> {
        around(&self.injector, "close_charge", self.real.close(payment_id)).await
    }

    async fn refund(&self, refund: &RefundRequest) -> Result<RefundState, PortError> {
        around(&self.injector, "refund_charge", self.real.refund(refund)).await
    }

    fn verify(&self, request: NoticeRequest<'_>) -> Verified {
        self.real.verify(request)
    }

    fn thanks(&self) -> &'static str {
        self.real.thanks()
    }
}
