//! The ports of ledger and queue, failing.

use std::sync::Arc;

use app::wire::{AccountId, CloseReason, ItemId, Order, OrderId, Rejection, ReservationId};
use uuid::Uuid;

use super::FaultPlan;
use crate::engine::ports::{
    CloseOutcome, Depth, DueRelease, DueReleases, GateLedger, Holder, InHand, ItemSnapshot,
    ItemSummary, LedgerStatus, LoadEpoch, Lookup, OrderCloser, OrderQueue, OrderReader,
    OrderRecord, OrderWriter, OverdueOrder, QueuedReservation, ReservationReader,
    ReservationRecord, UnderWay, WriteOutcome,
};

/// A port, failing.
pub struct Faulty<P: ?Sized> {
    pub(super) real: Arc<P>,
    pub(super) plan: Arc<dyn FaultPlan>,
}

impl<P: ?Sized> Faulty<P> {
    /// `real`, failing as `plan` says.
    pub fn new(real: Arc<P>, plan: Arc<dyn FaultPlan>) -> Self {
        Self { real, plan }
    }
}

/// A port whose every method passes the plan's two points under its own name.
macro_rules! faulty {
    ($port:ident: $($method:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {
        #[async_trait::async_trait]
        impl $port for $crate::adapters::faulty::Faulty<dyn $port> {
            $(async fn $method(&self, $($argument: $type),*) -> Result<$answer, $crate::engine::ports::PortError> {
                let effect = self.real.$method($($argument),*);
                $crate::adapters::faulty::around(&self.plan, stringify!($method), effect).await
            })*
        }
    };
}

pub(super) use faulty;

faulty! { GateLedger:
    snapshot(item_id: ItemId) -> Option<ItemSnapshot>;
    summary(item_id: ItemId) -> Option<ItemSummary>;
    holders(item_id: ItemId, after: Option<Holder>, limit: u32) -> Vec<Holder>;
    status(ids: &[ReservationId]) -> Vec<LedgerStatus>;
    load_epoch(item_id: ItemId) -> Option<LoadEpoch>;
    begin_epoch(item_id: ItemId, epoch: Uuid, instead_of: Option<Uuid>) -> bool;
}

faulty! { ReservationReader:
    get(id: ReservationId) -> Option<ReservationRecord>;
    trace(id: ReservationId, buyer: AccountId) -> Lookup<ReservationRecord>;
    latest(item_id: ItemId, buyer: AccountId) -> Option<ReservationRecord>;
    without_order(buyer: AccountId, failed_since_ms: i64, limit: u32) -> Vec<ReservationRecord>;
}

faulty! { DueReleases:
    due_releases(skip: u32, limit: u32) -> Vec<DueRelease>;
    released(done: &[ReservationId]) -> ();
}

faulty! { OrderWriter:
    can_write() -> ();
    write(batch: &[(QueuedReservation, OrderId)], now_ms: i64) -> Vec<WriteOutcome>;
    fail(batch: &[QueuedReservation], reason: Rejection, now_ms: i64) -> Vec<WriteOutcome>;
}

faulty! { OrderCloser:
    overdue(now_ms: i64, skip: u32, limit: u32) -> Vec<OverdueOrder>;
    close(order_ids: &[OrderId], reason: CloseReason, actor: &'static str, now_ms: i64) -> Vec<CloseOutcome>;
}

faulty! { OrderReader:
    of_buyer(buyer: AccountId, limit: u32) -> Vec<Order>;
    get(order_id: OrderId) -> Option<OrderRecord>;
}

faulty! { OrderQueue:
    can_put() -> ();
    put(entries: &[QueuedReservation]) -> ();
    take_batch(limit: u32) -> Vec<QueuedReservation>;
    give_back() -> ();
    ack(done: &[QueuedReservation]) -> ();
    set_aside(entry: &QueuedReservation) -> bool;
    replay_parked() -> u32;
    depth() -> Depth;
    under_way() -> UnderWay;
    in_hand() -> InHand;
}
