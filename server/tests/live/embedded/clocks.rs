//! A machine whose clock is set back and forward during a sale.

use super::{client::within, shop_with_disk_faults::ShopWithDiskFaults};

const MINUTE_S: i64 = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_set_back_and_forward_breaks_no_promise() {
    let mut shop = ShopWithDiskFaults::start(40).await;
    let mut orders = Vec::new();
    for buyer in 0..5 {
        orders.push(shop.buy_surely(buyer).await);
    }

    shop.faults.shift_clock(-10 * MINUTE_S);
    for buyer in 5..10 {
        // By this clock, the round now begins later.
        let answer = shop
            .client
            .path(&shop.sale.item_id, shop.token(buyer))
            .await;
        assert_eq!(answer.error(), "not_started", "{answer:?}");
    }
    shop.faults.shift_clock(0);
    for buyer in 5..10 {
        orders.push(shop.buy_surely(buyer).await);
    }

    // By this clock, all payment deadlines have passed, but the round continues.
    shop.faults.shift_clock(20 * MINUTE_S);
    within("unpaid orders are not closed", async || {
        (shop.client.sellable(&shop.sale.item_id).await == 40).then_some(())
    })
    .await;
    for buyer in 0..10 {
        assert_eq!(shop.client.orders(shop.token(buyer)).await, ["closed"]);
    }
    for buyer in 10..20 {
        shop.buy_surely(buyer).await;
    }
    shop.faults.shift_clock(0);
    for buyer in 20..30 {
        shop.buy_surely(buyer).await;
    }
    shop.restart().await;
    for buyer in 0..10 {
        shop.buy_surely(buyer).await;
    }
    let audit = shop.stop().await;
    assert_eq!(
        (audit.items[0].orders_live, audit.items[0].orders_closed),
        (30, 10)
    );
}
