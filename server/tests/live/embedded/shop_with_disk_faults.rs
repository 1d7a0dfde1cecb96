//! A shop on a disk that fails on demand.

use std::collections::HashMap;

use reqwest::Method;
use test_servers::disk_faults::DiskFaults;

use super::client::{TestClient, Told, within};
use crate::process::{Audit, Process, Sale, Shop};

/// A running server, its faults, and an open sale.
pub struct ShopWithDiskFaults {
    pub shop: Shop,
    pub faults: DiskFaults,
    pub client: TestClient,
    pub sale: Sale,
    server: Option<Process>,
    /// The buyer of each position.
    numbers: HashMap<u64, String>,
}

impl ShopWithDiskFaults {
    /// As many units as buyers.
    pub async fn start(buyers: u32) -> ShopWithDiskFaults {
        ShopWithDiskFaults::start_with(Shop::new(), buyers, buyers).await
    }

    pub async fn start_with(shop: Shop, stock: u32, buyers: u32) -> ShopWithDiskFaults {
        let sale = shop.seed(stock, buyers, 0);
        ShopWithDiskFaults::start_seeded(shop, sale).await
    }

    /// Starts another shop with the data of `seeded`.
    pub async fn start_copy(seeded: &Shop, sale: &Sale) -> ShopWithDiskFaults {
        let shop = Shop::new();
        shop.copy_data_of(seeded);
        ShopWithDiskFaults::start_seeded(shop, sale.clone()).await
    }

    async fn start_seeded(mut shop: Shop, sale: Sale) -> ShopWithDiskFaults {
        let faults = DiskFaults::new(&shop.data_folder());
        shop.set_environment_of_server(faults.environment());
        let server = Process::start(&shop, &[]).await;
        ShopWithDiskFaults::over(shop, faults, server, sale)
    }

    /// Wraps a running shop.
    pub fn over(shop: Shop, faults: DiskFaults, server: Process, sale: Sale) -> ShopWithDiskFaults {
        ShopWithDiskFaults {
            client: TestClient::new(shop.url()),
            shop,
            faults,
            sale,
            server: Some(server),
            numbers: HashMap::new(),
        }
    }

    /// The token of a buyer.
    pub fn token(&self, buyer: usize) -> &str {
        &self.sale.tokens[buyer]
    }

    /// Path and purchase.
    pub async fn buy(&self, buyer: usize) -> Told {
        self.client.buy(&self.sale.item_id, self.token(buyer)).await
    }

    /// Buys like a person: retries after `busy`. Returns the order's id.
    pub async fn buy_surely(&mut self, buyer: usize) -> String {
        let told = within("busy for too long", async || match self.buy(buyer).await {
            told @ Told::Number { .. } => Some(told),
            Told::Busy { .. } => None,
        });
        let told = told.await;
        self.expect_order(buyer, &told).await
    }

    /// A buyer who was told a position must have an order, and no other buyer the same position.
    pub async fn expect_order(&mut self, buyer: usize, told: &Told) -> String {
        let Told::Number {
            reservation,
            position,
        } = told
        else {
            panic!("nothing was promised: {told:?}");
        };
        let holder = self.numbers.insert(*position, reservation.clone());
        assert!(
            holder.as_ref().is_none_or(|holder| holder == reservation),
            "number {position} was given to {holder:?} and to {reservation}"
        );
        let order = self.client.order_of(reservation, self.token(buyer)).await;
        let live = self.client.orders(self.token(buyer)).await;
        let live = live.iter().filter(|state| *state == "pending_payment");
        assert_eq!(live.count(), 1, "one live order a buyer");
        order
    }

    /// Waits until `/readyz` reports that the ledger does not work; returns the reason.
    pub async fn expect_red(&self) -> String {
        within("/readyz stays green", async || {
            let answer = self.client.call(Method::GET, "/readyz", "", None).await;
            let parts = answer.body.as_array()?;
            let ledger = parts.iter().find(|part| part["name"] == "ledger")?;
            (answer.status == 503).then_some(ledger["detail"].as_str()?.to_owned())
        })
        .await
    }

    /// Waits until `/readyz` reports that all works.
    pub async fn expect_green(&self) {
        within("/readyz stays red", async || {
            let answer = self.client.call(Method::GET, "/readyz", "", None).await;
            (answer.status == 200).then_some(())
        })
        .await;
    }

    /// `kill -9`, a working disk, and a new start.
    pub async fn restart(&mut self) {
        self.server.take().unwrap().kill().await;
        self.faults.clear();
        self.server = Some(Process::start(&self.shop, &[]).await);
        // Without connections to the previous process.
        self.client = TestClient::new(self.shop.url());
    }

    /// Stops in order; returns the auditor's result.
    pub async fn stop(mut self) -> Audit {
        self.faults.clear();
        self.server.take().unwrap().stop().await;
        let audit = self.shop.audit();
        assert!(audit.ok, "{audit:?}");
        audit
    }
}
