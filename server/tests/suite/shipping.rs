//! Orders after payment, through the real router and the real engine.

mod addresses;
mod shipments;

use app::{
    port::{AfterPurchase as _, Visitor},
    wire::{OrderId, Shipment, ShippingAddress, TypedAddress},
};
use axum::Router;
use server::{
    engine::ports::{ChangedBy, Shipments as _},
    sandbox::Action,
};

use crate::{
    pages::{signed_in, site, visitor_with},
    purchase::TestClient,
    support::{START_MS, TestShop},
};

/// A buyer with a log-in and an order.
pub struct Customer {
    pub client: TestClient,
    pub who: Visitor,
    pub token: String,
    pub order: OrderId,
    pub router: Router,
}

impl Customer {
    pub async fn new() -> Customer {
        Customer::of(TestShop::new().await).await
    }

    pub async fn of(shop: TestShop) -> Customer {
        let item = shop.item(5).await;
        let token = signed_in(&shop, 1).await;
        let who = visitor_with(&shop, &token).await;
        let router = site(&shop);
        let client = TestClient::of(shop);
        let order = client.order_of(&who, item).await;
        Customer {
            client,
            who,
            token,
            order,
            router,
        }
    }

    /// Pays, and the notice reaches the shop.
    pub async fn pays(&self) {
        self.client.pays(&self.who, self.order, Action::Pay).await;
        for (signature, body) in self.client.shop.take_sandbox_notices().await {
            self.client.shop.receive_notice(&signature, &body).await;
        }
        self.client.shop.settle_payments().await;
    }

    /// Enters the address; the order is shipped and received, each step sent twice.
    pub async fn gets_the_parcel(&self) {
        let (client, who) = (&self.client, &self.who);
        let saved = client.save_shipping_address(who, self.order, right()).await;
        saved.unwrap();
        let shipment = Shipment::parse("顺丰", "SF1234").unwrap();
        let (sql, by) = (&client.shop.sql, ChangedBy::command());
        for _ in 0..2 {
            sql.ship(self.order, &shipment, &by, START_MS)
                .await
                .unwrap();
            client.confirm_receipt(who, self.order).await.ok();
        }
    }

    pub fn page(&self) -> String {
        format!("/orders/{}", self.order)
    }
}

pub fn typed(name: &str, mobile: &str, address: &str) -> TypedAddress {
    TypedAddress {
        name: name.to_owned(),
        mobile: mobile.to_owned(),
        address: address.to_owned(),
    }
}

/// A valid address.
pub fn right() -> TypedAddress {
    typed("李雷", "138 0000 0009", "上海市徐汇区漕溪北路 1 号")
}

pub fn parsed() -> ShippingAddress {
    ShippingAddress::parse(&right()).unwrap()
}
