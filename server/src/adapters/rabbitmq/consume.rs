//! Consumes from the broker. A consumer with a prefetch receives entries before they are taken;
//! taken entries that are not acknowledged are kept, in order. All of them belong to their
//! connection: when it is lost, its entries are dropped here, and the broker delivers them again.

mod in_flight;

use std::{
    collections::{HashSet, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::StreamExt;
use lapin::{
    message::Delivery,
    options::{
        BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicQosOptions,
        BasicRejectOptions,
    },
    types::{FieldTable, ShortString},
};
use tokio::{
    sync::{Mutex, mpsc},
    task::JoinHandle,
    time::{Instant, timeout, timeout_at},
};

use super::{
    PORT,
    connection::{Broker, Connector, OpenChannel, port_error},
    message,
    publish::before,
    topology::Topology,
};
use crate::chain::Chain;
use crate::engine::ports::{Job, PortError, QueuedReservation, WakeSignal};
use crate::jitter::Backoff;

/// Entries that the broker delivers to this process without acknowledgement: two batches of the
/// order writer. Limits memory here, and how many entries other instances cannot take.
pub const PREFETCH: u16 = 512;
/// How long a batch waits for its first entry, and then for more.
const BATCH_WAIT: Duration = Duration::from_millis(5);
/// Time limit of every call to the broker about deliveries.
const CALL_TIMEOUT: Duration = Duration::from_secs(3);
/// Pause after giving entries back, doubled each further time up to a limit (see [`Backoff`]). The
/// broker counts deliveries and gives up an entry after 10,000: a worker that fails at every entry
/// must not use them up.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Time limit of closing the connection.
const STOP_TIMEOUT: Duration = Duration::from_secs(1);

/// This process's consumer.
pub(super) struct Consumer {
    state: Mutex<State>,
    wake: Arc<dyn WakeSignal>,
    /// A call is waiting for deliveries, so that the order writer need not be woken.
    waiting: Arc<AtomicBool>,
    topology: Topology,
}

struct State {
    connector: Connector,
    subscription: Option<Subscription>,
    stopped: bool,
    /// Set after entries were given back.
    paused_until: Instant,
    /// Reset when something is acknowledged.
    pauses: Backoff,
}

/// A connection and the entries received on it.
struct Subscription {
    open: OpenChannel,
    consumer_tag: ShortString,
    deliveries: mpsc::Receiver<Delivery>,
    forwarder: JoinHandle<()>,
    /// Taken and not acknowledged, oldest first.
    taken: VecDeque<Taken>,
}

struct Taken {
    entry: QueuedReservation,
    tries: u32,
    /// The tags of all deliveries of this reservation.
    tags: Vec<u64>,
}

impl Consumer {
    pub(super) fn new(broker: &Broker, topology: &Topology, wake: Arc<dyn WakeSignal>) -> Self {
        Self {
            state: Mutex::new(State {
                connector: Connector::new(broker, "consumer", topology),
                subscription: None,
                stopped: false,
                paused_until: Instant::now(),
                pauses: Backoff::new(FIRST_PAUSE, LONGEST_PAUSE),
            }),
            wake,
            waiting: Arc::default(),
            topology: topology.clone(),
        }
    }

    /// Up to `limit` entries: first those taken earlier, then those that arrive within a few
    /// milliseconds.
    pub(super) async fn take(&self, limit: u32) -> Result<Vec<QueuedReservation>, PortError> {
        let mut state = self.state.lock().await;
        if state.stopped {
            return Ok(Vec::new());
        }
        if Instant::now() < state.paused_until {
            return Err(PortError::busy(
                PORT,
                "this instance gave its entries back and pauses before it takes others",
            ));
        }
        if !state
            .subscription
            .as_ref()
            .is_some_and(Subscription::is_open)
        {
            state.subscription = None;
            state.subscription = Some(self.subscribe(&mut state.connector).await?);
        }
        let Some(subscription) = &mut state.subscription else {
            return Ok(Vec::new());
        };
        let limit = limit as usize;
        self.waiting.store(true, Ordering::SeqCst);
        let received = subscription.receive(limit).await;
        self.waiting.store(false, Ordering::SeqCst);
        if let Err(lost) = received {
            state.subscription = None;
            return Err(lost);
        }
        // The forwarder reads `waiting` after adding an entry: one of the two wakes the writer.
        if !subscription.deliveries.is_empty() || subscription.taken.len() > limit {
            self.wake.notify(Job::WriteOrders);
        }
        let entries = subscription.taken.iter().take(limit);
        Ok(entries.map(|taken| taken.entry.clone()).collect())
    }

    async fn subscribe(&self, connector: &mut Connector) -> Result<Subscription, PortError> {
        let open = connector.connect().await?;
        let start = async {
            let per_consumer = BasicQosOptions { global: false };
            open.channel.basic_qos(PREFETCH, per_consumer).await?;
            open.channel
                .basic_consume(
                    self.topology.names.orders.clone(),
                    ShortString::default(),
                    BasicConsumeOptions::default(),
                    FieldTable::default(),
                )
                .await
        };
        let consumer = before(Instant::now() + CALL_TIMEOUT, start).await?;
        let consumer = consumer.map_err(port_error)?;
        let consumer_tag = consumer.tag();
        // The broker delivers no more than the prefetch, so this is never full.
        let (sender, deliveries) = mpsc::channel(usize::from(PREFETCH));
        let (wake, waiting) = (Arc::clone(&self.wake), Arc::clone(&self.waiting));
        Ok(Subscription {
            open,
            consumer_tag,
            deliveries,
            forwarder: tokio::spawn(forward(consumer, sender, wake, waiting)),
            taken: VecDeque::new(),
        })
    }

    /// Acknowledges entries. If their connection is lost, they are delivered again, and the order
    /// writer ignores repeats; so this cannot fail.
    pub(super) async fn ack(&self, done: &[QueuedReservation]) {
        let mut state = self.state.lock().await;
        let Some(subscription) = &mut state.subscription else {
            return;
        };
        let acked = before(Instant::now() + CALL_TIMEOUT, subscription.ack(done)).await;
        if !matches!(acked, Ok(Ok(()))) {
            tracing::debug!(
                entries = done.len(),
                "cannot acknowledge entries to RabbitMQ; they are delivered again by a new connection"
            );
            state.subscription = None;
            return;
        }
        if !done.is_empty() {
            state.pauses.reset();
        }
    }

    /// How often this entry has failed; `None` when its connection is lost.
    pub(super) async fn tries(&self, entry: &QueuedReservation) -> Option<u32> {
        let state = self.state.lock().await;
        let subscription = state
            .subscription
            .as_ref()
            .filter(|found| found.is_open())?;
        let same = |taken: &&Taken| taken.entry.unit.reservation_id == entry.unit.reservation_id;
        let taken = subscription.taken.iter().find(same);
        taken.map(|taken| taken.tries)
    }

    /// Makes the broker move this entry to the dead letters.
    pub(super) async fn dead_letter(&self, entry: &QueuedReservation) {
        let mut state = self.state.lock().await;
        let Some(subscription) = &mut state.subscription else {
            return;
        };
        let moved = before(
            Instant::now() + CALL_TIMEOUT,
            subscription.dead_letter(entry),
        )
        .await;
        if !matches!(moved, Ok(Ok(()))) {
            state.subscription = None;
        }
    }

    /// Takes no more entries; those not acknowledged go back to the queue, for other instances.
    pub(super) async fn stop(&self) {
        let mut state = self.state.lock().await;
        state.stopped = true;
        if let Some(subscription) = state.subscription.take() {
            subscription.close("stopping").await;
        }
    }

    /// Does the same, but only for a while.
    pub(super) async fn give_back(&self) {
        let mut state = self.state.lock().await;
        let Some(subscription) = state.subscription.take() else {
            return;
        };
        state.paused_until = Instant::now() + state.pauses.next_pause();
        metrics::counter!("seckill_queue_given_back_total")
            .increment(subscription.taken.len() as u64);
        subscription.close("giving entries back").await;
    }
}

impl Subscription {
    fn is_open(&self) -> bool {
        self.open.is_open() && !self.forwarder.is_finished()
    }

    async fn close(self, why: &'static str) {
        let close = async {
            let cancel = BasicCancelOptions::default();
            let tag = self.consumer_tag.clone();
            self.open.channel.basic_cancel(tag, cancel).await?;
            self.open.connection.close(200, why.into()).await
        };
        // The broker takes everything back when the connection ends in any way.
        if !matches!(timeout(STOP_TIMEOUT, close).await, Ok(Ok(()))) {
            tracing::debug!(
                "RabbitMQ did not confirm closing the connection within {} s; it is dropped",
                STOP_TIMEOUT.as_secs()
            );
        }
    }

    /// Receives until `limit` are taken or no more arrive in time.
    async fn receive(&mut self, limit: usize) -> Result<(), PortError> {
        let mut deadline = Instant::now() + BATCH_WAIT;
        let mut first = true;
        while self.taken.len() < limit {
            match timeout_at(deadline, self.deliveries.recv()).await {
                Err(_) => break,
                Ok(None) => {
                    return Err(PortError::busy(
                        PORT,
                        "the consumer has lost its connection",
                    ));
                }
                Ok(Some(delivery)) => self.add(delivery).await?,
            }
            if std::mem::take(&mut first) {
                deadline = Instant::now() + BATCH_WAIT;
            }
        }
        Ok(())
    }

    async fn add(&mut self, delivery: Delivery) -> Result<(), PortError> {
        let tag = delivery.delivery_tag;
        let entry = match message::decode(&delivery.data) {
            Ok(entry) => entry,
            Err(error) => {
                let id = delivery.properties.message_id().as_ref();
                tracing::error!(
                    error = %Chain(&error),
                    message_id = id.map_or("", |id| id.as_str()),
                    "cannot read a message of the order queue; it is moved to the parked messages and stays there"
                );
                metrics::counter!("seckill_queue_parked_total", "reason" => "unreadable")
                    .increment(1);
                return self.reject(tag).await.map_err(port_error);
            }
        };
        let same =
            |taken: &&mut Taken| taken.entry.unit.reservation_id == entry.unit.reservation_id;
        if let Some(taken) = self.taken.iter_mut().find(same) {
            taken.tags.push(tag);
            // One delivery was replayed: the reservation is ordered regardless of its age.
            taken.entry.replayed |= entry.replayed;
            return Ok(());
        }
        self.taken.push_back(Taken {
            entry,
            tries: message::tries(&delivery.properties),
            tags: vec![tag],
        });
        Ok(())
    }

    async fn ack(&mut self, done: &[QueuedReservation]) -> lapin::Result<()> {
        let done: HashSet<_> = done.iter().map(|entry| entry.unit.reservation_id).collect();
        let is_done = |taken: &Taken| done.contains(&taken.entry.unit.reservation_id);
        let mut tags: Vec<(u64, bool)> = Vec::new();
        for taken in &self.taken {
            tags.extend(taken.tags.iter().map(|tag| (*tag, is_done(taken))));
        }
        // Deliveries arrive in the order of their tags, so one call acknowledges all up to the
        // first tag that is not done.
        tags.sort_unstable();
        let up_to = tags.iter().take_while(|(_, done)| *done).count();
        self.taken.retain(|taken| !is_done(taken));
        let (together, rest) = tags.split_at(up_to);
        let channel = &self.open.channel;
        if let Some((last, _)) = together.last() {
            let multiple = BasicAckOptions { multiple: true };
            channel.basic_ack(*last, multiple).await?;
        }
        for (tag, _) in rest.iter().filter(|(_, done)| *done) {
            channel.basic_ack(*tag, BasicAckOptions::default()).await?;
        }
        Ok(())
    }

    async fn dead_letter(&mut self, entry: &QueuedReservation) -> lapin::Result<()> {
        let same = |taken: &Taken| taken.entry.unit.reservation_id == entry.unit.reservation_id;
        let Some(place) = self.taken.iter().position(same) else {
            return Ok(());
        };
        // Only one delivery is moved; the others are acknowledged.
        let moved = self.taken.get_mut(place).and_then(|taken| taken.tags.pop());
        if let Some(tag) = moved {
            self.reject(tag).await?;
        }
        self.ack(std::slice::from_ref(entry)).await
    }

    /// Rejects a message, which moves it to the dead letters.
    async fn reject(&self, tag: u64) -> lapin::Result<()> {
        let dead_letter = BasicRejectOptions { requeue: false };
        self.open.channel.basic_reject(tag, dead_letter).await
    }
}

impl Drop for Subscription {
    /// Otherwise its consumer would keep the connection open.
    fn drop(&mut self) {
        self.forwarder.abort();
    }
}

/// Forwards deliveries to where they are taken from, and wakes the order writer when no call waits
/// for them. Ends with the connection or the subscription.
async fn forward(
    mut consumer: lapin::Consumer,
    sender: mpsc::Sender<Delivery>,
    wake: Arc<dyn WakeSignal>,
    waiting: Arc<AtomicBool>,
) {
    while let Some(Ok(delivery)) = consumer.next().await {
        if sender.send(delivery).await.is_err() {
            return;
        }
        if !waiting.load(Ordering::SeqCst) {
            wake.notify(Job::WriteOrders);
        }
    }
}
