//! [`Outbox`] on Redis streams: one per segment, written by `reserve` in the same step as the hold,
//! read by a consumer group of relays.

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

use super::{Arg, GateClock, Redis, scripts, segment, segment::Segment};
use crate::engine::ports::{Outbox, OutboxEntry, PortError, QueuedReservation};

/// The list of outboxes is read again after this long.
const LIST: Duration = Duration::from_secs(1);
/// An empty outbox leaves the list this long after the end of its item's window.
const RETIRE_MS: i64 = 24 * 3_600_000;
/// Outboxes that are asked at the same time.
const ABREAST: usize = 32;
/// Outboxes on the list.
const MOST: usize = 20_000;

/// The outboxes of all items, seen by one relay.
pub struct RedisOutbox {
    redis: Redis,
    clock: GateClock,
    /// This process among all relays.
    name: String,
    /// Entries that a relay has had for this long without forwarding them are taken over.
    idle: Duration,
    state: Mutex<State>,
    next: AtomicUsize,
}

#[derive(Default)]
struct State {
    /// Tags of segments, and when they were read.
    list: Vec<String>,
    listed_at: Option<Instant>,
    /// When entries of dead relays were last looked for.
    claimed_at: Option<Instant>,
    /// Receipts of what was taken and not forwarded.
    taken: HashSet<String>,
    /// A call broke off: Redis may have handed out what never arrived here.
    broken: bool,
}

/// An entry as the script hands it out.
type Raw = (String, Vec<String>);

impl RedisOutbox {
    /// The outboxes under the namespace of `redis`; `clock` is the gate's. Entries that another relay has had for `idle`
    /// are taken over: longer than a relay waits for the queue's confirm.
    pub fn new(redis: Redis, clock: GateClock, idle: Duration) -> Self {
        Self {
            redis,
            clock,
            name: Uuid::now_v7().to_string(),
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
            if state.listed_at.is_some_and(|at| at.elapsed() < LIST) {
                return Ok(state.list.clone());
            }
        }
        let mut read = redis::cmd("ZRANGE");
        read.arg(segment::outboxes(&self.redis));
        read.arg(0).arg(MOST - 1).arg("WITHSCORES");
        let listed: Vec<(String, i64)> = self.redis.ask(&read).await?;
        let now_ms = self.clock.now_ms(&self.redis).await?;
        let mut list = Vec::with_capacity(listed.len());
        for (tag, ends_at_ms) in listed {
            let over = ends_at_ms + RETIRE_MS < now_ms;
            if !over || !self.retire(&tag).await? {
                list.push(tag);
            }
        }
        let mut state = self.state();
        state.listed_at = Some(Instant::now());
        state.list.clone_from(&list);
        Ok(list)
    }

    /// Takes an outbox off the list, if it is empty.
    async fn retire(&self, tag: &str) -> Result<bool, PortError> {
        let keys = [self.stream(tag)];
        let empty: bool = self.redis.run(&scripts::OUTBOX_RETIRE, &keys, &[]).await?;
        if empty {
            let mut remove = redis::cmd("ZREM");
            remove.arg(segment::outboxes(&self.redis)).arg(tag);
            self.redis.ask::<i64>(&remove).await?;
        }
        Ok(empty)
    }

    fn stream(&self, tag: &str) -> String {
        Segment::tagged(tag).key(&self.redis, "outbox")
    }

    /// Reads from all outboxes in turn, beginning with another one every time: first a fair share
    /// of each, then the rest of those that have more.
    async fn read(&self, limit: usize, mut again: bool) -> Result<Vec<(String, Raw)>, PortError> {
        let mut tags = self.list().await?;
        if tags.len() > ABREAST {
            tags = self.with_entries(&tags).await?;
        }
        if tags.is_empty() {
            return Ok(Vec::new());
        }
        let first = self.next.fetch_add(1, Ordering::Relaxed) % tags.len();
        tags.rotate_left(first);
        let mut found = Vec::new();
        let mut claim = self.claims();
        while !tags.is_empty() && found.len() < limit {
            let mut more = Vec::new();
            for group in tags.chunks(ABREAST) {
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
            // Its own and the orphans once: a second look would hand out the same again.
            (again, claim) = (false, false);
            tags = more;
        }
        Ok(found)
    }

    /// How much is in each of these outboxes: much cheaper than looking into them.
    async fn lengths(&self, tags: &[String]) -> Result<Vec<u64>, PortError> {
        let mut lengths = Vec::with_capacity(tags.len());
        for group in tags.chunks(ABREAST) {
            let asked = group.iter().map(async |tag| {
                let mut length = redis::cmd("XLEN");
                length.arg(self.stream(tag));
                self.redis.ask::<u64>(&length).await
            });
            lengths.extend(try_join_all(asked).await?);
        }
        Ok(lengths)
    }

    async fn with_entries(&self, tags: &[String]) -> Result<Vec<String>, PortError> {
        let lengths = self.lengths(tags).await?;
        let filled = tags.iter().zip(lengths).filter(|(_, length)| *length > 0);
        Ok(filled.map(|(tag, _)| tag.clone()).collect())
    }

    /// Whether it is time to look for entries of dead relays.
    fn claims(&self) -> bool {
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
    ) -> Result<Vec<Raw>, PortError> {
        let idle = match claim {
            true => self.idle.as_millis().to_string(),
            false => String::new(),
        };
        let args = [
            Arg::Text(&self.name),
            Arg::Number(count as i64),
            Arg::Number(i64::from(again)),
            Arg::Text(&idle),
        ];
        let keys = [self.stream(tag)];
        self.redis.run(&scripts::OUTBOX_TAKE, &keys, &args).await
    }

    /// Entries leave their outboxes.
    async fn remove(&self, receipts: impl Iterator<Item = &str>) -> Result<(), PortError> {
        let mut by_tag: BTreeMap<&str, Vec<Arg<'_>>> = BTreeMap::new();
        for receipt in receipts {
            // An outbox knows its own receipts; another's has nothing to forward here.
            if let Some((tag, id)) = receipt.split_once(' ') {
                by_tag.entry(tag).or_default().push(Arg::Text(id));
            }
        }
        let removals = by_tag.iter().flat_map(|(tag, ids)| {
            ids.chunks(1000).map(async |ids| {
                let keys = [self.stream(tag)];
                self.redis
                    .run::<i64>(&scripts::OUTBOX_FORWARD, &keys, ids)
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
            state.broken || !state.taken.is_empty()
        };
        let found = match self.read(limit as usize, again).await {
            Ok(found) => found,
            Err(error) => {
                self.state().broken = true;
                return Err(error);
            }
        };
        let mut entries = Vec::with_capacity(found.len());
        let mut malformed = Vec::new();
        for (tag, (id, fields)) in found {
            let receipt = format!("{tag} {id}");
            match reservation(&fields) {
                Some(reservation) => entries.push(OutboxEntry {
                    reservation,
                    receipt,
                }),
                None => {
                    // None of our scripts writes such a thing. If it was a hold, it is sent again
                    // from the list of holders.
                    tracing::error!(receipt, ?fields, "an unreadable outbox entry is dropped");
                    malformed.push(receipt);
                }
            }
        }
        {
            let mut state = self.state();
            // Outboxes that were not asked may still have some that were handed out before.
            state.broken = again && entries.len() >= limit as usize;
            state.taken = entries.iter().map(|entry| entry.receipt.clone()).collect();
        }
        if !malformed.is_empty() {
            self.remove(malformed.iter().map(String::as_str)).await?;
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

/// What the scripts wrote, or `None`.
fn reservation(fields: &[String]) -> Option<QueuedReservation> {
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
