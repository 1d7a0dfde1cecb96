//! Out of the broker. A consumer with a prefetch brings entries here before anybody asks for them;
//! what was taken and not acknowledged is remembered, in order. Everything belongs to the
//! connection it came by: with it, it is forgotten, and the broker delivers it again.

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
    Consumer,
    message::Delivery,
    options::{
        BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicQosOptions,
        BasicRejectOptions,
    },
    types::{FieldTable, ShortString},
    uri::AMQPUri,
};
use tokio::{
    sync::{Mutex, mpsc},
    task::JoinHandle,
    time::{Instant, timeout, timeout_at},
};

use super::{
    PORT,
    connection::{Dialer, Link, port_error},
    message,
    publish::in_time,
    topology::Topology,
};
use crate::{
    chain::Chain,
    engine::ports::{Job, PortError, QueuedReservation, WakeSignal},
};

/// Entries that the broker hands to this process before one is acknowledged: two batches of the
/// order writer. Bounds what is in memory here and what the other copies cannot see.
pub const PREFETCH: u16 = 512;
/// For the first entry, and then for its followers.
const PATIENCE: Duration = Duration::from_millis(5);
/// Around everything said to the broker about deliveries.
const SAY_TIMEOUT: Duration = Duration::from_secs(3);
/// For goodbyes at the end of the process.
const STOP_TIMEOUT: Duration = Duration::from_secs(1);

/// The consumer of this process.
pub(super) struct Intake {
    state: Mutex<State>,
    wake_signal: Arc<dyn WakeSignal>,
    /// Somebody waits for deliveries right now and needs no wake signal.
    waiting: Arc<AtomicBool>,
    topology: Topology,
}

struct State {
    dialer: Dialer,
    line: Option<Line>,
    stopped: bool,
}

/// A connection and what came by it.
struct Line {
    link: Link,
    consumer: ShortString,
    arrivals: mpsc::Receiver<Delivery>,
    forwarder: JoinHandle<()>,
    /// Taken and not acknowledged, oldest first.
    held: VecDeque<Taken>,
}

struct Taken {
    entry: QueuedReservation,
    tries: u32,
    /// Of every delivery of this reservation.
    tags: Vec<u64>,
}

impl Intake {
    pub(super) fn new(
        uri: &AMQPUri,
        topology: &Topology,
        wake_signal: Arc<dyn WakeSignal>,
    ) -> Self {
        Self {
            state: Mutex::new(State {
                dialer: Dialer::new(uri, "consumer", topology),
                line: None,
                stopped: false,
            }),
            wake_signal,
            waiting: Arc::default(),
            topology: topology.clone(),
        }
    }

    /// Up to `limit`: first what was taken earlier, then what arrives within a few milliseconds.
    pub(super) async fn take(&self, limit: u32) -> Result<Vec<QueuedReservation>, PortError> {
        let mut state = self.state.lock().await;
        if state.stopped {
            return Ok(Vec::new());
        }
        if !state.line.as_ref().is_some_and(Line::is_up) {
            state.line = None;
            state.line = Some(self.open(&mut state.dialer).await?);
        }
        let Some(line) = &mut state.line else {
            return Ok(Vec::new());
        };
        let limit = limit as usize;
        self.waiting.store(true, Ordering::SeqCst);
        let filled = line.fill(limit).await;
        self.waiting.store(false, Ordering::SeqCst);
        if let Err(lost) = filled {
            state.line = None;
            return Err(lost);
        }
        // The forwarder looks at `waiting` after it has put an entry here: one of both notifies.
        if !line.arrivals.is_empty() {
            self.wake_signal.notify(Job::WriteOrders);
        }
        let entries = line.held.iter().take(limit);
        Ok(entries.map(|taken| taken.entry.clone()).collect())
    }

    async fn open(&self, dialer: &mut Dialer) -> Result<Line, PortError> {
        let link = dialer.dial().await?;
        let start = async {
            let per_consumer = BasicQosOptions { global: false };
            link.channel.basic_qos(PREFETCH, per_consumer).await?;
            link.channel
                .basic_consume(
                    self.topology.orders.clone(),
                    ShortString::default(),
                    BasicConsumeOptions::default(),
                    FieldTable::default(),
                )
                .await
        };
        let consumer = in_time(Instant::now() + SAY_TIMEOUT, start).await?;
        let consumer = consumer.map_err(port_error)?;
        let tag = consumer.tag();
        // The broker sends no more than the prefetch, so this is never full.
        let (arrived, arrivals) = mpsc::channel(usize::from(PREFETCH));
        let (wake_signal, waiting) = (Arc::clone(&self.wake_signal), Arc::clone(&self.waiting));
        Ok(Line {
            link,
            consumer: tag,
            arrivals,
            forwarder: tokio::spawn(forward(consumer, arrived, wake_signal, waiting)),
            held: VecDeque::new(),
        })
    }

    /// Done for good. What came by a connection that is lost comes again, which the order writer
    /// does not mind; so nothing here can fail.
    pub(super) async fn ack(&self, done: &[QueuedReservation]) {
        let mut state = self.state.lock().await;
        let Some(line) = &mut state.line else { return };
        let acked = in_time(Instant::now() + SAY_TIMEOUT, line.ack(done)).await;
        if !matches!(acked, Ok(Ok(()))) {
            tracing::debug!("deliveries are forgotten: their connection is lost");
            state.line = None;
        }
    }

    /// How often this entry has failed; `None` when its connection is lost.
    pub(super) async fn tries(&self, entry: &QueuedReservation) -> Option<u32> {
        let state = self.state.lock().await;
        let line = state.line.as_ref().filter(|line| line.is_up())?;
        let same = |taken: &&Taken| taken.entry.reservation_id == entry.reservation_id;
        line.held.iter().find(same).map(|taken| taken.tries)
    }

