//! The contract of a gate: [`Reserve`], [`Restock`] and [`StockGate`].

use app::wire::{AccountId, ItemId, Rejection, ReservationId};
use futures::future::join_all;
use server::engine::ports::{
    Decision, GateStock, Reconciled, Release, Reserve, ReserveRequest, Restock, StockGate, Unit,
    Window,
};
use uuid::Uuid;

use crate::support::{EngineGate, HOUR_MS, START_MS, TestShop, reserve};

const OPEN: Window = Window {
    starts_at_ms: START_MS,
    ends_at_ms: START_MS + HOUR_MS,
    stopped: false,
};

fn hold(item_id: ItemId, buyer: u32, reservation: u128) -> ReserveRequest {
    ReserveRequest {
        unit: Unit {
            reservation_id: ReservationId(Uuid::from_u128(reservation)),
            item_id,
            buyer: AccountId(Uuid::from_u128(u128::from(buyer))),
        },
        path: format!("path{reservation}"),
        asked_before: false,
    }
}

fn gate(shop: &TestShop) -> EngineGate {
    shop.gate()
}

on_the_stack_and_on_redis! {
    an_unknown_item_is_refused,
    the_window_opens_at_its_start_and_closes_at_its_end,
    a_warm_up_updates_stop_and_window_but_not_stock,
    known_failure_21_two_warm_ups_at_once_set_the_stock_once,
    a_thousand_concurrent_buyers_get_exactly_all_units,
    the_same_request_again_gives_the_same_answer_and_takes_nothing,
    a_released_unit_is_sellable_once_more_and_only_once,
    known_failures_06_and_07_a_restart_neither_resets_stock_nor_forgets_buyers,
    reconcile_finds_gate_and_ledger_equal_at_every_stage,
    a_paid_unit_is_sold_once_and_stays_its_buyers,
    a_released_reservation_gets_no_unit_when_repeated,
}

async fn an_unknown_item_is_refused(shop: TestShop) {
    let nowhere = ItemId(Uuid::from_u128(99));
    let decision = gate(&shop).reserve(hold(nowhere, 1, 1)).await.unwrap();
    assert_eq!(decision, Decision::UnknownItem);
    assert_eq!(gate(&shop).stock(nowhere).await.unwrap(), None);
}

async fn the_window_opens_at_its_start_and_closes_at_its_end(shop: TestShop) {
    let item = shop.item_in(5, START_MS + 10, START_MS + 20, None).await;
    let gate = gate(&shop);
    for (wait_ms, expected) in [
        (0, Decision::Refused(Rejection::NotStarted)),
        (9, Decision::Refused(Rejection::NotStarted)),
        (1, Decision::Held { position: 1 }),
        (9, Decision::Held { position: 2 }),
        (1, Decision::Refused(Rejection::Ended)),
    ] {
        shop.clock.advance(wait_ms);
        let buyer = (shop.clock.get() - START_MS) as u32;
        let decision = gate
            .reserve(hold(item, buyer, u128::from(buyer)))
            .await
            .unwrap();
        assert_eq!(decision, expected, "{buyer} ms after the beginning");
    }
}

async fn a_warm_up_updates_stop_and_window_but_not_stock(shop: TestShop) {
    let (item, gate) = (shop.item(5).await, gate(&shop));
    assert!(gate.warm_up(item, OPEN).await.unwrap(), "new");
    gate.reserve(hold(item, 1, 1)).await.unwrap();
    assert!(
        !gate
            .warm_up(
                item,
                Window {
                    stopped: true,
                    ..OPEN
                }
            )
            .await
            .unwrap(),
        "known"
    );
    let stopped = gate.reserve(hold(item, 2, 2)).await.unwrap();
    assert_eq!(stopped, Decision::Refused(Rejection::Stopped));
    assert!(!gate.warm_up(item, OPEN).await.unwrap());
    assert_eq!(
        gate.reserve(hold(item, 2, 2)).await.unwrap(),
        Decision::Held { position: 2 }
    );
    let stock = gate.stock(item).await.unwrap().unwrap();
    assert_eq!(
        stock,
        GateStock {
            total: 5,
            sellable: 3,
            locked: 2,
            sold: 0
        }
    );
}

async fn known_failure_21_two_warm_ups_at_once_set_the_stock_once(shop: TestShop) {
    let (item, gate) = (shop.item(5).await, gate(&shop));
    let warm_ups = join_all((0..10).map(|_| gate.warm_up(item, OPEN))).await;
    let set = warm_ups
        .into_iter()
        .filter(|set| *set.as_ref().unwrap())
        .count();
    assert_eq!(set, 1);
    gate.reserve(hold(item, 1, 1)).await.unwrap();
    assert!(!gate.warm_up(item, OPEN).await.unwrap());
    assert_eq!(gate.stock(item).await.unwrap().unwrap().sellable, 4);
}

