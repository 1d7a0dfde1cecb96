//! Adds up the provider's and the shop's tables at the end of a seed. Reads rows directly, without the
//! code that wrote them.

use std::collections::BTreeMap;

use app::{port::Storefront as _, wire::OrderId};
use sea_orm::{
    ConnectionTrait, Database, DatabaseConnection, DbBackend, FromQueryResult, Statement,
};
use server::engine::{
    payments::statement::{Day, StatementLine, compare},
    ports::{Amount, MovementKind, Reconciled},
};
use uuid::Uuid;

use super::{people::leads_to, world::World};
use crate::support::START_MS;

/// An order of the shop.
#[derive(Debug, FromQueryResult)]
struct Order {
    id: Uuid,
    item_id: Uuid,
    buyer_id: Uuid,
    amount: i64,
    state: String,
    close_reason: Option<String>,
    pay_deadline_ms: i64,
    closed_at_ms: Option<i64>,
}

/// Money received by the provider: for which order, and the shop's record of the provider's number.
#[derive(Debug, FromQueryResult)]
struct Taken {
    number: String,
    amount: i64,
    currency: String,
    paid_at_ms: i64,
    refunded_at_ms: Option<i64>,
    order_id: Uuid,
    known_order_id: Option<Uuid>,
    known_state: Option<String>,
    known_amount: Option<i64>,
    known_currency: Option<String>,
}

/// The number of occurrences in a table.
#[derive(Debug, FromQueryResult)]
struct Count {
    order_id: Uuid,
    word: String,
    number: i64,
}

const ORDERS: &str = "SELECT id, item_id, buyer_id, amount, state, close_reason, pay_deadline_ms, \
     closed_at_ms FROM orders";
const TAKEN: &str = "SELECT s.number, s.amount, s.currency, s.paid_at_ms, s.refunded_at_ms, \
     p.order_id, k.order_id AS known_order_id, k.state AS known_state, \
     k.received_amount AS known_amount, k.received_currency AS known_currency \
     FROM sandbox_payments s LEFT JOIN payments p ON p.id = s.charge_id \
     LEFT JOIN payments k ON k.provider_number = s.number";
const PAYMENTS: &str = "SELECT order_id, state AS word, COUNT(*) AS number FROM payments \
     GROUP BY order_id, state";
const MESSAGES: &str = "SELECT order_id, kind AS word, COUNT(*) AS number FROM messages \
     GROUP BY order_id, kind";
const HISTORY: &str = "SELECT order_id, event AS word, COUNT(*) AS number FROM order_events \
     GROUP BY order_id, event";

/// All data that was read.
struct Books<'a> {
    world: &'a World,
    orders: BTreeMap<Uuid, Order>,
    taken: Vec<Taken>,
    payments: Vec<Count>,
    messages: Vec<Count>,
    history: Vec<Count>,
}

async fn rows<T: FromQueryResult>(database: &DatabaseConnection, sql: &str) -> Vec<T> {
    let asked = Statement::from_string(DbBackend::Sqlite, sql);
    let rows = database.query_all_raw(asked).await.unwrap();
    let rows = rows.iter().map(|row| T::from_query_result(row, ""));
    rows.collect::<Result<_, _>>().unwrap()
}

/// Fails unless all money, units and messages are accounted for.
pub async fn account_for_everything(world: &World) {
    let file = world.shop().file();
    let database = Database::connect(format!("sqlite://{}", file.display()));
    let database = database.await.unwrap();
    let orders = rows::<Order>(&database, ORDERS).await.into_iter();
    let books = Books {
        world,
        orders: orders.map(|order| (order.id, order)).collect(),
        taken: rows(&database, TAKEN).await,
        payments: rows(&database, PAYMENTS).await,
        messages: rows(&database, MESSAGES).await,
        history: rows(&database, HISTORY).await,
    };
    database.close().await.unwrap();
    books.everything_has_ended();
    books.money_pays_an_order_or_went_back();
    books.payments_equal_order_amounts_per_buyer();
    books.orders_paid_in_time_are_paid();
    books.messages_and_history_match_the_orders();
    books.units_are_sold_or_sellable().await;
    books.the_statement_agrees().await;
    world.shop().audit().await;
}

impl Order {
    fn has_its_money(&self) -> bool {
        matches!(self.state.as_str(), "paid" | "shipped" | "received")
    }

    fn was_paid(&self) -> bool {
        self.has_its_money() || self.state == "refunded"
    }

    fn is_paid_by(&self, taken: &Taken) -> bool {
        (taken.amount, taken.currency.as_str()) == (self.amount, "CNY")
    }
}

