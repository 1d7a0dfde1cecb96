//! [`Outbox`] on Redis streams: one per segment, written by `reserve` in the same step as the hold,
//! read by relays, which are one consumer group.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use futures::future::try_join_all;
use uuid::Uuid;

use super::{Arg, GateClock, Redis, keys, scripts, segment::Segment};
use crate::engine::ports::{Outbox, OutboxEntry, PortError, QueuedReservation};

/// The list of outboxes is read again after this long.
const LIST_LIFE: Duration = Duration::from_secs(1);
/// An empty outbox leaves the list this long after the end of its item's window.
const RETIRE_AFTER_MS: i64 = 24 * 3_600_000;
/// Outboxes that are read at the same time.
const CONCURRENT_READS: usize = 32;
/// Outboxes that are read of the list.
const MAX_OUTBOXES: usize = 20_000;

/// The outboxes of all items, as one relay reads them.
pub struct RedisOutbox {
    redis: Redis,
    clock: GateClock,
    /// The name of this relay in the consumer group.
    relay: String,
    /// Entries that another relay has had for this long without forwarding them are taken over.
    idle: Duration,
    state: Mutex<State>,
    next: AtomicUsize,
}

#[derive(Default)]
struct State {
    /// Tags of segments.
    list: Vec<String>,
    /// When `list` was read.
    listed_at: Option<Instant>,
    /// When entries of dead relays were claimed last.
    claimed_at: Option<Instant>,
    /// Receipts of entries that were taken and not forwarded.
    taken: HashSet<String>,
    /// A call failed: Redis may have handed out entries that never arrived here.
    reread: bool,
}

/// An entry as the script hands it out: its id, and fields and values in turn.
type RawEntry = (String, Vec<String>);

