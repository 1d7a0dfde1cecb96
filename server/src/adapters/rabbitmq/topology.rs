//! The exchange and the queues, and how they lead into each other:
//!
//! ```text
//!            new                     rejected
//! <ns>.orders ──▶ queue <ns>.orders ──────────▶ queue <ns>.orders.parked
//!   ▲      │ retry                                (until it is replayed)
//!   │      └────▶ queue <ns>.orders.retry ─┐
//!   └────────── after a while ─────────────┘
//! ```
//!
//! Every queue is a quorum queue: on disk, on a majority of the nodes. None has a maximal length:
//! an entry is a unit that the gate holds, so the stock of all items on sale is the bound, and a
//! limit here could only lose orders.

use std::time::Duration;

use lapin::{
    Channel, ExchangeKind,
    options::{
        ExchangeDeclareOptions, ExchangeDeleteOptions, QueueBindOptions, QueueDeclareOptions,
        QueueDeleteOptions,
    },
    types::{AMQPValue, FieldTable, ShortString},
};

/// Routing key of what waits for its order.
pub(super) const NEW: &str = "new";
/// Routing key of what waits for another try.
pub(super) const RETRY: &str = "retry";
/// Routing key of what is not tried any more.
pub(super) const PARKED: &str = "parked";

/// Deliveries of one message before the broker parks it by itself. Connections that break deliver
/// again without anything being wrong with the message, so this is only there because 4.x has a
/// limit of 20 where none is given; failures are counted by our own header.
const DELIVERY_LIMIT: i64 = 10_000;

/// Names and times of a shop's queues.
#[derive(Clone, Debug)]
pub(super) struct Topology {
    /// The exchange.
    pub(super) exchange: ShortString,
    /// What waits for its order.
    pub(super) orders: ShortString,
    /// What waits for another try.
    pub(super) retry: ShortString,
    /// What is not tried any more.
    pub(super) parked: ShortString,
    retry_after_ms: i64,
}

impl Topology {
    pub(super) fn new(namespace: &str, retry_after: Duration) -> Self {
        let orders = format!("{namespace}.orders");
        Self {
            exchange: orders.as_str().into(),
            retry: format!("{orders}.retry").into(),
            parked: format!("{orders}.parked").into(),
            orders: orders.into(),
            retry_after_ms: i64::try_from(retry_after.as_millis()).unwrap_or(i64::MAX),
        }
    }

    /// Makes what is not there. Fails where something else has one of the names.
    pub(super) async fn declare(&self, channel: &Channel) -> lapin::Result<()> {
        let durable = ExchangeDeclareOptions {
            durable: true,
            ..Default::default()
        };
        channel
            .exchange_declare(
                self.exchange.clone(),
                ExchangeKind::Direct,
                durable,
                FieldTable::default(),
            )
            .await?;
        // Where a queue's messages lead to exists before the queue: a dead letter that leads
        // nowhere is lost.
        self.queue(channel, &self.parked, PARKED, quorum()).await?;
        let orders = self.leading_to(PARKED);
        self.queue(channel, &self.orders, NEW, orders).await?;
        let mut retry = self.leading_to(NEW);
        // Of the queue, not of each message: the head of a queue would block the rest.
        retry.insert("x-message-ttl".into(), self.retry_after_ms.into());
        self.queue(channel, &self.retry, RETRY, retry).await
    }

    /// Removes everything that [`declare`](Self::declare) makes; what is not there is no error.
    pub(super) async fn remove(&self, channel: &Channel) -> lapin::Result<()> {
        for queue in [&self.orders, &self.retry, &self.parked] {
            channel
                .queue_delete(queue.clone(), QueueDeleteOptions::default())
                .await?;
        }
        let exchange = self.exchange.clone();
        channel
            .exchange_delete(exchange, ExchangeDeleteOptions::default())
            .await
    }

    async fn queue(
        &self,
        channel: &Channel,
        name: &ShortString,
        key: &str,
        arguments: FieldTable,
    ) -> lapin::Result<()> {
        let durable = QueueDeclareOptions {
            durable: true,
            ..Default::default()
        };
        channel
            .queue_declare(name.clone(), durable, arguments)
            .await?;
        channel
            .queue_bind(
                name.clone(),
                self.exchange.clone(),
                key.into(),
                QueueBindOptions::default(),
                FieldTable::default(),
            )
            .await
    }

    /// A quorum queue whose dead letters go back into the exchange with `key`, and leave the queue
    /// only once they have arrived there.
    fn leading_to(&self, key: &str) -> FieldTable {
        let mut arguments = quorum();
        arguments.insert(
            "x-dead-letter-exchange".into(),
            word(self.exchange.as_str()),
        );
        arguments.insert("x-dead-letter-routing-key".into(), word(key));
        arguments.insert("x-dead-letter-strategy".into(), word("at-least-once"));
        // The strategy asks for it; without a maximal length it never rejects anything.
        arguments.insert("x-overflow".into(), word("reject-publish"));
        arguments
    }
}

fn quorum() -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), word("quorum"));
    arguments.insert("x-delivery-limit".into(), DELIVERY_LIMIT.into());
    arguments
}

fn word(word: &str) -> AMQPValue {
    AMQPValue::LongString(word.into())
}
