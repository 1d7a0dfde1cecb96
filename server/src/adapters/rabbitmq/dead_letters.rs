//! Dead letters: entries that are not tried any more. Counts, reads and replays them.

use std::sync::atomic::Ordering;

use app::wire::ReservationId;
use async_trait::async_trait;
use lapin::{
    Channel,
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
use crate::engine::ports::{
    Depth, ParkedEntries, ParkedEntry, ParkedReservations, PortError, QueuedReservation,
    UNREADABLE_BYTES,
};

/// Messages that are read together: limits the memory used.
const CHUNK: u32 = 256;

impl RabbitQueue {
    /// Counts the messages that are not delivered to any consumer.
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

    async fn dead_letters(&self) -> Result<DeadLetters, PortError> {
        let channel = self.publisher.open_channel().await?;
        let queue = self.names.dead_letters.clone();
        let left = ready(&channel, &queue).await?;
        Ok(DeadLetters {
            channel,
            queue,
            left,
        })
    }
}

struct DeadLetter {
    tag: u64,
    /// The reservation, or the first bytes if it cannot be read.
    content: Result<QueuedReservation, Vec<u8>>,
}

impl DeadLetter {
    fn is_of(&self, reservation_id: ReservationId) -> bool {
        let entry = self.content.as_ref();
        entry.is_ok_and(|entry| entry.unit.reservation_id == reservation_id)
    }
}

/// The dead letters at one moment. Each is returned once. Dropping this closes the channel, which puts
/// those not acknowledged back into the queue.
struct DeadLetters {
    channel: Channel,
    queue: ShortString,
    left: u32,
}

impl DeadLetters {
    /// The next messages; empty when there are no more.
    async fn next(&mut self) -> Result<Vec<DeadLetter>, PortError> {
        let mut chunk = Vec::new();
        for _ in 0..self.left.min(CHUNK) {
            let get = self
                .channel
                .basic_get(self.queue.clone(), BasicGetOptions::default());
            let message = before(Instant::now() + CALL_TIMEOUT, get)
                .await?
                .map_err(port_error)?;
            let Some(message) = message else {
                self.left = 0;
                return Ok(chunk);
            };
            let delivery = message.delivery;
            chunk.push(DeadLetter {
                tag: delivery.delivery_tag,
                content: message::decode(&delivery.data).map_err(|_| {
                    let bytes = &delivery.data;
                    bytes[..bytes.len().min(UNREADABLE_BYTES)].to_vec()
                }),
            });
        }
        self.left -= chunk.len() as u32;
        Ok(chunk)
    }

    /// Removes a message from the queue.
    async fn remove(&self, tag: u64) -> Result<(), PortError> {
        let ack = self.channel.basic_ack(tag, BasicAckOptions::default());
        before(Instant::now() + CALL_TIMEOUT, ack)
            .await?
            .map_err(port_error)
    }
}

/// A dead letter, taken from the queue until it is removed or dropped.
struct FoundLetter {
    letters: DeadLetters,
    tag: u64,
    reservation: QueuedReservation,
}

#[async_trait]
impl ParkedEntry for FoundLetter {
    fn reservation(&self) -> &QueuedReservation {
        &self.reservation
    }

    async fn remove(self: Box<Self>) -> Result<(), PortError> {
        self.letters.remove(self.tag).await
    }
}

#[async_trait]
impl ParkedReservations for RabbitQueue {
    async fn parked(&self, limit: u32) -> Result<ParkedEntries, PortError> {
        let mut letters = self.dead_letters().await?;
        letters.left = letters.left.min(limit);
        let mut parked = ParkedEntries::default();
        loop {
            let chunk = letters.next().await?;
            if chunk.is_empty() {
                return Ok(parked);
            }
            for letter in chunk {
                match letter.content {
                    Ok(entry) => parked.entries.push(entry),
                    Err(bytes) => parked.unreadable.push(bytes),
                }
            }
        }
    }

    async fn find_parked(
        &self,
        reservation_id: ReservationId,
    ) -> Result<Option<Box<dyn ParkedEntry>>, PortError> {
        let mut letters = self.dead_letters().await?;
        loop {
            let chunk = letters.next().await?;
            if chunk.is_empty() {
                return Ok(None);
            }
            let found = chunk.into_iter().find_map(|letter| match letter.content {
                Ok(entry) if entry.unit.reservation_id == reservation_id => {
                    Some((letter.tag, entry))
                }
                _ => None,
            });
            if let Some((tag, reservation)) = found {
                return Ok(Some(Box::new(FoundLetter {
                    letters,
                    tag,
                    reservation,
                })));
            }
        }
    }

    async fn replay_parked(&self, only: Option<ReservationId>) -> Result<u32, PortError> {
        let mut letters = self.dead_letters().await?;
        let (mut replayed, mut unreadable) = (0, 0);
        loop {
            let chunk = letters.next().await?;
            if chunk.is_empty() {
                break;
            }
            let wanted = |letter: &&DeadLetter| only.is_none_or(|id| letter.is_of(id));
            let readable: Vec<(&DeadLetter, QueuedReservation)> = chunk
                .iter()
                .filter(wanted)
                .filter_map(|letter| {
                    let mut entry = letter.content.as_ref().ok()?.clone();
                    entry.replayed = true;
                    Some((letter, entry))
                })
                .collect();
            unreadable += chunk.iter().filter(|one| one.content.is_err()).count() as u64;
            let entries = readable.iter().map(|(_, entry)| (entry, 0));
            self.publisher.publish(NEW, entries).await?;
            for (letter, _) in &readable {
                letters.remove(letter.tag).await?;
            }
            replayed += readable.len() as u32;
        }
        self.unreadable.store(unreadable, Ordering::Relaxed);
        Ok(replayed)
    }

    async fn remove_unreadable(&self) -> Result<u32, PortError> {
        let mut letters = self.dead_letters().await?;
        let mut removed = 0;
        loop {
            let chunk = letters.next().await?;
            if chunk.is_empty() {
                break;
            }
            for letter in chunk.iter().filter(|one| one.content.is_err()) {
                letters.remove(letter.tag).await?;
                removed += 1;
            }
        }
        self.unreadable.store(0, Ordering::Relaxed);
        Ok(removed)
    }
}

/// Messages of a queue that are not delivered to any consumer.
async fn ready(channel: &Channel, queue: &ShortString) -> Result<u32, PortError> {
    let passive = QueueDeclareOptions {
        passive: true,
        ..Default::default()
    };
    let declared = channel.queue_declare(queue.clone(), passive, FieldTable::default());
    let found = before(Instant::now() + CALL_TIMEOUT, declared).await?;
    Ok(found.map_err(port_error)?.message_count())
}
