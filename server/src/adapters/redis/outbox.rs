//! [`Outbox`] on Redis streams: one per segment, written by `reserve` in the same step as the hold,
//! read by relays, which are one consumer group. In a Redis Cluster they are on several masters, and
//! one that does not answer does not stop the others.

mod list;
mod taken;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use futures::future::join_all;
use redis::Script;
use uuid::Uuid;

use super::{Arg, GateClock, PORT, Redis, keys, scripts, segment::Segment};
use crate::engine::ports::{Outbox, OutboxEntry, PortError, QueuedReservation, TakenEntries, Unit};
use list::OutboxList;
use taken::Taken;

/// Outboxes that are read at the same time.
const CONCURRENT_READS: usize = 32;
/// Entries that one call of a script removes or gives back.
const IDS_A_CALL: usize = 1000;

/// The outboxes of all items, as read by one relay.
pub struct RedisOutbox {
    redis: Redis,
    list: OutboxList,
    /// The name of this relay in the consumer group.
    relay: String,
    /// Entries that another relay has had for this long without forwarding are taken over.
    idle: Duration,
    taken: Mutex<Taken>,
    next: AtomicUsize,
}

/// Selects the entries that a call takes.
#[derive(Clone, Copy)]
enum Which {
    /// Entries that this relay has.
    Own,
    /// Entries that no running relay has.
    Free,
}

/// The first error of several independent calls.
#[derive(Default)]
struct FirstError(Option<PortError>);

impl FirstError {
    /// Returns the answer, or keeps the error.
    fn note<T>(&mut self, answer: Result<T, PortError>) -> Option<T> {
        match answer {
            Ok(answer) => Some(answer),
            Err(error) => {
                self.0.get_or_insert(error);
                None
            }
        }
    }

    fn is_none(&self) -> bool {
        self.0.is_none()
    }

    fn into_result(self) -> Result<(), PortError> {
        self.0.map_or(Ok(()), Err)
    }
}

/// An entry as the script returns it: its id, then fields and values alternately.
type RawEntry = (String, Vec<String>);
/// Tags of outboxes, and entries of each.
type Found = Vec<(String, RawEntry)>;

fn stream(redis: &Redis, tag: &str) -> String {
    Segment::tagged(tag).key(redis, keys::OUTBOX)
}

fn receipt(tag: &str, id: &str) -> String {
    format!("{tag} {id}")
}

fn tag_and_id(receipt: &str) -> Option<(&str, &str)> {
    receipt.split_once(' ')
}

