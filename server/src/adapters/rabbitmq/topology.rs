//! The exchange, the queues, and the routes of messages:
//!
//! ```text
//!            new                    dead letter
//! <ns>.orders ──▶ queue <ns>.orders ──────────▶ queue <ns>.orders.parked
//!   ▲      │ retry                                (until it is replayed)
//!   │      └────▶ queue <ns>.orders.retry ─┐
//!   └────────── after a while ─────────────┘
//! ```
//!
//! Every queue is a quorum queue: on disk, on a majority of the nodes. None has a maximal length:
//! an entry is a unit that the gate holds, so the stock of all items on sale is the limit. A limit
//! here could only lose orders.

use std::time::Duration;

use lapin::{
    Channel, ExchangeKind,
    options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable, ShortString},
};

/// Routing key of entries that wait for their order.
pub(super) const NEW: &str = "new";
/// Routing key of entries that wait for another try.
pub(super) const RETRY: &str = "retry";
/// Routing key of entries that are not tried any more.
const DEAD_LETTER: &str = "parked";

/// Deliveries of one message before the broker moves it to the dead letters. A broken connection
/// causes redeliveries although the message is fine, so the limit is only set because 4.x otherwise
/// uses 20. Failures are counted in a header of the message.
const DELIVERY_LIMIT: i64 = 10_000;

/// The names of a shop's exchange and queues.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    pub(crate) exchange: ShortString,
    /// The queue of entries that wait for their order.
    pub(crate) orders: ShortString,
    /// The queue of entries that wait for another try.
    pub(crate) retry: ShortString,
    /// The queue of entries that are not tried any more.
    pub(crate) dead_letters: ShortString,
}

impl Names {
    pub(crate) fn of(namespace: &str) -> Self {
        let orders = format!("{namespace}.orders");
        Self {
            exchange: orders.as_str().into(),
            retry: format!("{orders}.retry").into(),
            dead_letters: format!("{orders}.parked").into(),
            orders: orders.into(),
        }
    }
}

/// A shop's exchange and queues, as they are declared.
#[derive(Clone, Debug)]
pub(super) struct Topology {
    pub(super) names: Names,
    retry_after_ms: i64,
    declares: bool,
}

impl Topology {
    /// Without `declares`, nothing is created on the broker.
    pub(super) fn new(names: Names, retry_after: Duration, declares: bool) -> Self {
        Self {
            names,
            retry_after_ms: i64::try_from(retry_after.as_millis()).unwrap_or(i64::MAX),
            declares,
        }
    }

    /// Declares or checks everything. Fails if anything is missing afterwards.
    pub(super) async fn prepare(&self, channel: &Channel) -> lapin::Result<()> {
        match self.declares {
            true => self.declare(channel).await,
            false => self.find(channel).await,
        }
    }

    /// Fails if anything is missing; the broker's answer names it.
    async fn find(&self, channel: &Channel) -> lapin::Result<()> {
        let passive = ExchangeDeclareOptions {
            passive: true,
            ..Default::default()
        };
        let names = &self.names;
        channel
            .exchange_declare(
                names.exchange.clone(),
                ExchangeKind::Direct,
                passive,
                FieldTable::default(),
            )
            .await?;
        for queue in [&names.dead_letters, &names.orders, &names.retry] {
            let passive = QueueDeclareOptions {
                passive: true,
                ..Default::default()
            };
            channel
                .queue_declare(queue.clone(), passive, FieldTable::default())
                .await?;
        }
        Ok(())
    }

    /// Declares what is missing. Fails if something exists with other arguments.
    async fn declare(&self, channel: &Channel) -> lapin::Result<()> {
        let durable = ExchangeDeclareOptions {
            durable: true,
            ..Default::default()
        };
        channel
            .exchange_declare(
                self.names.exchange.clone(),
                ExchangeKind::Direct,
                durable,
                FieldTable::default(),
            )
            .await?;
        // Declare the target of a queue's dead letters before the queue: without it they would be
        // lost.
        let names = &self.names;
        self.queue(channel, &names.dead_letters, DEAD_LETTER, quorum())
            .await?;
        let orders = self.with_dead_letters_to(DEAD_LETTER);
        self.queue(channel, &names.orders, NEW, orders).await?;
        let mut retry = self.with_dead_letters_to(NEW);
        // On the queue, not on each message: a message expires only at the head of its queue.
        retry.insert("x-message-ttl".into(), self.retry_after_ms.into());
        self.queue(channel, &names.retry, RETRY, retry).await
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
                self.names.exchange.clone(),
                key.into(),
                QueueBindOptions::default(),
                FieldTable::default(),
            )
            .await
    }

    /// A quorum queue whose dead letters go back to the exchange with `key`, and leave the queue
    /// only after arriving there.
    fn with_dead_letters_to(&self, key: &str) -> FieldTable {
        let mut arguments = quorum();
        arguments.insert(
            "x-dead-letter-exchange".into(),
            text(self.names.exchange.as_str()),
        );
        arguments.insert("x-dead-letter-routing-key".into(), text(key));
        arguments.insert("x-dead-letter-strategy".into(), text("at-least-once"));
        // The strategy requires it; without a maximal length it never rejects anything.
        arguments.insert("x-overflow".into(), text("reject-publish"));
        arguments
    }
}

fn quorum() -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), text("quorum"));
    arguments.insert("x-delivery-limit".into(), DELIVERY_LIMIT.into());
    arguments
}

fn text(text: &str) -> AMQPValue {
    AMQPValue::LongString(text.into())
}
