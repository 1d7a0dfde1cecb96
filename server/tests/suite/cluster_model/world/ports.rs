//! The engine's ports over the model. Each call waits once, so that anything may happen before it; then it
//! is lost, done without an answer, or done. A call that its caller must not
//! make fails the test here.

use std::sync::MutexGuard;

use app::wire::{AccountId, ItemId, OrderId, Rejection, ReservationId};
use async_trait::async_trait;
use futures::pending;
use rand::Rng;
use server::engine::ports::{
    self, Clock, Depth, DueRelease, DueReleases, InFlight, OrderQueue, OrderWriter, Outbox,
    OutboxEntry, PortError, QueuedReservation, Reconciled, Release, Released, Restock,
    TakenEntries, UnderWay, Unit, WakeSignal, WriteOutcome,
};
use uuid::Uuid;

use super::{
    super::{
        gate::Released as ModelReleased,
        gate::{Entry, Relay, Reservation, With},
        ledger::{Due, Message, State as RowState},
    },
    Shared,
    jobs::Job,
    state::{Call, State},
};

/// A hold that has waited for so long may be given up.
pub const LATE_AFTER_MS: i64 = 100_000;
const ITEM: ItemId = ItemId(Uuid::from_u128(1));
/// Entries that a relay takes at once.
const TAKEN: usize = 3;
/// Messages that a consumer gets at once.
const DELIVERED: usize = 2;

/// The ports of one worker.
#[derive(Clone)]
pub struct Ports {
    worker: usize,
    state: Shared,
}

/// The fate of a call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Lost,
    Unanswered,
    Done,
}

fn busy() -> PortError {
    PortError::busy("model", "no answer")
}

fn number(id: Uuid) -> u32 {
    id.as_u128().try_into().unwrap()
}

fn reservation(queued: &QueuedReservation) -> Reservation {
    number(queued.unit.reservation_id.0)
}

fn unit(reservation: Reservation, buyer: u32) -> Unit {
    Unit {
        reservation_id: ReservationId(Uuid::from_u128(reservation.into())),
        item_id: ITEM,
        buyer: AccountId(Uuid::from_u128(buyer.into())),
    }
}

fn message(queued: &QueuedReservation) -> Message {
    Message {
        reservation: reservation(queued),
        buyer: number(queued.unit.buyer.0),
        position: queued.position,
    }
}

impl State {
    fn fate(&mut self) -> Fate {
        match self.rng.random_range(0..100) {
            _ if self.is_calm => Fate::Done,
            0..6 => Fate::Lost,
            6..12 => Fate::Unanswered,
            _ => Fate::Done,
        }
    }

    fn queued(
        &self,
        Message {
            reservation,
            buyer,
            position,
        }: Message,
    ) -> QueuedReservation {
        QueuedReservation {
            unit: unit(reservation, buyer),
            path: String::new(),
            position,
            held_at_ms: self.held_at_ms[&reservation],
            replayed: false,
        }
    }

    fn has_relay(&self, relay: Relay) -> impl Iterator<Item = &Entry> {
        let is_own = move |entry: &&Entry| entry.with == With::Relay(relay);
        self.gate.outbox.iter().filter(is_own)
    }

    /// The next relay that asks gets the entries of this worker's relay; the messages of its consumer go back
    /// to the queue.
    pub(super) fn worker_is_gone(&mut self, worker: usize) {
        let ids: Vec<_> = self.has_relay(worker).map(|entry| entry.id).collect();
        self.change().give_back(worker, &ids);
        self.messages_return(worker);
        self.workers[worker] = super::state::WorkerState::default();
    }

    fn messages_return(&mut self, worker: usize) {
        let messages = std::mem::take(&mut self.workers[worker].unacknowledged);
        self.queue.extend(messages);
    }
}

