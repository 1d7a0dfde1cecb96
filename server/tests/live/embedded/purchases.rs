//! A purchase and a cancellation while any call to the disk fails.

use super::{
    client::{Told, within},
    every_fault_point::{Scenario, every_fault_point},
    shop_with_disk_faults::ShopWithDiskFaults,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_any_failed_call_a_cancelled_order_ends_and_its_unit_comes_back() {
    every_fault_point::<Cancel>().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_any_failed_call_a_buyer_keeps_the_promised_position_and_gets_an_order() {
    every_fault_point::<Purchase>().await;
}

/// A purchase, and its order.
struct Purchase;

impl Scenario for Purchase {
    const NAME: &'static str = "purchase";
    type Before = ();
    type Told = Told;

    async fn prepare(_: &mut ShopWithDiskFaults, _: usize) {}

    async fn perform(shop: &ShopWithDiskFaults, buyer: usize, (): &()) -> Told {
        shop.buy(buyer).await
    }

    async fn expect_kept(
        shop: &mut ShopWithDiskFaults,
        buyer: usize,
        (): (),
        told: Told,
        restarted: bool,
    ) {
        match told {
            Told::Number { .. } => drop(shop.expect_order(buyer, &told).await),
            // The issued path is valid for a retry, as long as the process lives.
            Told::Busy { path: Some(path) } if !restarted => {
                let again = within("busy for too long", async || {
                    let (item_id, token) = (&shop.sale.item_id, shop.token(buyer));
                    let told = shop.client.buy_with(&path, item_id, token).await;
                    matches!(told, Told::Number { .. }).then_some(told)
                })
                .await;
                shop.expect_order(buyer, &again).await;
            }
            Told::Busy { .. } => drop(shop.buy_surely(buyer).await),
        }
    }
}

/// Cancelling an order, and the return of its unit.
struct Cancel;

impl Scenario for Cancel {
    const NAME: &'static str = "cancel";
    /// The order's id.
    type Before = String;
    type Told = Closed;

    async fn prepare(shop: &mut ShopWithDiskFaults, buyer: usize) -> String {
        shop.buy_surely(buyer).await
    }

    async fn perform(shop: &ShopWithDiskFaults, buyer: usize, order: &String) -> Closed {
        cancel(shop, buyer, order).await
    }

    async fn expect_kept(
        shop: &mut ShopWithDiskFaults,
        buyer: usize,
        order: String,
        told: Closed,
        _: bool,
    ) {
        if told == Closed::Busy {
            within("busy for too long", async || {
                (cancel(shop, buyer, &order).await != Closed::Busy).then_some(())
            })
            .await;
        }
        assert_eq!(shop.client.orders(shop.token(buyer)).await, ["closed"]);
        // No other buyer has bought anything.
        within("the unit does not come back", async || {
            let sellable = shop.client.sellable(&shop.sale.item_id).await;
            (sellable == shop.sale.tokens.len() as u64).then_some(())
        })
        .await;
        // The same buyer can buy it again; it is returned for the next run.
        let order = shop.buy_surely(buyer).await;
        // Even on an overloaded machine; the next run checks that the unit comes back.
        within("busy for too long", async || {
            (cancel(shop, buyer, &order).await != Closed::Busy).then_some(())
        })
        .await;
    }
}

/// The answer to a cancellation.
#[derive(Debug, PartialEq, Eq)]
enum Closed {
    Yes,
    /// Also after a retry: it was already closed.
    Already,
    Busy,
}

async fn cancel(shop: &ShopWithDiskFaults, buyer: usize, order: &str) -> Closed {
    let answer = shop.client.cancel(order, shop.token(buyer)).await;
    match (answer.status, answer.error()) {
        (200, _) => Closed::Yes,
        (409, "order_state") => Closed::Already,
        (503, _) => Closed::Busy,
        _ => panic!("{answer:?}"),
    }
}
