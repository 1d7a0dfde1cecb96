//! [`OrderQueue`] on RabbitMQ (3.10 and later, 4.x). Quorum queues, publisher confirms, manual
//! acknowledgements. The next call replaces a broken connection, so that an unreachable broker only
//! causes [`PortError::Busy`]. The outbox is not here: it stays at the gate.

mod connection;
mod consume;
mod dead_letters;
mod examine;
mod message;
mod publish;
mod tls;
mod topology;
mod under_way;

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use async_trait::async_trait;

use crate::{
    adapters::tls::Trust,
    engine::ports::{
        Depth, InFlight, OrderQueue, PortError, QueuedReservation, TRIES, UnderWay, WakeSignal,
    },
};
use connection::Broker;
use consume::Consumer;
use publish::Publisher;
use topology::{NEW, RETRY, Topology};

pub use consume::PREFETCH;
pub use examine::broker_version;
pub use publish::CALL_TIMEOUT as PUBLISH_TIMEOUT;
pub(crate) use topology::Names;

const PORT: &str = "queue";

/// How long an entry that could not be written waits for its next try.
pub const RETRY_AFTER: Duration = Duration::from_secs(5);

/// A shop's queue. One per process: it has one connection to publish, opened at once, and one to
/// consume, opened when the first batch is taken.
pub struct RabbitQueue {
    publisher: Publisher,
    consumer: Consumer,
    names: Names,
    heartbeat: Duration,
    /// Dead letters that the last replay could not read.
    unreadable: AtomicU64,
}

impl RabbitQueue {
    /// Connects. Declares the queues of `namespace` or, without `declares`, only checks that they exist. Wakes
    /// the order writer through `wake` when entries arrive that no call waits for. All instances of a shop must
    /// use the same `retry_after` ([`RETRY_AFTER`]). For TLS addresses, `trust` says whose certificates are
    /// accepted.
    ///
    /// # Errors
    /// If the address is malformed, or the broker refuses the login, or queues exist with other
    /// arguments. An unreachable broker is no error: a later call connects.
    pub async fn connect(
        url: &str,
        trust: &Trust,
        namespace: &str,
        retry_after: Duration,
        declares: bool,
        wake: Arc<dyn WakeSignal>,
    ) -> Result<Self, PortError> {
        let broker = Broker::new(url, trust)?;
        let names = Names::of(namespace);
        let topology = Topology::new(names.clone(), retry_after, declares);
        let queue = Self {
            publisher: Publisher::new(&broker, &topology),
            consumer: Consumer::new(&broker, &topology, wake),
            names,
            heartbeat: connection::heartbeat(&broker.uri),
            unreadable: AtomicU64::new(0),
        };
        match queue.ping().await {
            Err(PortError::Busy { detail, .. }) => {
                tracing::warn!(
                    detail,
                    "cannot connect to RabbitMQ; starting without it, later calls connect"
                );
                Ok(queue)
            }
            answer => answer.map(|()| queue),
        }
    }

    /// The broker closes a connection after two to three of these intervals without data.
    pub fn heartbeat(&self) -> Duration {
        self.heartbeat
    }

    /// Whether the broker answers.
    ///
    /// # Errors
    /// If it does not answer within seconds.
    pub async fn ping(&self) -> Result<(), PortError> {
        self.publisher.open_channel().await.map(drop)
    }

    /// Takes no more entries and closes both connections: entries not acknowledged go to another
    /// instance at once. Call it at the end of the process, after the workers.
    pub async fn stop(&self) {
        self.consumer.stop().await;
        self.publisher.close().await;
    }
}

#[async_trait]
impl OrderQueue for RabbitQueue {
    async fn can_put(&self) -> Result<(), PortError> {
        self.publisher.connected().await
    }

    async fn put(&self, entries: &[QueuedReservation]) -> Result<(), PortError> {
        let first_tries = entries.iter().map(|entry| (entry, 0));
        self.publisher.publish(NEW, first_tries).await
    }

    async fn take_batch(&self, limit: u32) -> Result<Vec<QueuedReservation>, PortError> {
        self.consumer.take(limit).await
    }

    async fn give_back(&self) -> Result<(), PortError> {
        self.consumer.give_back().await;
        Ok(())
    }

    async fn ack(&self, done: &[QueuedReservation]) -> Result<(), PortError> {
        self.consumer.ack(done).await;
        Ok(())
    }

    /// If the entry's connection is lost in the meantime, it is delivered again unchanged.
    async fn retry_later(&self, entry: &QueuedReservation) -> Result<bool, PortError> {
        let Some(tries) = self.consumer.tries(entry).await else {
            return Ok(false);
        };
        let tries = tries.saturating_add(1);
        if tries >= TRIES {
            tracing::debug!(
                reservation_id = %entry.unit.reservation_id,
                item_id = %entry.unit.item_id,
                tries,
                "the broker keeps the reservation as a dead letter"
            );
            self.consumer.dead_letter(entry).await;
            return Ok(true);
        }
        self.publisher.publish(RETRY, [(entry, tries)]).await?;
        self.consumer.ack(std::slice::from_ref(entry)).await;
        Ok(false)
    }

    async fn depth(&self) -> Result<Depth, PortError> {
        self.count_ready().await
    }

    async fn under_way(&self) -> Result<UnderWay, PortError> {
        self.count_under_way().await
    }

    async fn in_flight(&self) -> Result<InFlight, PortError> {
        self.look_in_flight().await
    }
}
