//! How every sale in a cluster must end: drained, all buyers answered, every promise an order.

use std::time::{Duration, Instant};

use super::deployment::{Deployment, LATECOMERS};
use crate::{
    buyers::{Outcome, Shoppers},
    process::{Audit, Sale},
};

/// A cluster without faults drains within this time.
const DRAINED: Duration = Duration::from_secs(90);

/// The sale of one item, and the answers of its buyers.
pub struct Ended<'a> {
    /// Its line in the table.
    pub what: &'a str,
    pub sale: &'a Sale,
    pub shoppers: &'a Shoppers,
    pub outcomes: &'a [Outcome],
    pub stock: u32,
    /// How many buyers with a position must be told that it failed.
    pub failed: usize,
}

impl Ended<'_> {
    /// How many orders its buyers have; must equal the ledger's number for the item.
    async fn orders(&self, audit: &Audit) -> usize {
        let mut orders: Vec<_> = self.outcomes.iter().filter_map(Outcome::order).collect();
        orders.sort_unstable();
        orders.dedup();
        let mut sold = orders.len();
        let in_ledger = audit.item(&self.sale.item_id).orders_live;
        if in_ledger != sold as i64 {
            sold += self.shoppers.learn_later(self.outcomes).await;
        }
        assert_eq!(in_ledger, sold as i64, "{}: {audit:#?}", self.what);
        let failed = self.shoppers.all_are_answered().await;
        assert_eq!(
            failed, self.failed,
            "{}: told a number, and then that it failed",
            self.what
        );
        sold
    }
}

impl Deployment {
    /// Waits until nothing is under way, and everything agrees.
    pub async fn drained(&self) -> Audit {
        let deadline = Instant::now() + DRAINED;
        loop {
            let audit = self.audit();
            let open = audit.items.iter().map(|item| item.reservations_open);
            if audit.ok && audit.on_their_way == 0 && open.sum::<i64>() == 0 {
                return audit;
            }
            assert!(Instant::now() < deadline, "it does not drain: {audit:#?}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// The end of a test with one item, see [`end_all`](Self::end_all).
    pub async fn end(
        self,
        what: &str,
        sale: &Sale,
        shoppers: &Shoppers,
        outcomes: &[Outcome],
        stock: u32,
    ) {
        let failed = self.failed;
        let ended = Ended {
            what,
            sale,
            shoppers,
            outcomes,
            stock,
            failed,
        };
        self.end_all(&[ended]).await;
    }

    /// The end of every test: drained without manual action, all buyers answered, none with two
    /// orders, and the remaining units can be bought, so that exactly the stock is ordered. Prints
    /// the test's lines of the table at once, because two tests may print.
    pub async fn end_all(self, sales: &[Ended<'_>]) {
        let audit = self.drained().await;
        let mut expected = Vec::new();
        for ended in sales {
            let sold = ended.orders(&audit).await;
            let item_id = &ended.sale.item_id;
            let late = self.shoppers_of(&ended.sale.late(LATECOMERS));
            let late_orders = late.buy_all().await;
            let late_orders = late_orders.iter().filter_map(Outcome::order).count();
            let left = audit.item(item_id).sellable;
            assert_eq!(late_orders as i64, left.min(LATECOMERS.into()));
            let all = i64::from(ended.stock).min(sold as i64 + i64::from(LATECOMERS));
            expected.push((item_id, all));
            println!(
                "{}; {sold} orders of {} units by {} buyers, {late_orders} more by latecomers",
                ended.what,
                ended.stock,
                ended.outcomes.len(),
            );
        }
        let audit = self.drained().await;
        for (item_id, orders) in expected {
            assert_eq!(audit.item(item_id).orders_live, orders, "{audit:#?}");
        }
        self.stop().await;
    }
}
