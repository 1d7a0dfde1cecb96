//! From "pay" to a paid order or a refund: every row of the table of outcomes in
//! `docs/payments.md`, through the shop's client and the built-in provider.

mod alipay;
mod localstripe;
mod outcomes;
mod provider_away;
mod races;
mod statement;
mod stripe;

use app::{
    port::{Storefront, Visitor},
    wire::{ItemId, Money, OrderDetail, OrderEvent, OrderId, OrderState, PaymentId, Refund},
};
use server::{
    engine::{
        orders::close_unpaid,
        payments::{apply_notices, check, confirm, refund},
        ports::{Amount, ChangedBy, PortError},
    },
    sandbox::{Action, SandboxProvider},
};

use crate::{
    purchase::{TestClient, visitor},
    support::TestShop,
};

/// The price of an order.
const PRICE: i64 = 9_900;
/// Time from an order to its deadline, with the grace period.
const WINDOW_MS: i64 = 600_000;
const GRACE_MS: i64 = 30_000;

/// A client whose buyer has an order that waits for payment.
struct Buyer {
    client: TestClient,
    who: Visitor,
    item: ItemId,
    order: OrderId,
}

impl Buyer {
    async fn new() -> Buyer {
        Buyer::of(TestShop::new().await).await
    }

    async fn of(shop: TestShop) -> Buyer {
        let client = TestClient::of(shop);
        let (item, who) = (client.shop.item(3).await, visitor(1));
        let order = client.order_of(&who, item).await;
        Buyer {
            client,
            who,
            item,
            order,
        }
    }

    /// Opens the provider's page.
    async fn goes_to_pay(&self) -> PaymentId {
        self.client.goes_to_pay(&self.who, self.order).await
    }

    /// Opens the page and presses a button.
    async fn pays(&self, action: Action) -> PaymentId {
        self.client.pays(&self.who, self.order, action).await
    }

    async fn detail(&self) -> OrderDetail {
        self.client.order(&self.who, self.order).await.unwrap()
    }

    async fn state(&self) -> OrderState {
        self.detail().await.order.state
    }

    async fn events(&self) -> Vec<OrderEvent> {
        let history = self.detail().await.history;
        history.into_iter().map(|moment| moment.event).collect()
    }

    /// Delivers the provider's notices so far, each once, in the given order.
    async fn deliver(&self, order: impl FnOnce(&mut Vec<(String, String)>)) -> Vec<bool> {
        let mut notices = self.client.shop.take_sandbox_notices().await;
        order(&mut notices);
        let mut taken = Vec::new();
        for (signature, body) in &notices {
            taken.push(self.client.shop.receive_notice(signature, body).await);
        }
        taken
    }

    /// Runs every payment worker until there is nothing to do.
    async fn work(&self) {
        self.client.shop.settle_payments().await;
    }

    /// The units that are sellable, locked and sold, by an audit in which every invariant holds.
    async fn audited_stock(&self) -> (i64, i64, i64) {
        let item = self.client.shop.audit().await.items[0];
        (item.sellable, item.locked, item.sold)
    }

    /// All money is either the shop's, for paid orders, or the buyers'.
    async fn money_is(&self, at_the_provider: i64) {
        let balance = self.client.shop.sql.sandbox_balance().await.unwrap();
        let expected: Vec<Amount> = match at_the_provider {
            0 => Vec::new(),
            minor => vec![Amount::of(minor)],
        };
        assert_eq!(balance, expected);
        self.client.shop.audit().await;
    }
}

/// The refund shown on the order's page.
#[expect(clippy::unnecessary_wraps, reason = "as an order has it")]
fn back(amount: i64, done: bool) -> Option<Refund> {
    Some(Refund {
        amount: Money(amount),
        done,
    })
}