impl RedisOutbox {
    /// The outboxes in the namespace of `redis`; `clock` is the gate's. Entries that another relay
    /// has had for `idle` are taken over: longer than a relay waits for the queue's confirm.
    pub fn new(redis: Redis, clock: GateClock, idle: Duration) -> Self {
        Self {
            list: OutboxList::new(redis.clone(), clock),
            redis,
            relay: Uuid::now_v7().to_string(),
            idle,
            taken: Mutex::default(),
            next: AtomicUsize::new(0),
        }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Entries that this relay has and has not forwarded or given back.
    async fn read_own(&self, limit: usize, errors: &mut FirstError) -> Found {
        let mut tags = self.list.tags(errors).await;
        {
            let mut taken = self.taken();
            taken.forget_unlisted(&self.list.all());
            let open = taken.open.iter().filter_map(|receipt| tag_and_id(receipt));
            let asked: BTreeSet<_> = open.map(|(tag, _)| tag).collect();
            tags.retain(|tag| asked.contains(tag.as_str()) || taken.unsure.contains(tag));
        }
        let mut found = Vec::new();
        for group in tags.chunks(CONCURRENT_READS) {
            // There are never more in all than the limit they were taken with.
            let share = limit.saturating_sub(found.len()).max(1);
            for (tag, entries) in self.read_group(group, share, Which::Own, errors).await {
                found.extend(entries.into_iter().map(|entry| (tag.clone(), entry)));
            }
        }
        found
    }

    /// Reads all outboxes, starting with a different one every time: first a fair share of each,
    /// then more of those that have more.
    async fn read_free(&self, limit: usize, errors: &mut FirstError) -> Found {
        let mut tags = self.list.tags(errors).await;
        if tags.len() > CONCURRENT_READS {
            tags = self.not_empty(&tags, errors).await;
        }
        if tags.is_empty() {
            return Vec::new();
        }
        let first = self.next.fetch_add(1, Ordering::Relaxed) % tags.len();
        tags.rotate_left(first);
        let mut found = Vec::new();
        while !tags.is_empty() && found.len() < limit {
            let mut more = Vec::new();
            for group in tags.chunks(CONCURRENT_READS) {
                let left = limit.saturating_sub(found.len());
                let share = (left / group.len()).max(1);
                let asked = &group[..group.len().min(left)];
                for (tag, entries) in self.read_group(asked, share, Which::Free, errors).await {
                    if entries.len() >= share {
                        more.push(tag.clone());
                    }
                    found.extend(entries.into_iter().map(|entry| (tag.clone(), entry)));
                }
            }
            tags = more;
        }
        found
    }

    /// Reads outboxes at the same time, and records what this relay now has.
    async fn read_group(
        &self,
        tags: &[String],
        share: usize,
        which: Which,
        errors: &mut FirstError,
    ) -> Vec<(String, Vec<RawEntry>)> {
        let answers = join_all(tags.iter().map(|tag| self.read_one(tag, share, which))).await;
        let mut taken = self.taken();
        let mut read = Vec::with_capacity(tags.len());
        for (tag, answer) in tags.iter().zip(answers) {
            let Some(entries) = errors.note(answer) else {
                taken.unsure.insert(tag.clone());
                self.list.note_no_answer(tag);
                continue;
            };
            if let Which::Own = which {
                let of_tag =
                    |receipt: &String| tag_and_id(receipt).is_some_and(|(of, _)| of == tag);
                taken.open.retain(|receipt| !of_tag(receipt));
                taken.unsure.remove(tag);
                if entries.len() >= share {
                    taken.unsure.insert(tag.clone());
                }
            }
            taken
                .open
                .extend(entries.iter().map(|(id, _)| receipt(tag, id)));
            read.push((tag.clone(), entries));
        }
        read
    }

    async fn read_one(
        &self,
        tag: &str,
        count: usize,
        which: Which,
    ) -> Result<Vec<RawEntry>, PortError> {
        let args = [
            Arg::Text(&self.relay),
            Arg::Number(count as i64),
            Arg::Number(i64::from(matches!(which, Which::Own))),
            Arg::Number(self.idle.as_millis() as i64),
        ];
        let keys = [stream(&self.redis, tag)];
        self.redis
            .invoke(&scripts::outbox::TAKE, &keys, &args)
            .await
    }

    /// The number of entries in each of these outboxes: much cheaper than reading them.
    async fn lengths(&self, tags: &[String]) -> Vec<Result<u64, PortError>> {
        let mut lengths = Vec::with_capacity(tags.len());
        for group in tags.chunks(CONCURRENT_READS) {
            let reads = group.iter().map(async |tag| {
                let mut length = redis::cmd("XLEN");
                length.arg(stream(&self.redis, tag));
                self.redis.query::<u64>(&length).await
            });
            lengths.extend(join_all(reads).await);
        }
        lengths
    }

    async fn not_empty(&self, tags: &[String], errors: &mut FirstError) -> Vec<String> {
        let mut not_empty = Vec::new();
        for (tag, length) in tags.iter().zip(self.lengths(tags).await) {
            match errors.note(length) {
                None => self.list.note_no_answer(tag),
                Some(0) => {}
                Some(_) => not_empty.push(tag.clone()),
            }
        }
        not_empty
    }

    /// Calls `script` with the ids of these entries, after `args`. When it succeeds, this relay no
    /// longer has them.
    async fn part_with(
        &self,
        script: &Script,
        args: &[Arg<'_>],
        receipts: impl Iterator<Item = &str>,
    ) -> Result<(), PortError> {
        let mut by_tag: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        // Ignores receipts of other kinds of outboxes.
        for (tag, id) in receipts.filter_map(tag_and_id) {
            by_tag.entry(tag).or_default().push(id);
        }
        let calls = by_tag.iter().flat_map(|(tag, ids)| {
            ids.chunks(IDS_A_CALL).map(move |ids| async move {
                let keys = [stream(&self.redis, tag)];
                let ids_as_args = ids.iter().map(|id| Arg::Text(id));
                let args: Vec<_> = args.iter().copied().chain(ids_as_args).collect();
                let answer = self.redis.invoke::<i64>(script, &keys, &args).await;
                (*tag, ids, answer)
            })
        });
        let mut errors = FirstError::default();
        for (tag, ids, answer) in join_all(calls).await {
            if errors.note(answer).is_some() {
                let mut taken = self.taken();
                for id in ids {
                    taken.open.remove(&receipt(tag, id));
                }
            }
        }
        errors.into_result()
    }

    async fn remove(&self, receipts: impl Iterator<Item = &str>) -> Result<(), PortError> {
        self.part_with(&scripts::outbox::FORWARD, &[], receipts)
            .await
    }
}

#[async_trait]
impl Outbox for RedisOutbox {
    async fn take(&self, limit: u32) -> TakenEntries {
        let asked_at = Instant::now();
        let limit = limit as usize;
        let mut errors = FirstError::default();
        let has_open = {
            let taken = self.taken();
            !taken.open.is_empty() || !taken.unsure.is_empty()
        };
        let mut found = Vec::new();
        if has_open {
            found = self.read_own(limit, &mut errors).await;
        }
        if found.is_empty() {
            found = self.read_free(limit, &mut errors).await;
        }
        if asked_at.elapsed() >= self.idle {
            // This process was paused. Other relays may have these entries now, and if Redis lost
            // them, the gate may have been loaded again without them.
            errors.note::<()>(Err(PortError::busy(
                PORT,
                "this process was paused while it took entries; they are taken again",
            )));
            found.clear();
        }
        let mut entries = Vec::with_capacity(found.len());
        let mut unreadable = Vec::new();
        for (tag, (id, fields)) in found {
            let receipt = receipt(&tag, &id);
            match decode(&fields) {
                Some(reservation) => entries.push(OutboxEntry {
                    reservation,
                    receipt,
                }),
                None => {
                    // No script writes such an entry. If it was a hold, reconcile sends it again
                    // from its holder's record.
                    tracing::error!(
                        receipt,
                        ?fields,
                        "cannot read an outbox entry, something else wrote it; it is removed"
                    );
                    unreadable.push(receipt);
                }
            }
        }
        if !unreadable.is_empty() {
            let removed = self.remove(unreadable.iter().map(String::as_str)).await;
            errors.note(removed);
        }
        TakenEntries {
            entries,
            unread: errors.into_result().err(),
        }
    }

    async fn forward(&self, done: &[OutboxEntry]) -> Result<(), PortError> {
        self.remove(done.iter().map(|entry| entry.receipt.as_str()))
            .await
    }

    async fn give_back(&self, entries: &[OutboxEntry]) -> Result<(), PortError> {
        let receipts = entries.iter().map(|entry| entry.receipt.as_str());
        let relay = [Arg::Text(&self.relay)];
        self.part_with(&scripts::outbox::GIVE_BACK, &relay, receipts)
            .await
    }

    async fn depth(&self) -> Result<u64, PortError> {
        let mut errors = FirstError::default();
        let tags = self.list.tags(&mut errors).await;
        let lengths = self.lengths(&tags).await;
        let depth = lengths.into_iter().sum::<Result<u64, _>>()?;
        errors.into_result().map(|()| depth)
    }
}

/// Reads the reservation in the fields of an entry.
fn decode(fields: &[String]) -> Option<QueuedReservation> {
    let field = |name: &str| {
        let mut pairs = fields.chunks_exact(2);
        pairs.find(|pair| pair[0] == name).map(|pair| &pair[1])
    };
    Some(QueuedReservation {
        unit: Unit {
            reservation_id: field("reservation_id")?.parse().ok()?,
            item_id: field("item_id")?.parse().ok()?,
            buyer: field("buyer")?.parse().ok()?,
        },
        path: field("path")?.clone(),
        position: field("position")?.parse().ok()?,
        held_at_ms: field("held_at_ms")?.parse().ok()?,
        replayed: field("replayed").is_some(),
    })
}
