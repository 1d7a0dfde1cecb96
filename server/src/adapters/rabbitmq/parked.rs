//! What is not tried any more: how much of it there is, and how it gets another chance.

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
    publish::{CALL_TIMEOUT, in_time},
    topology::NEW,
};
use crate::engine::ports::{Depth, PortError, QueuedReservation};

/// Messages moved together: bounds what is in memory.
const CHUNK: u32 = 256;

impl RabbitQueue {
    /// Counts what the broker has not handed to anybody.
    pub(super) async fn count(&self) -> Result<Depth, PortError> {
        let channel = self.publisher.channel().await?;
        let waiting = ready(&channel, &self.topology.orders).await?;
        let again = ready(&channel, &self.topology.retry).await?;
        let parked = ready(&channel, &self.topology.parked).await?;
        Ok(Depth {
            waiting: u64::from(waiting) + u64::from(again),
            parked: u64::from(parked),
        })
    }

    /// Moves what is parked now back to what waits. Whatever cannot be read stays: it is held
    /// until the end, so that it comes up once, and the end of the channel puts it back.
    pub(super) async fn replay(&self) -> Result<u32, PortError> {
        let channel = self.publisher.channel().await?;
        let mut left = ready(&channel, &self.topology.parked).await?;
        let mut replayed = 0;
        while left > 0 {
            let mut chunk = Vec::new();
            for _ in 0..left.min(CHUNK) {
                match self.next_parked(&channel).await? {
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
                    let entry = message::decode(&message.delivery.data).ok()?;
                    Some((message.delivery.delivery_tag, entry))
                })
                .collect();
            let entries = readable.iter().map(|(_, entry)| (entry, 0));
            self.publisher.publish(NEW, entries).await?;
            for (tag, _) in &readable {
                let ack = channel.basic_ack(*tag, BasicAckOptions::default());
                in_time(Instant::now() + CALL_TIMEOUT, ack)
                    .await?
                    .map_err(port_error)?;
            }
            replayed += readable.len() as u32;
        }
        Ok(replayed)
    }

    async fn next_parked(&self, channel: &Channel) -> Result<Option<BasicGetMessage>, PortError> {
        let get = channel.basic_get(self.topology.parked.clone(), BasicGetOptions::default());
        in_time(Instant::now() + CALL_TIMEOUT, get)
            .await?
            .map_err(port_error)
    }
}

/// Messages of a queue that nobody has taken.
async fn ready(channel: &Channel, queue: &ShortString) -> Result<u32, PortError> {
    let look = QueueDeclareOptions {
        passive: true,
        ..Default::default()
    };
    let looked = channel.queue_declare(queue.clone(), look, FieldTable::default());
    let found = in_time(Instant::now() + CALL_TIMEOUT, looked).await?;
    Ok(found.map_err(port_error)?.message_count())
}