impl Ports {
    pub fn new(worker: usize, state: &Shared) -> Ports {
        let state = state.clone();
        Ports { worker, state }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    async fn call<T>(&self, effect: impl FnOnce(&mut State) -> T + Send) -> (Fate, Option<T>) {
        pending!();
        let mut state = self.state();
        let fate = state.fate();
        let done = (fate != Fate::Lost).then(|| effect(&mut state));
        (fate, done)
    }

    async fn answer<T>(&self, effect: impl FnOnce(&mut State) -> T + Send) -> Result<T, PortError> {
        match self.call(effect).await {
            (Fate::Done, Some(done)) => Ok(done),
            _ => Err(busy()),
        }
    }

    /// The same, of a call to the outbox.
    async fn of_outbox<T>(
        &self,
        effect: impl FnOnce(&mut State) -> T + Send,
    ) -> Result<T, PortError> {
        let answer = self.answer(effect).await;
        self.state().workers[self.worker].outbox_failed |= answer.is_err();
        answer
    }

    /// The same, of a call of the order writer to the ledger.
    async fn of_ledger<T>(
        &self,
        effect: impl FnOnce(&mut State) -> T + Send,
    ) -> Result<T, PortError> {
        let answer = self.answer(effect).await;
        self.state().workers[self.worker].ledger_failed |= answer.is_err();
        answer
    }

    /// Nothing is left with a worker that cannot do it.
    pub fn run_has_ended(&self, job: Job, ended: &Result<u32, PortError>) {
        let mut state = self.state();
        let worker = &state.workers[self.worker];
        match job {
            Job::Relay if !worker.outbox_failed => {
                assert_eq!(state.has_relay(self.worker).next(), None, "{ended:?}");
            }
            Job::WriteOrders if worker.ledger_failed => {
                assert!(ended.is_err(), "it goes on without the ledger");
                assert_eq!(worker.unacknowledged, [], "{ended:?}");
            }
            _ => {}
        }
        if state.has_relay(self.worker).next().is_none() {
            state.workers[self.worker].outbox_failed = false;
        }
    }
}

impl Clock for Ports {
    fn now_ms(&self) -> i64 {
        self.state().now_ms
    }
}

impl WakeSignal for Ports {
    fn notify(&self, _: ports::Job) {}
}

#[async_trait]
impl Outbox for Ports {
    async fn take(&self, _: u32) -> TakenEntries {
        let relay = self.worker;
        let taken = self.of_outbox(move |state| {
            let own: Vec<_> = state.has_relay(relay).copied().collect();
            let entries = match own.is_empty() {
                true => state.change().take(relay, TAKEN),
                false => own,
            };
            let entry = |entry: Entry| OutboxEntry {
                reservation: state.queued(Message {
                    reservation: entry.reservation,
                    buyer: entry.buyer,
                    position: entry.position,
                }),
                receipt: entry.id.to_string(),
            };
            let entries: Vec<_> = entries.into_iter().map(entry).collect();
            entries
        });
        match taken.await {
            Ok(entries) => {
                self.state().workers[relay].carried = entries.len();
                TakenEntries {
                    entries,
                    unread: None,
                }
            }
            Err(error) => TakenEntries {
                entries: Vec::new(),
                unread: Some(error),
            },
        }
    }

    async fn forward(&self, done: &[OutboxEntry]) -> Result<(), PortError> {
        let forwarded = self.of_outbox(|state| {
            for entry in done {
                let reservation = reservation(&entry.reservation);
                let put = state.was_put.contains(&reservation);
                assert!(
                    put,
                    "{reservation} left the outbox, and the queue has it not"
                );
            }
            state.change().forward(&ids(done));
        });
        forwarded.await
    }

    async fn give_back(&self, entries: &[OutboxEntry]) -> Result<(), PortError> {
        let relay = self.worker;
        let given = self.of_outbox(|state| {
            state.change().give_back(relay, &ids(entries));
        });
        given.await
    }

    async fn depth(&self) -> Result<u64, PortError> {
        self.answer(|state| state.gate.outbox.len() as u64).await
    }
}

fn ids(entries: &[OutboxEntry]) -> Vec<u64> {
    let ids = entries.iter().map(|entry| entry.receipt.parse().unwrap());
    ids.collect()
}

#[async_trait]
impl OrderQueue for Ports {
    async fn can_put(&self) -> Result<(), PortError> {
        self.answer(|_| ()).await
    }

    async fn put(&self, entries: &[QueuedReservation]) -> Result<(), PortError> {
        pending!();
        let mut state = self.state();
        let fate = state.fate();
        state.workers[self.worker].carried = 0;
        for entry in entries {
            // Without a confirm nobody knows which were put.
            if fate == Fate::Done || state.chance(50) {
                state.queue.push(message(entry));
                state.was_put.insert(reservation(entry));
            }
        }
        match fate {
            Fate::Done => Ok(()),
            _ => Err(busy()),
        }
    }

    async fn take_batch(&self, limit: u32) -> Result<Vec<QueuedReservation>, PortError> {
        let worker = self.worker;
        let taken = self.answer(move |state| {
            let failed = state.workers[worker].ledger_failed;
            assert!(!failed, "it takes messages that it cannot write");
            let wanted = match state.is_calm {
                true => state.queue.len(),
                false => state.queue.len().min(DELIVERED),
            };
            for _ in 0..wanted {
                let waiting = state.queue.len();
                let place = state.rng.random_range(0..waiting);
                let message = state.queue.swap_remove(place);
                state.workers[worker].unacknowledged.push(message);
            }
            let mut batch: Vec<QueuedReservation> = Vec::new();
            for message in &state.workers[worker].unacknowledged {
                let queued = state.queued(*message);
                if batch.len() < limit as usize && !batch.contains(&queued) {
                    batch.push(queued);
                }
            }
            batch
        });
        taken.await
    }

    async fn give_back(&self) -> Result<(), PortError> {
        pending!();
        self.state().messages_return(self.worker);
        Ok(())
    }

