//! [`OrderQueue`] on RabbitMQ (3.10 and later, 4.x). Quorum queues, publisher confirms, manual
//! acknowledgements; connections are made anew at the call after they broke, so a broker that is
//! away means [`PortError::Busy`] and nothing else. Not the outbox: that stays at the gate.

mod connection;
mod consume;
mod message;
mod parked;
mod publish;
mod topology;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use lapin::uri::{AMQPScheme, AMQPUri};
use tokio::time::Instant;

use crate::engine::ports::{Depth, OrderQueue, PortError, QueuedReservation, TRIES, WakeSignal};
use connection::port_error;
use consume::Intake;
use publish::{CALL_TIMEOUT, Publisher, in_time};
use topology::{NEW, RETRY, Topology};

pub use consume::PREFETCH;

const PORT: &str = "queue";

/// How long an entry that could not be written waits for its next try.
pub const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The queue of a shop. One per process: it holds one connection to publish, made at once, and one
/// to consume, made when the first batch is taken.
pub struct RabbitQueue {
    publisher: Publisher,
    intake: Intake,
    topology: Topology,
}

impl RabbitQueue {
    /// Connects and declares the queues of `namespace`. Notifies `wake_signal` when entries arrive that
    /// nobody waits for. All copies of a shop give the same `retry_after` ([`RETRY_AFTER`]).
    ///
    /// # Errors
    /// An address that is none, and what the broker refuses: the login, or queues whose names
    /// something else has taken. A broker that is away is no error: it is connected to later.
    pub async fn connect(
        url: &str,
        namespace: &str,
        retry_after: Duration,
        wake_signal: Arc<dyn WakeSignal>,
    ) -> Result<Self, PortError> {
        let uri: AMQPUri = url
            .parse()
            .map_err(|error: String| PortError::failed(PORT, error))?;
        if uri.scheme != AMQPScheme::AMQP {
            return Err(PortError::failed(
                PORT,
                "the broker's address begins with amqp://",
            ));
        }
        let topology = Topology::new(namespace, retry_after);
        let queue = Self {
            publisher: Publisher::new(&uri, &topology),
            intake: Intake::new(&uri, &topology, wake_signal),
            topology,
        };
        match queue.ping().await {
            Err(PortError::Busy { detail, .. }) => {
                tracing::warn!(detail, "RabbitMQ is away: will try again");
                Ok(queue)
            }
            answered => answered.map(|()| queue),
        }
    }

    /// Whether the broker answers.
    ///
    /// # Errors
    /// When it does not, within seconds.
    pub async fn ping(&self) -> Result<(), PortError> {
        self.publisher.channel().await.map(drop)
    }

    /// Removes the exchange and the queues of this shop, with everything in them: for benchmarks,
    /// which leave nothing behind. Anything else that is done with them makes them anew.
    ///
    /// # Errors
    /// When the broker does not answer or refuses; a repeat removes the rest.
    pub async fn remove(&self) -> Result<(), PortError> {
        let channel = self.publisher.channel().await?;
        let removed = self.topology.remove(&channel);
        in_time(Instant::now() + CALL_TIMEOUT, removed)
            .await?
            .map_err(port_error)
    }

    /// Takes no more entries and says goodbye: what was taken and not acknowledged is another
    /// copy's at once. For the end of the process, after the workers.
    pub async fn stop(&self) {
        self.intake.stop().await;
        self.publisher.close().await;
    }
}

#[async_trait]
impl OrderQueue for RabbitQueue {
    async fn put(&self, entries: &[QueuedReservation]) -> Result<(), PortError> {
        let fresh = entries.iter().map(|entry| (entry, 0));
        self.publisher.publish(NEW, fresh).await
    }

    async fn take_batch(&self, limit: u32) -> Result<Vec<QueuedReservation>, PortError> {
        self.intake.take(limit).await
    }

    async fn ack(&self, done: &[QueuedReservation]) -> Result<(), PortError> {
        self.intake.ack(done).await;
        Ok(())
    }

    /// An entry whose connection is lost meanwhile comes again as it was.
    async fn set_aside(&self, entry: &QueuedReservation) -> Result<(), PortError> {
        let Some(tries) = self.intake.tries(entry).await else {
            return Ok(());
        };
        let tries = tries.saturating_add(1);
        if tries >= TRIES {
            metrics::counter!("seckill_queue_parked_total", "reason" => "tries").increment(1);
            self.intake.park(entry).await;
            return Ok(());
        }
        self.publisher.publish(RETRY, [(entry, tries)]).await?;
        self.intake.ack(std::slice::from_ref(entry)).await;
        Ok(())
    }

    async fn replay_parked(&self) -> Result<u32, PortError> {
        self.replay().await
    }

    async fn depth(&self) -> Result<Depth, PortError> {
        self.count().await
    }
}
