//! The sold-out cache and the concurrency limit in front of the gate.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use app::wire::{AccountId, ItemId, ReservationId};
use async_trait::async_trait;
use futures::future::join_all;
use server::{
    adapters::{sold_out_cache::SoldOutCache, sold_out_gate::SoldOutGate},
    engine::ports::{
        Decision, GateStock, PortError, Reconciled, Release, Released, Reserve, ReserveRequest,
        Restock, StockGate, Unit, Window,
    },
};
use uuid::Uuid;

use crate::support::{EngineGate, TestShop};

/// A shop's gate with a counter of its calls.
struct Counted {
    gate: EngineGate,
    asked: Arc<AtomicU32>,
}

#[async_trait]
impl Reserve for Counted {
    async fn reserve(&self, request: ReserveRequest) -> Result<Decision, PortError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.gate.reserve(request).await
    }

    fn is_sold_out(&self, item_id: ItemId) -> bool {
        self.gate.is_sold_out(item_id)
    }
}

#[async_trait]
impl Restock for Counted {
    async fn release(&self, unit: Unit, release: Release) -> Result<Released, PortError> {
        self.gate.release(unit, release).await
    }

    async fn reconcile(&self, item_id: ItemId) -> Result<Reconciled, PortError> {
        self.gate.reconcile(item_id).await
    }
}

#[async_trait]
impl StockGate for Counted {
    async fn warm_up(&self, item_id: ItemId, window: Window) -> Result<bool, PortError> {
        self.gate.warm_up(item_id, window).await
    }

    async fn confirm(&self, unit: Unit) -> Result<(), PortError> {
        self.gate.confirm(unit).await
    }

    async fn stock(&self, item_id: ItemId) -> Result<Option<GateStock>, PortError> {
        self.gate.stock(item_id).await
    }
}

fn hold(item_id: ItemId, buyer: u32) -> ReserveRequest {
    ReserveRequest {
        unit: Unit {
            reservation_id: ReservationId(Uuid::from_u128(u128::from(buyer))),
            item_id,
            buyer: AccountId(Uuid::from_u128(u128::from(buyer))),
        },
        path: format!("path{buyer}"),
        asked_before: false,
    }
}

#[tokio::test]
async fn the_gate_is_asked_once_per_unit_and_not_once_per_buyer() {
    const UNITS: u32 = 100;
    let shop = TestShop::new().await;
    let item = shop.item(UNITS).await;
    let asked = Arc::new(AtomicU32::new(0));
    let counted = Counted {
        gate: shop.gate(),
        asked: asked.clone(),
    };
    let gate = SoldOutGate::new(Arc::new(counted), SoldOutCache::default());
    gate.reserve(hold(item, 0)).await.unwrap();

    let answers = join_all((1..10_000).map(|buyer| gate.reserve(hold(item, buyer)))).await;
    let (mut held, mut sold_out) = (1, 0);
    for answer in answers {
        match answer.unwrap() {
            Decision::Held { .. } => held += 1,
            Decision::SoldOut { .. } => sold_out += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((held, sold_out), (UNITS, 10_000 - UNITS));
    let let_in = asked.load(Ordering::SeqCst);
    assert!(let_in <= 2 * UNITS, "the gate was asked {let_in} times");

    // A unit comes back, and one more caller is admitted.
    gate.release(hold(item, 0).unit, Release::Return)
        .await
        .unwrap();
    let next = gate.reserve(hold(item, 20_000)).await.unwrap();
    assert!(matches!(next, Decision::Held { .. }), "{next:?}");
}
