//! Publishes to the broker: a message is on the disks of a majority before a call returns.

use std::time::Duration;

use lapin::{
    BasicProperties, Channel, Confirmation,
    options::{BasicPublishOptions, ConfirmSelectOptions},
};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout_at},
};

use super::{
    PORT,
    connection::{Broker, Connector, OpenChannel, port_error},
    message,
    topology::Topology,
    under_way::Publishing,
};
use crate::engine::ports::{PortError, QueuedReservation};

/// Time limit of a whole call: waiting for other calls, connecting, all confirms.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(3);
/// Messages whose confirms are awaited together: limits what is in flight.
const WINDOW: usize = 256;

/// Publishes, one call at a time: the broker identifies a returned message but not the call that
/// sent it, so calls must not overlap on a channel.
pub(super) struct Publisher {
    state: Mutex<ChannelState>,
    topology: Topology,
    pub(super) publishing: Publishing,
}

struct ChannelState {
    connector: Connector,
    open: Option<OpenChannel>,
    /// Confirms of a timed-out call may still arrive: `open` must not be used again.
    poisoned: bool,
}

impl Publisher {
    pub(super) fn new(broker: &Broker, topology: &Topology) -> Self {
        Self {
            state: Mutex::new(ChannelState {
                connector: Connector::new(broker, "publisher", topology),
                open: None,
                poisoned: false,
            }),
            topology: topology.clone(),
            publishing: Publishing::default(),
        }
    }

    /// Publishes all, each with its number of failed tries. After an error it is unknown which ones
    /// were published.
    pub(super) async fn publish(
        &self,
        key: &'static str,
        entries: impl IntoIterator<Item = (&QueuedReservation, u32)>,
    ) -> Result<(), PortError> {
        let entries: Vec<_> = entries.into_iter().collect();
        let _flight = self
            .publishing
            .begin(entries.iter().map(|(entry, _)| *entry));
        let messages: Vec<_> = entries
            .into_iter()
            .map(|(entry, tries)| {
                message::encode(entry, tries).map_err(|error| PortError::failed(PORT, error))
            })
            .collect::<Result<_, _>>()?;
        if messages.is_empty() {
            return Ok(());
        }
        let started_at = Instant::now();
        let deadline = started_at + CALL_TIMEOUT;
        let mut state = before(deadline, self.state.lock()).await?;
        let open = before(deadline, state.take_open()).await??;
        let sent = self.send(&open.channel, key, &messages);
        let sent = match before(deadline, sent).await {
            Ok(Ok(())) => {
                state.open = Some(open);
                Ok(())
            }
            Err(timed_out) => {
                // A blocked connection cannot be closed either: dropping it now would leak it.
                if open.is_blocked() {
                    (state.open, state.poisoned) = (Some(open), true);
                }
                Err(timed_out)
            }
            Ok(refused) => refused,
        };
        drop(state);
        let outcome = if sent.is_ok() { "confirmed" } else { "failed" };
        metrics::counter!("seckill_queue_published_total", "key" => key, "outcome" => outcome)
            .increment(messages.len() as u64);
        metrics::histogram!("seckill_queue_confirm_seconds").record(started_at.elapsed());
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
                let exchange = self.topology.names.exchange.clone();
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
                        return Err(PortError::failed(
                            PORT,
                            format!("no queue is bound to routing key {key}"),
                        ));
                    }
                    Confirmation::Nack(_) => {
                        return Err(PortError::busy(
                            PORT,
                            "the broker could not store a message",
                        ));
                    }
                    Confirmation::NotRequested => {
                        return Err(PortError::failed(PORT, "publisher confirms are off"));
                    }
                }
            }
        }
        Ok(())
    }

    /// Connects if there is no connection. Does not ask the broker while it accepts messages on an
    /// existing connection.
    pub(super) async fn connected(&self) -> Result<(), PortError> {
        let deadline = Instant::now() + CALL_TIMEOUT;
        let mut state = before(deadline, self.state.lock()).await?;
        let open = before(deadline, state.take_open()).await??;
        state.open = Some(open);
        Ok(())
    }

    /// Opens another channel on the same connection, for queries: an answer that closes it does not
    /// affect other calls.
    pub(super) async fn open_channel(&self) -> Result<Channel, PortError> {
        let deadline = Instant::now() + CALL_TIMEOUT;
        let mut state = before(deadline, self.state.lock()).await?;
        let open = before(deadline, state.take_open()).await??;
        let channel = before(deadline, open.connection.create_channel()).await?;
        let channel = channel.map_err(port_error)?;
        state.open = Some(open);
        Ok(channel)
    }

    /// Closes the connection.
    pub(super) async fn close(&self) {
        let mut state = self.state.lock().await;
        state.open = None;
    }
}

impl ChannelState {
    /// Takes the channel out, connecting first if there is none. A caller that fails or is
    /// cancelled does not put it back, and has dropped it.
    async fn take_open(&mut self) -> Result<OpenChannel, PortError> {
        let open = self.open.take().filter(OpenChannel::is_open);
        if let Some(open) = open {
            if open.is_blocked() {
                self.open = Some(open);
                return Err(PortError::busy(
                    PORT,
                    "the broker accepts no messages: it is out of memory or disk",
                ));
            }
            if !self.poisoned {
                return Ok(open);
            }
        }
        self.poisoned = false;
        let open = self.connector.connect().await?;
        let confirms = ConfirmSelectOptions::default();
        open.channel
            .confirm_select(confirms)
            .await
            .map_err(port_error)?;
        Ok(open)
    }
}

/// Runs a step with a time limit.
pub(super) async fn before<T>(
    deadline: Instant,
    step: impl Future<Output = T>,
) -> Result<T, PortError> {
    timeout_at(deadline, step)
        .await
        .map_err(|_| PortError::busy(PORT, "the broker did not answer in time"))
}
