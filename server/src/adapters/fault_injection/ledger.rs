//! Faults for the ports of ledger and queue.

use std::sync::Arc;

use app::wire::{AccountId, CloseReason, ItemId, Order, OrderId, Rejection, ReservationId};
use uuid::Uuid;

use super::FaultInjector;
use crate::engine::ports::{
    CloseOutcome, Depth, DueRelease, DueReleases, GateLedger, HeldOrders, Holder, InFlight,
    ItemSnapshot, ItemSummary, LedgerStatus, LoadEpoch, Lookup, OrderCloser, OrderQueue,
    OrderReader, OrderRecord, OrderWriter, OverdueOrder, ParkedEntries, ParkedEntry,
    ParkedReservations, QueuedReservation, ReservationReader, ReservationRecord, UnderWay,
    WriteOutcome,
};

/// A port with faults.
pub struct WithFaults<P: ?Sized> {
    pub(super) real: Arc<P>,
    pub(super) injector: Arc<dyn FaultInjector>,
}

impl<P: ?Sized> WithFaults<P> {
    /// Wraps `real` with the faults of `injector`.
    pub fn new(real: Arc<P>, injector: Arc<dyn FaultInjector>) -> Self {
        Self { real, injector }
    }
}

/// Wraps a port: every method passes the injector's two points under its own name.
macro_rules! with_faults {
    ($port:ident: $($method:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {
        #[async_trait::async_trait]
        impl $port for $crate::adapters::fault_injection::WithFaults<dyn $port> {
            $(async fn $method(&self, $($argument: $type),*) -> Result<$answer, $crate::engine::ports::PortError> {
                let effect = self.real.$method($($argument),*);
                $crate::adapters::fault_injection::around(&self.injector, stringify!($method), effect).await
            })*
        }
    };
}

pub(super) use with_faults;

with_faults! { GateLedger:
    snapshot(item_id: ItemId) -> Option<ItemSnapshot>;
    summary(item_id: ItemId) -> Option<ItemSummary>;
    holders(item_id: ItemId, after: Option<Holder>, limit: u32) -> Vec<Holder>;
    status(ids: &[ReservationId]) -> Vec<LedgerStatus>;
    load_epoch(item_id: ItemId) -> Option<LoadEpoch>;
    begin_epoch(item_id: ItemId, epoch: Uuid, instead_of: Option<Uuid>) -> bool;
}

with_faults! { ReservationReader:
    get(id: ReservationId, buyer: AccountId) -> Option<ReservationRecord>;
    trace(id: ReservationId, buyer: AccountId) -> Lookup<ReservationRecord>;
    latest(item_id: ItemId, buyer: AccountId) -> Option<ReservationRecord>;
    without_order(buyer: AccountId, failed_since_ms: i64, limit: u32) -> Vec<ReservationRecord>;
}

with_faults! { DueReleases:
    due_releases(skip: u32, limit: u32) -> Vec<DueRelease>;
    released(done: &[ReservationId]) -> ();
}

with_faults! { OrderWriter:
    can_write() -> ();
    write(batch: &[(QueuedReservation, OrderId)], now_ms: i64) -> Vec<WriteOutcome>;
    fail(batch: &[QueuedReservation], reason: Rejection, now_ms: i64) -> Vec<WriteOutcome>;
}

with_faults! { HeldOrders:
    write_held(held: &[(QueuedReservation, OrderId)], now_ms: i64) -> bool;
}

with_faults! { OrderCloser:
    overdue(now_ms: i64, skip: u32, limit: u32) -> Vec<OverdueOrder>;
    close(order_ids: &[OrderId], reason: CloseReason, actor: &'static str, now_ms: i64) -> Vec<CloseOutcome>;
}

with_faults! { OrderReader:
    of_buyer(buyer: AccountId, limit: u32) -> Vec<Order>;
    get(order_id: OrderId) -> Option<OrderRecord>;
}

with_faults! { OrderQueue:
    can_put() -> ();
    put(entries: &[QueuedReservation]) -> ();
    take_batch(limit: u32) -> Vec<QueuedReservation>;
    give_back() -> ();
    ack(done: &[QueuedReservation]) -> ();
    retry_later(entry: &QueuedReservation) -> bool;
    depth() -> Depth;
    under_way() -> UnderWay;
    in_flight() -> InFlight;
}

with_faults! { ParkedReservations:
    parked(limit: u32) -> ParkedEntries;
    find_parked(reservation_id: ReservationId) -> Option<Box<dyn ParkedEntry>>;
    replay_parked(only: Option<ReservationId>) -> u32;
    remove_unreadable() -> u32;
}