async fn a_thousand_concurrent_buyers_get_exactly_all_units(shop: TestShop) {
    let (item, gate) = (shop.item(100).await, gate(&shop));
    let asks = (0..1000).map(|buyer| reserve(&gate, hold(item, buyer, u128::from(buyer))));
    let mut positions = Vec::new();
    for decision in join_all(asks).await {
        match decision {
            Decision::Held { position } => positions.push(position),
            Decision::SoldOut { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    positions.sort_unstable();
    assert_eq!(positions, (1..=100).collect::<Vec<_>>());
    let queued = shop.queued(100).await;
    assert_eq!(
        queued.len(),
        100,
        "every holder is in the queue, and nobody else"
    );
}

async fn the_same_request_again_gives_the_same_answer_and_takes_nothing(shop: TestShop) {
    let (item, gate) = (shop.item(5).await, gate(&shop));
    let first = gate.reserve(hold(item, 1, 1)).await.unwrap();
    assert_eq!(gate.reserve(hold(item, 1, 1)).await.unwrap(), first);
    let other = gate.reserve(hold(item, 1, 2)).await.unwrap();
    let earlier = ReservationId(Uuid::from_u128(1));
    assert_eq!(other, Decision::AlreadyReserved(earlier));
    assert_eq!(gate.stock(item).await.unwrap().unwrap().locked, 1);
    assert_eq!(shop.queued(1).await.len(), 1);
}

async fn a_released_unit_is_sellable_once_more_and_only_once(shop: TestShop) {
    let (item, gate) = (shop.item(1).await, gate(&shop));
    gate.reserve(hold(item, 1, 1)).await.unwrap();
    let Decision::SoldOut { returns: before } = gate.reserve(hold(item, 2, 2)).await.unwrap()
    else {
        panic!("sold out");
    };
    let unit = hold(item, 1, 1).unit;
    let released = gate.release(unit, Release::Return).await.unwrap();
    assert!(
        released.returns > before,
        "a return is newer than the refusal before it"
    );
    gate.release(unit, Release::Return).await.unwrap();
    assert_eq!(gate.stock(item).await.unwrap().unwrap().sellable, 1);
    assert_eq!(
        gate.reserve(hold(item, 2, 2)).await.unwrap(),
        Decision::Held { position: 2 }
    );
}

async fn known_failures_06_and_07_a_restart_neither_resets_stock_nor_forgets_buyers(
    shop: TestShop,
) {
    let item = shop.item(3).await;
    // One is ordered, one is still in flight.
    gate(&shop).reserve(hold(item, 1, 1)).await.unwrap();
    shop.drain().await;
    gate(&shop).reserve(hold(item, 2, 2)).await.unwrap();

    let shop = shop.restart().await;
    let gate = gate(&shop);
    for buyer in [1, 2] {
        let again = gate
            .reserve(hold(item, buyer, 100 + u128::from(buyer)))
            .await
            .unwrap();
        let earlier = ReservationId(Uuid::from_u128(u128::from(buyer)));
        assert_eq!(again, Decision::AlreadyReserved(earlier));
    }
    let stock = gate.stock(item).await.unwrap().unwrap();
    assert_eq!(
        stock,
        GateStock {
            total: 3,
            sellable: 1,
            locked: 2,
            sold: 0
        }
    );
    assert_eq!(
        gate.reserve(hold(item, 3, 3)).await.unwrap(),
        Decision::Held { position: 3 }
    );
    shop.drain().await;
    assert_eq!(shop.audit().await.items[0].orders_live, 3);
}

async fn reconcile_finds_gate_and_ledger_equal_at_every_stage(shop: TestShop) {
    let (item, gate) = (shop.item(3).await, gate(&shop));
    let same = async |stage: &str| {
        assert_eq!(
            gate.reconcile(item).await.unwrap(),
            Reconciled::Same,
            "{stage}"
        );
    };
    same("before anything").await;
    gate.reserve(hold(item, 1, 1)).await.unwrap();
    gate.reserve(hold(item, 2, 2)).await.unwrap();
    same("queued").await;
    shop.drain().await;
    same("ordered").await;
    shop.clock.advance(601_000);
    server::engine::orders::close_unpaid::run_once(&shop.engine.orders, &shop.engine.payments)
        .await
        .unwrap();
    same("closed, not released").await;
    shop.drain().await;
    same("released").await;
    assert_eq!(gate.stock(item).await.unwrap().unwrap().sellable, 3);
}

async fn a_paid_unit_is_sold_once_and_stays_its_buyers(shop: TestShop) {
    let (item, gate) = (shop.item(2).await, gate(&shop));
    gate.reserve(hold(item, 1, 1)).await.unwrap();
    gate.confirm(hold(item, 2, 2).unit).await.unwrap();
    gate.confirm(hold(item, 1, 9).unit).await.unwrap();
    assert_eq!(
        gate.stock(item).await.unwrap().unwrap().sold,
        0,
        "no holder"
    );
    for _ in 0..3 {
        gate.confirm(hold(item, 1, 1).unit).await.unwrap();
    }
    let sold = GateStock {
        total: 2,
        sellable: 1,
        locked: 0,
        sold: 1,
    };
    assert_eq!(gate.stock(item).await.unwrap().unwrap(), sold);
    let again = gate.reserve(hold(item, 1, 3)).await.unwrap();
    let earlier = ReservationId(Uuid::from_u128(1));
    assert_eq!(again, Decision::AlreadyReserved(earlier));
}

async fn a_released_reservation_gets_no_unit_when_repeated(shop: TestShop) {
    let (item, gate) = (shop.item(2).await, gate(&shop));
    let first = gate.reserve(hold(item, 1, 1)).await.unwrap();
    gate.release(hold(item, 1, 1).unit, Release::Return)
        .await
        .unwrap();
    assert_eq!(gate.reserve(hold(item, 1, 1)).await.unwrap(), first);
    gate.confirm(hold(item, 1, 1).unit).await.unwrap();
    let stock = gate.stock(item).await.unwrap().unwrap();
    assert_eq!((stock.sellable, stock.locked, stock.sold), (2, 0, 0));
    let another = gate.reserve(hold(item, 1, 2)).await.unwrap();
    assert_eq!(another, Decision::Held { position: 2 });
    assert_eq!(gate.reserve(hold(item, 1, 1)).await.unwrap(), first);
    assert_eq!(gate.stock(item).await.unwrap().unwrap().locked, 1);
}