    /// The broker itself moves this one to what is parked.
    pub(super) async fn park(&self, entry: &QueuedReservation) {
        let mut state = self.state.lock().await;
        let Some(line) = &mut state.line else { return };
        let parked = in_time(Instant::now() + SAY_TIMEOUT, line.park(entry)).await;
        if !matches!(parked, Ok(Ok(()))) {
            state.line = None;
        }
    }

    /// Takes no more; what is not acknowledged goes back to the queue, for other copies.
    pub(super) async fn stop(&self) {
        let mut state = self.state.lock().await;
        state.stopped = true;
        let Some(line) = state.line.take() else {
            return;
        };
        let goodbye = async {
            let cancel = BasicCancelOptions::default();
            let consumer = line.consumer.clone();
            line.link.channel.basic_cancel(consumer, cancel).await?;
            line.link.connection.close(200, "stopping".into()).await
        };
        // The broker takes everything back when the connection ends, however it ends.
        if !matches!(timeout(STOP_TIMEOUT, goodbye).await, Ok(Ok(()))) {
            tracing::debug!("the broker did not answer the goodbye");
        }
    }
}

impl Line {
    fn is_up(&self) -> bool {
        self.link.is_up() && !self.forwarder.is_finished()
    }

    /// Until `limit` are held or nothing more arrives in time.
    async fn fill(&mut self, limit: usize) -> Result<(), PortError> {
        let mut deadline = Instant::now() + PATIENCE;
        let mut first = true;
        while self.held.len() < limit {
            match timeout_at(deadline, self.arrivals.recv()).await {
                Err(_) => break,
                Ok(None) => {
                    return Err(PortError::busy(
                        PORT,
                        "the consumer has lost its connection",
                    ));
                }
                Ok(Some(delivery)) => self.hold(delivery).await?,
            }
            if std::mem::take(&mut first) {
                deadline = Instant::now() + PATIENCE;
            }
        }
        Ok(())
    }

    async fn hold(&mut self, delivery: Delivery) -> Result<(), PortError> {
        let tag = delivery.delivery_tag;
        let entry = match message::decode(&delivery.data) {
            Ok(entry) => entry,
            Err(error) => {
                let id = delivery.properties.message_id().as_ref();
                tracing::error!(error = %Chain(&error), message_id = id.map_or("", |id| id.as_str()),
                    "parked: nobody can read this message");
                metrics::counter!("seckill_queue_parked_total", "reason" => "unreadable")
                    .increment(1);
                return self.reject(tag).await.map_err(port_error);
            }
        };
        let again = |taken: &&mut Taken| taken.entry.reservation_id == entry.reservation_id;
        if let Some(taken) = self.held.iter_mut().find(again) {
            taken.tags.push(tag);
            return Ok(());
        }
        self.held.push_back(Taken {
            entry,
            tries: message::tries(&delivery.properties),
            tags: vec![tag],
        });
        Ok(())
    }

    async fn ack(&mut self, done: &[QueuedReservation]) -> lapin::Result<()> {
        let done: HashSet<_> = done.iter().map(|entry| entry.reservation_id).collect();
        let is_done = |taken: &Taken| done.contains(&taken.entry.reservation_id);
        let mut tags: Vec<(u64, bool)> = Vec::new();
        for taken in &self.held {
            tags.extend(taken.tags.iter().map(|tag| (*tag, is_done(taken))));
        }
        // Deliveries arrive in the order of their tags, so all that came before the last of a
        // done beginning is done too: one word for all of them.
        tags.sort_unstable();
        let beginning = tags.iter().take_while(|(_, done)| *done).count();
        self.held.retain(|taken| !is_done(taken));
        let (beginning, rest) = tags.split_at(beginning);
        if let Some((last, _)) = beginning.last() {
            self.link
                .channel
                .basic_ack(*last, BasicAckOptions { multiple: true })
                .await?;
        }
        for (tag, _) in rest.iter().filter(|(_, done)| *done) {
            self.link
                .channel
                .basic_ack(*tag, BasicAckOptions::default())
                .await?;
        }
        Ok(())
    }

    async fn park(&mut self, entry: &QueuedReservation) -> lapin::Result<()> {
        let same = |taken: &Taken| taken.entry.reservation_id == entry.reservation_id;
        let Some(place) = self.held.iter().position(same) else {
            return Ok(());
        };
        // One of its deliveries is parked; the others are the same again.
        let parked = self.held.get_mut(place).and_then(|taken| taken.tags.pop());
        if let Some(tag) = parked {
            self.reject(tag).await?;
        }
        self.ack(std::slice::from_ref(entry)).await
    }

    /// The queue's dead letters go to what is parked.
    async fn reject(&self, tag: u64) -> lapin::Result<()> {
        let parked = BasicRejectOptions { requeue: false };
        self.link.channel.basic_reject(tag, parked).await
    }
}

impl Drop for Line {
    /// The consumer in it would keep the connection open.
    fn drop(&mut self) {
        self.forwarder.abort();
    }
}

/// Brings deliveries to where they are taken from, and notifies when nobody is waiting there. Ends
/// with the connection or the consumer.
async fn forward(
    mut consumer: Consumer,
    arrived: mpsc::Sender<Delivery>,
    wake_signal: Arc<dyn WakeSignal>,
    waiting: Arc<AtomicBool>,
) {
    while let Some(Ok(delivery)) = consumer.next().await {
        if arrived.send(delivery).await.is_err() {
            return;
        }
        if !waiting.load(Ordering::SeqCst) {
            wake_signal.notify(Job::WriteOrders);
        }
    }
}
