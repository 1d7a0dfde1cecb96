//! Entries that are not tried any more: how many there are, and how they are tried again.

use std::sync::atomic::Ordering;

use lapin::{
    Channel,
    message::BasicGetMessage,
    options::{BasicAckOptions, BasicGetOptions, QueueDeclareOptions},
    types::{FieldTable, ShortString},
};
use tokio::time::Instant;

use super::{
    RabbitQueue,
    connection::port_error,
    message,
    publish::{CALL_TIMEOUT, before},
    topology::NEW,
};
use crate::engine::ports::{Depth, PortError, QueuedReservation};

/// Messages that are moved together: bounds what is in memory.
const CHUNK: u32 = 256;

impl RabbitQueue {
    /// Counts the messages that the broker has not delivered to anybody.
    pub(super) async fn count_ready(&self) -> Result<Depth, PortError> {
        let channel = self.publisher.open_channel().await?;
        let orders = ready(&channel, &self.names.orders).await?;
        let retry = ready(&channel, &self.names.retry).await?;
        let dead_letters = ready(&channel, &self.names.dead_letters).await?;
        Ok(Depth {
            waiting: u64::from(orders) + u64::from(retry),
            parked: u64::from(dead_letters),
            unreadable: self.unreadable.load(Ordering::Relaxed),
        })
    }

    /// Moves the dead letters that there are now back to the queue of orders. Messages that cannot
    /// be read stay: they are not acknowledged, so that each comes once, and the end of the channel
    /// puts them back.
    pub(super) async fn replay_dead_letters(&self) -> Result<u32, PortError> {
        let channel = self.publisher.open_channel().await?;
        let mut left = ready(&channel, &self.names.dead_letters).await?;
        let (mut replayed, mut unreadable) = (0, 0);
        while left > 0 {
            let mut chunk = Vec::new();
            for _ in 0..left.min(CHUNK) {
                match self.next_dead_letter(&channel).await? {
                    Some(message) => chunk.push(message),
                    None => break,
                }
            }
            if chunk.is_empty() {
                break;
            }
            left -= chunk.len() as u32;
            let readable: Vec<(u64, QueuedReservation)> = chunk
                .iter()
                .filter_map(|message| {
                    let mut entry = message::decode(&message.delivery.data).ok()?;
                    entry.replayed = true;
                    Some((message.delivery.delivery_tag, entry))
                })
                .collect();
            unreadable += (chunk.len() - readable.len()) as u64;
            let entries = readable.iter().map(|(_, entry)| (entry, 0));
            self.publisher.publish(NEW, entries).await?;
            for (tag, _) in &readable {
                let ack = channel.basic_ack(*tag, BasicAckOptions::default());
                before(Instant::now() + CALL_TIMEOUT, ack)
                    .await?
                    .map_err(port_error)?;
            }
            replayed += readable.len() as u32;
        }
        self.unreadable.store(unreadable, Ordering::Relaxed);
        Ok(replayed)
    }

    async fn next_dead_letter(
        &self,
        channel: &Channel,
    ) -> Result<Option<BasicGetMessage>, PortError> {
        let queue = self.names.dead_letters.clone();
        let get = channel.basic_get(queue, BasicGetOptions::default());
        before(Instant::now() + CALL_TIMEOUT, get)
            .await?
            .map_err(port_error)
    }
}

/// Messages of a queue that the broker has not delivered to anybody.
async fn ready(channel: &Channel, queue: &ShortString) -> Result<u32, PortError> {
    let passive = QueueDeclareOptions {
        passive: true,
        ..Default::default()
    };
    let declared = channel.queue_declare(queue.clone(), passive, FieldTable::default());
    let found = before(Instant::now() + CALL_TIMEOUT, declared).await?;
    Ok(found.map_err(port_error)?.message_count())
}