impl RedisOutbox {
    /// The outboxes under the namespace of `redis`; `clock` is the gate's. Entries that another
    /// relay has had for `idle` are taken over: longer than a relay waits for the queue's confirm.
    pub fn new(redis: Redis, clock: GateClock, idle: Duration) -> Self {
        Self {
            redis,
            clock,
            relay: Uuid::now_v7().to_string(),
            idle,
            state: Mutex::default(),
            next: AtomicUsize::new(0),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tags of the segments that may have entries.
    async fn list(&self) -> Result<Vec<String>, PortError> {
        {
            let state = self.state();
            if state.listed_at.is_some_and(|at| at.elapsed() < LIST_LIFE) {
                return Ok(state.list.clone());
            }
        }
        let mut read = redis::cmd("ZRANGE");
        read.arg(keys::outboxes(&self.redis));
        read.arg(0).arg(MAX_OUTBOXES - 1).arg("WITHSCORES");
        let listed: Vec<(String, i64)> = self.redis.query(&read).await?;
        let now_ms = self.clock.now_ms(&self.redis).await?;
        let mut list = Vec::with_capacity(listed.len());
        for (tag, ends_at_ms) in listed {
            let over = ends_at_ms + RETIRE_AFTER_MS < now_ms;
            if !over || !self.retire(&tag).await? {
                list.push(tag);
            }
        }
        let mut state = self.state();
        state.listed_at = Some(Instant::now());
        state.list.clone_from(&list);
        Ok(list)
    }

    /// Removes an outbox from the list, if it is empty.
    async fn retire(&self, tag: &str) -> Result<bool, PortError> {
        let keys = [self.stream(tag)];
        let empty: bool = self
            .redis
            .invoke(&scripts::outbox::RETIRE, &keys, &[])
            .await?;
        if empty {
            let mut remove = redis::cmd("ZREM");
            remove.arg(keys::outboxes(&self.redis)).arg(tag);
            self.redis.query::<i64>(&remove).await?;
        }
        Ok(empty)
    }

    fn stream(&self, tag: &str) -> String {
        Segment::tagged(tag).key(&self.redis, keys::OUTBOX)
    }

    /// Reads all outboxes, beginning with another one every time: first a fair share of each, then
    /// more of those that have more. With `again`, entries that this relay has are handed out
    /// again.
    async fn read(
        &self,
        limit: usize,
        mut again: bool,
    ) -> Result<Vec<(String, RawEntry)>, PortError> {
        let mut tags = self.list().await?;
        if tags.len() > CONCURRENT_READS {
            tags = self.not_empty(&tags).await?;
        }
        if tags.is_empty() {
            return Ok(Vec::new());
        }
        let first = self.next.fetch_add(1, Ordering::Relaxed) % tags.len();
        tags.rotate_left(first);
        let mut found = Vec::new();
        let mut claim = self.claim_is_due();
        while !tags.is_empty() && found.len() < limit {
            let mut more = Vec::new();
            for group in tags.chunks(CONCURRENT_READS) {
                let share = (limit.saturating_sub(found.len())) / group.len();
                let share = share.max(1);
                let reads = group
                    .iter()
                    .take(limit.saturating_sub(found.len()))
                    .map(|tag| self.read_one(tag, share, again, claim));
                for (tag, entries) in group.iter().zip(try_join_all(reads).await?) {
                    if entries.len() >= share {
                        more.push(tag.clone());
                    }
                    found.extend(entries.into_iter().map(|entry| (tag.clone(), entry)));
                }
            }
            // Own and claimed entries once: a second read would hand out the same again.
            (again, claim) = (false, false);
            tags = more;
        }
        Ok(found)
    }

    /// How many entries are in each of these outboxes: much cheaper than reading them.
    async fn lengths(&self, tags: &[String]) -> Result<Vec<u64>, PortError> {
        let mut lengths = Vec::with_capacity(tags.len());
        for group in tags.chunks(CONCURRENT_READS) {
            let reads = group.iter().map(async |tag| {
                let mut length = redis::cmd("XLEN");
                length.arg(self.stream(tag));
                self.redis.query::<u64>(&length).await
            });
            lengths.extend(try_join_all(reads).await?);
        }
        Ok(lengths)
    }

    async fn not_empty(&self, tags: &[String]) -> Result<Vec<String>, PortError> {
        let lengths = self.lengths(tags).await?;
        let not_empty = tags.iter().zip(lengths).filter(|(_, length)| *length > 0);
        Ok(not_empty.map(|(tag, _)| tag.clone()).collect())
    }

    /// Whether it is time to claim entries of dead relays.
    fn claim_is_due(&self) -> bool {
        let mut state = self.state();
        let due = state
            .claimed_at
            .is_none_or(|at| at.elapsed() >= self.idle / 5);
        if due {
            state.claimed_at = Some(Instant::now());
        }
        due
    }

    async fn read_one(
        &self,
        tag: &str,
        count: usize,
        again: bool,
        claim: bool,
    ) -> Result<Vec<RawEntry>, PortError> {
        let idle = match claim {
            true => self.idle.as_millis().to_string(),
            false => String::new(),
        };
        let args = [
            Arg::Text(&self.relay),
            Arg::Number(count as i64),
            Arg::Number(i64::from(again)),
            Arg::Text(&idle),
        ];
        let keys = [self.stream(tag)];
        self.redis
            .invoke(&scripts::outbox::TAKE, &keys, &args)
            .await
    }

    /// Removes entries from their outboxes.
    async fn remove(&self, receipts: impl Iterator<Item = &str>) -> Result<(), PortError> {
        let mut by_tag: BTreeMap<&str, Vec<Arg<'_>>> = BTreeMap::new();
        for receipt in receipts {
            // A receipt of another outbox has nothing to remove here.
            if let Some((tag, id)) = receipt.split_once(' ') {
                by_tag.entry(tag).or_default().push(Arg::Text(id));
            }
        }
        let removals = by_tag.iter().flat_map(|(tag, ids)| {
            ids.chunks(1000).map(async |ids| {
                let keys = [self.stream(tag)];
                self.redis
                    .invoke::<i64>(&scripts::outbox::FORWARD, &keys, ids)
                    .await
            })
        });
        try_join_all(removals).await.map(drop)
    }
}

#[async_trait]
impl Outbox for RedisOutbox {
    async fn take(&self, limit: u32) -> Result<Vec<OutboxEntry>, PortError> {
        let again = {
            let state = self.state();
            state.reread || !state.taken.is_empty()
        };
        let found = match self.read(limit as usize, again).await {
            Ok(found) => found,
            Err(error) => {
                self.state().reread = true;
                return Err(error);
            }
        };
        let mut entries = Vec::with_capacity(found.len());
        let mut unreadable = Vec::new();
        for (tag, (id, fields)) in found {
            let receipt = format!("{tag} {id}");
            match decode(&fields) {
                Some(reservation) => entries.push(OutboxEntry {
                    reservation,
                    receipt,
                }),
                None => {
                    // No script writes such an entry. If it was a hold, reconcile sends it again
                    // from the record of its holder.
                    tracing::error!(
                        receipt,
                        ?fields,
                        "cannot read an outbox entry, something else wrote it; it is removed"
                    );
                    unreadable.push(receipt);
                }
            }
        }
        {
            let mut state = self.state();
            // Outboxes that were not read may have entries that were handed out before.
            state.reread = again && entries.len() >= limit as usize;
            state.taken = entries.iter().map(|entry| entry.receipt.clone()).collect();
        }
        if !unreadable.is_empty() {
            self.remove(unreadable.iter().map(String::as_str)).await?;
        }
        Ok(entries)
    }

    async fn forward(&self, done: &[OutboxEntry]) -> Result<(), PortError> {
        self.remove(done.iter().map(|entry| entry.receipt.as_str()))
            .await?;
        let mut state = self.state();
        for entry in done {
            state.taken.remove(&entry.receipt);
        }
        Ok(())
    }

    async fn depth(&self) -> Result<u64, PortError> {
        let tags = self.list().await?;
        Ok(self.lengths(&tags).await?.into_iter().sum())
    }
}

/// The reservation in the fields of an entry.
fn decode(fields: &[String]) -> Option<QueuedReservation> {
    let field = |name: &str| {
        let mut pairs = fields.chunks_exact(2);
        pairs.find(|pair| pair[0] == name).map(|pair| &pair[1])
    };
    Some(QueuedReservation {
        reservation_id: field("reservation_id")?.parse().ok()?,
        item_id: field("item_id")?.parse().ok()?,
        buyer: field("buyer")?.parse().ok()?,
        path: field("path")?.clone(),
        position: field("position")?.parse().ok()?,
        held_at_ms: field("held_at_ms")?.parse().ok()?,
    })
}
