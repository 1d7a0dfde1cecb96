//! Into the broker: what is published is on the disks of a majority before a call returns.

use std::time::Duration;

use lapin::{
    BasicProperties, Channel, Confirmation,
    options::{BasicPublishOptions, ConfirmSelectOptions},
    uri::AMQPUri,
};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout_at},
};

use super::{
    PORT,
    connection::{Dialer, Link, good, port_error},
    message,
    topology::Topology,
};
use crate::engine::ports::{PortError, QueuedReservation};

/// Around everything a call does: its turn, a connection, all confirms.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(3);
/// Messages whose confirms are awaited together: bounds what is in flight.
const WINDOW: usize = 256;

/// Publishes, one call at a time: the broker names a message that it returns, not the call that
/// sent it, so calls must not overlap on a channel.
pub(super) struct Publisher {
    turn: Mutex<Turn>,
    topology: Topology,
}

struct Turn {
    dialer: Dialer,
    link: Option<Link>,
    /// Confirms of a call that gave up may still come: this one is not used again.
    spoilt: bool,
}

impl Publisher {
    pub(super) fn new(uri: &AMQPUri, topology: &Topology) -> Self {
        Self {
            turn: Mutex::new(Turn {
                dialer: Dialer::new(uri, "publisher", topology),
                link: None,
                spoilt: false,
            }),
            topology: topology.clone(),
        }
    }

    /// Publishes all, each with its number of failed tries. After an error nobody knows which.
    pub(super) async fn publish(
        &self,
        key: &'static str,
        entries: impl IntoIterator<Item = (&QueuedReservation, u32)>,
    ) -> Result<(), PortError> {
        let messages: Vec<_> = entries
            .into_iter()
            .map(|(entry, tries)| {
                message::encode(entry, tries).map_err(|error| PortError::failed(PORT, error))
            })
            .collect::<Result<_, _>>()?;
        if messages.is_empty() {
            return Ok(());
        }
        let began = Instant::now();
        let deadline = began + CALL_TIMEOUT;
        let mut turn = in_time(deadline, self.turn.lock()).await?;
        let link = in_time(deadline, turn.link()).await??;
        let sent = self.send(&link.channel, key, &messages);
        let sent = match in_time(deadline, sent).await {
            Ok(Ok(())) => {
                turn.link = Some(link);
                Ok(())
            }
            Err(late) => {
                // Dropping it now would leave a connection that cannot even say goodbye.
                if link.is_blocked() {
                    (turn.link, turn.spoilt) = (Some(link), true);
                }
                Err(late)
            }
            Ok(refused) => refused,
        };
        drop(turn);
        let outcome = if sent.is_ok() { "confirmed" } else { "failed" };
        metrics::counter!("seckill_queue_published_total", "key" => key, "outcome" => outcome)
            .increment(messages.len() as u64);
        metrics::histogram!("seckill_queue_confirm_seconds").record(began.elapsed());
        sent
    }

    async fn send(
        &self,
        channel: &Channel,
        key: &str,
        messages: &[(Vec<u8>, BasicProperties)],
    ) -> Result<(), PortError> {
        let mandatory = BasicPublishOptions {
            mandatory: true,
            ..Default::default()
        };
        for window in messages.chunks(WINDOW) {
            let mut confirms = Vec::with_capacity(window.len());
            for (body, properties) in window {
                let exchange = self.topology.exchange.clone();
                let sent = channel.basic_publish(
                    exchange,
                    key.into(),
                    mandatory,
                    body,
                    properties.clone(),
                );
                confirms.push(sent.await.map_err(port_error)?);
            }
            for confirm in confirms {
                match confirm.await.map_err(port_error)? {
                    Confirmation::Ack(None) => {}
                    // The next connection declares the queues again.
                    Confirmation::Ack(Some(_)) => {
                        return Err(PortError::failed(PORT, "no queue takes the message"));
                    }
                    Confirmation::Nack(_) => {
                        return Err(PortError::busy(PORT, "the broker could not store it"));
                    }
                    Confirmation::NotRequested => {
                        return Err(PortError::failed(PORT, "confirms are off"));
                    }
                }
            }
        }
        Ok(())
    }

    /// A channel of its own on the same connection, for questions: an answer that closes it harms
    /// nobody else.
    pub(super) async fn channel(&self) -> Result<Channel, PortError> {
        let deadline = Instant::now() + CALL_TIMEOUT;
        let mut turn = in_time(deadline, self.turn.lock()).await?;
        let link = in_time(deadline, turn.link()).await??;
        let channel = in_time(deadline, link.connection.create_channel()).await?;
        let channel = channel.map_err(port_error)?;
        turn.link = Some(link);
        Ok(channel)
    }

    /// Says goodbye to the broker.
    pub(super) async fn close(&self) {
        let mut turn = self.turn.lock().await;
        turn.link = None;
    }
}

impl Turn {
    /// Takes the link out: whoever does not put it back, because it failed or was given up, has
    /// dropped it.
    async fn link(&mut self) -> Result<Link, PortError> {
        let link = good(self.link.take());
        if let Some(link) = link {
            if link.is_blocked() {
                self.link = Some(link);
                return Err(PortError::busy(
                    PORT,
                    "the broker takes nothing: it is out of memory or disk",
                ));
            }
            if !self.spoilt {
                return Ok(link);
            }
        }
        self.spoilt = false;
        let link = self.dialer.dial().await?;
        let confirms = ConfirmSelectOptions::default();
        link.channel
            .confirm_select(confirms)
            .await
            .map_err(port_error)?;
        Ok(link)
    }
}

/// Bounds a step.
pub(super) async fn in_time<T>(
    deadline: Instant,
    step: impl Future<Output = T>,
) -> Result<T, PortError> {
    timeout_at(deadline, step)
        .await
        .map_err(|_| PortError::busy(PORT, "no answer in time"))
}