impl Books<'_> {
    fn holds(&self, holds: bool, what: &str, of: &dyn std::fmt::Debug) {
        let (orders, taken) = (&self.orders, &self.taken);
        assert!(
            holds,
            "{what}: {of:#?}\n{orders:#?}\n{taken:#?}\n{:#?}",
            self.world.trace()
        );
    }

    fn count(counts: &[Count], order_id: Uuid, word: &str) -> i64 {
        let found = counts
            .iter()
            .find(|count| (count.order_id, count.word.as_str()) == (order_id, word));
        found.map_or(0, |count| count.number)
    }

    fn everything_has_ended(&self) {
        for order in self.orders.values() {
            let ended = order.was_paid() || order.state == "closed";
            self.holds(ended, "an order has not ended", order);
        }
        for count in &self.payments {
            let ended = matches!(count.word.as_str(), "succeeded" | "closed" | "refunded");
            self.holds(ended, "a payment has not ended", count);
        }
    }

    fn money_pays_an_order_or_went_back(&self) {
        for taken in &self.taken {
            let order = &self.orders[&taken.order_id];
            let known = (
                taken.known_order_id,
                taken.known_amount,
                taken.known_currency.as_deref(),
            );
            let there = (
                Some(order.id),
                Some(taken.amount),
                Some(taken.currency.as_str()),
            );
            self.holds(known == there, "money is unknown here", taken);
            let expected = match taken.refunded_at_ms {
                Some(_) => "refunded",
                None => "succeeded",
            };
            let same = taken.known_state.as_deref() == Some(expected);
            self.holds(same, "shop and provider differ", taken);
            if taken.refunded_at_ms.is_none() {
                let pays = order.has_its_money() && order.is_paid_by(taken);
                self.holds(pays, "money was kept for nothing", taken);
            }
        }
        for order in self.orders.values() {
            let kept = self
                .taken
                .iter()
                .filter(|taken| taken.order_id == order.id && taken.refunded_at_ms.is_none());
            let expected = usize::from(order.has_its_money());
            self.holds(kept.count() == expected, "not paid exactly once", order);
        }
    }

    fn payments_equal_order_amounts_per_buyer(&self) {
        let mut balance: BTreeMap<Uuid, i64> = BTreeMap::new();
        for taken in &self.taken {
            if taken.refunded_at_ms.is_none() {
                let buyer = self.orders[&taken.order_id].buyer_id;
                *balance.entry(buyer).or_default() += taken.amount;
            }
        }
        for order in self.orders.values().filter(|order| order.has_its_money()) {
            *balance.entry(order.buyer_id).or_default() -= order.amount;
        }
        let even = balance.values().all(|sum| *sum == 0);
        self.holds(even, "a buyer's money and orders differ", &balance);
    }

    /// If the provider received the right sum before the order was closed, the order must be paid, unless
    /// the provider reported nothing for as long as the shop waits.
    fn orders_paid_in_time_are_paid(&self) {
        let rules = &self.world.shop().engine.payments.rules;
        for order in self.orders.values().filter(|order| !order.was_paid()) {
            let closed_at_ms = order.closed_at_ms.unwrap();
            let waited_until_ms =
                order.pay_deadline_ms + rules.pay_grace_ms + rules.pay_close_patience_ms;
            let is_unpaid = order.close_reason.as_deref() == Some("unpaid");
            if is_unpaid && closed_at_ms >= waited_until_ms {
                continue;
            }
            let in_time = self.taken.iter().filter(|taken| {
                let is_for_it = taken.order_id == order.id && order.is_paid_by(taken);
                is_for_it && taken.paid_at_ms < closed_at_ms
            });
            let in_time: Vec<_> = in_time.collect();
            self.holds(in_time.is_empty(), "an order was paid and closed", &in_time);
        }
    }

    fn messages_and_history_match_the_orders(&self) {
        for order in self.orders.values() {
            let message = |word| Self::count(&self.messages, order.id, word);
            let event = |word| Self::count(&self.history, order.id, word);
            let closed_as = |reason| order.close_reason.as_deref() == Some(reason);
            let refunds = self
                .taken
                .iter()
                .filter(|taken| taken.order_id == order.id && taken.refunded_at_ms.is_some());
            let refunds = refunds.count() as i64;
            let shipped = event("shipped");
            self.holds(message("ordered") == 1, "nobody was told of it", order);
            let told = [
                ("paid", i64::from(order.was_paid())),
                ("closed_unpaid", i64::from(closed_as("unpaid"))),
                ("cancelled", i64::from(closed_as("cancelled"))),
                ("shipped", shipped),
                ("refunded", refunds),
            ];
            for (word, expected) in told {
                let as_it_was = message(word) == expected && event(word) == expected;
                self.holds(as_it_was, &format!("{word} was told wrongly"), order);
            }
            self.holds(message("expires_soon") <= 1, "warned twice", order);
            self.holds(shipped <= 1, "shipped twice", order);
        }
        for (OrderId(id), shown) in &*self.world.shown.borrow() {
            let order = &self.orders[id];
            let state = serde_json::from_value(order.state.clone().into()).unwrap();
            self.holds(leads_to(*shown, state), "what was shown was not so", order);
        }
    }

    async fn units_are_sold_or_sellable(&self) {
        for item in &self.world.items {
            let orders = self.orders.values().filter(|order| order.item_id == item.0);
            let sold = orders.filter(|order| order.was_paid()).count() as u32;
            let stock = self.world.client().stock(*item).await.unwrap();
            let same = stock.sellable + sold == stock.total;
            self.holds(same, "units are missing, or are sold twice", &stock);
            let restock = &self.world.shop().engine.stock.restock;
            let gate = restock.reconcile(*item).await.unwrap();
            self.holds(gate == Reconciled::Same, "the gate differs", &gate);
        }
    }

    /// The result of `server payments match`.
    async fn the_statement_agrees(&self) {
        let line = |kind, taken: &Taken| StatementLine {
            kind,
            provider_number: taken.number.clone(),
            amount: Amount {
                minor: taken.amount,
                currency: taken.currency.clone(),
            },
        };
        let mut lines = Vec::new();
        for taken in &self.taken {
            lines.push(line(MovementKind::Payment, taken));
            if taken.refunded_at_ms.is_some() {
                lines.push(line(MovementKind::Refund, taken));
            }
        }
        let day = Day {
            from_ms: START_MS,
            to_ms: i64::MAX,
        };
        let ledger = &self.world.shop().sql;
        let matched = compare(ledger, "sandbox", day, lines).await.unwrap();
        let agrees = matched.differences.is_empty() && matched.perhaps_of_other_days.is_empty();
        self.holds(agrees, "the statement differs", &matched.differences);
    }
}