    async fn ack(&self, done: &[QueuedReservation]) -> Result<(), PortError> {
        pending!();
        let mut state = self.state();
        for entry in done {
            let reservation = reservation(entry);
            let ended = state.ledger.rows.contains_key(&reservation);
            assert!(
                ended,
                "{reservation} is acknowledged, and the ledger has it not"
            );
        }
        if state.fate() == Fate::Done {
            let is_done = |message: &Message| {
                done.iter()
                    .any(|entry| reservation(entry) == message.reservation)
            };
            let has = &mut state.workers[self.worker].unacknowledged;
            has.retain(|message| !is_done(message));
        } else {
            // Its connection is lost, and everything comes again.
            state.messages_return(self.worker);
        }
        Ok(())
    }

    async fn retry_later(&self, entry: &QueuedReservation) -> Result<bool, PortError> {
        pending!();
        let mut state = self.state();
        let has = &mut state.workers[self.worker].unacknowledged;
        let before = has.len();
        has.retain(|message| message.reservation != reservation(entry));
        if has.len() < before {
            state.queue.push(message(entry));
        }
        Ok(false)
    }

    async fn depth(&self) -> Result<Depth, PortError> {
        unreachable!("for loads and comparisons, which the model has itself")
    }

    async fn under_way(&self) -> Result<UnderWay, PortError> {
        unreachable!("for loads and comparisons, which the model has itself")
    }

    async fn in_flight(&self) -> Result<InFlight, PortError> {
        unreachable!("for loads and comparisons, which the model has itself")
    }
}

#[async_trait]
impl OrderWriter for Ports {
    async fn can_write(&self) -> Result<(), PortError> {
        let worker = self.worker;
        let can = self.answer(move |state| state.workers[worker].ledger_failed = false);
        can.await
    }

    async fn write(
        &self,
        batch: &[(QueuedReservation, OrderId)],
        _: i64,
    ) -> Result<Vec<WriteOutcome>, PortError> {
        if self.state().chance(4) {
            return Err(PortError::failed("model", "it is refused"));
        }
        let write = |state: &mut State| {
            let write = |(entry, order_id): &(QueuedReservation, OrderId)| {
                let message = message(entry);
                match state.ledger.write(message) {
                    RowState::Ordered | RowState::Closed => WriteOutcome::Ordered(*order_id),
                    RowState::SoldOut => WriteOutcome::Failed(Rejection::SoldOut),
                    RowState::Refused => WriteOutcome::Failed(Rejection::AlreadyReserved),
                    RowState::GivenUp => WriteOutcome::Failed(Rejection::Busy),
                }
            };
            batch.iter().map(write).collect()
        };
        self.of_ledger(write).await
    }

    async fn fail(
        &self,
        batch: &[QueuedReservation],
        _: Rejection,
        _: i64,
    ) -> Result<Vec<WriteOutcome>, PortError> {
        let fail = |state: &mut State| {
            for entry in batch {
                let is_late = state.now_ms - entry.held_at_ms >= LATE_AFTER_MS;
                assert!(is_late, "{entry:?} is given up");
                state.ledger.give_up(message(entry));
            }
            let failed = WriteOutcome::Failed(Rejection::Busy);
            batch.iter().map(|_| failed).collect()
        };
        self.of_ledger(fail).await
    }
}

#[async_trait]
impl DueReleases for Ports {
    async fn due_releases(&self, skip: u32, limit: u32) -> Result<Vec<DueRelease>, PortError> {
        let due = self.answer(move |state| {
            let due = state.ledger.rows.iter().filter_map(|(reservation, row)| {
                let release = match row.due? {
                    Due::Return => Release::Return,
                    Due::Withdraw => Release::Withdraw,
                };
                let unit = unit(*reservation, row.buyer);
                Some(DueRelease { unit, release })
            });
            due.skip(skip as usize).take(limit as usize).collect()
        });
        due.await
    }

    async fn released(&self, done: &[ReservationId]) -> Result<(), PortError> {
        let released = self.answer(|state| {
            for id in done {
                let reservation = number(id.0);
                let released = state.was_released.contains(&reservation);
                assert!(released, "the gate has not released {reservation}");
                state.ledger.rows.get_mut(&reservation).unwrap().due = None;
            }
        });
        released.await
    }
}

#[async_trait]
impl Restock for Ports {
    async fn release(&self, unit: Unit, release: Release) -> Result<Released, PortError> {
        pending!();
        let mut state = self.state();
        let (reservation, buyer) = (number(unit.reservation_id.0), number(unit.buyer.0));
        let row = state.ledger.rows[&reservation];
        let withdraw = release == Release::Withdraw;
        assert_ne!(row.state, RowState::Ordered, "{reservation} has an order");
        assert_eq!(row.state == RowState::SoldOut, withdraw, "{row:?}");
        if state.chance(10) {
            state.late.push(Call::Release(reservation, buyer, withdraw));
            return Err(busy());
        }
        if state.release(reservation, buyer, withdraw) == ModelReleased::Closed {
            state.gate.close();
        }
        match state.chance(10) {
            true => Err(busy()),
            false => Ok(Released { returns: 0 }),
        }
    }

    async fn reconcile(&self, _: ItemId) -> Result<Reconciled, PortError> {
        unreachable!("the model has its own")
    }
}
