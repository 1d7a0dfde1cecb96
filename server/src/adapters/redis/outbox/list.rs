//! The list of outboxes, and which of them to ask now.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures::future::{join_all, try_join_all};

use super::{FirstError, stream};
use crate::{
    adapters::redis::{GateClock, PORT, Redis, keys, scripts},
    chain::Chain,
    engine::ports::PortError,
};

/// The list is read again after this long, and an outbox that did not answer is asked again.
const LIFE: Duration = Duration::from_secs(1);
/// An empty outbox leaves the list this long after the end of its item's window.
const RETIRE_AFTER_MS: i64 = 24 * 3_600_000;
/// Most outboxes that are read from a copy of the list.
const MAX_OUTBOXES: usize = 20_000;

/// The list of outboxes, as known to one relay.
pub(super) struct OutboxList {
    redis: Redis,
    clock: GateClock,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Tags of segments.
    tags: Vec<String>,
    /// When they were last read, successfully or not.
    read_at: Option<Instant>,
    /// Why that failed.
    error: Option<String>,
    /// When an outbox did not answer, by its tag.
    unanswered: HashMap<String, Instant>,
}

impl OutboxList {
    pub(super) fn new(redis: Redis, clock: GateClock) -> Self {
        Self {
            redis,
            clock,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tags of the segments that may have entries, without those that just did not answer: asking
    /// them again would delay the others. If the list cannot be read now, the last one is used.
    pub(super) async fn tags(&self, errors: &mut FirstError) -> Vec<String> {
        let is_fresh = |state: &State| state.read_at.is_some_and(|at| at.elapsed() < LIFE);
        if !is_fresh(&self.state()) {
            let mut failed = FirstError::default();
            let tags = self.read(&mut failed).await;
            let error = failed.into_result().err();
            let mut state = self.state();
            state.read_at = Some(Instant::now());
            state.error = error.map(|error| Chain(&error).to_string());
            if let Some(tags) = tags {
                state.tags = tags;
            }
        }
        let mut state = self.state();
        if let Some(error) = &state.error {
            errors.note::<()>(Err(PortError::busy(PORT, error)));
        }
        state.unanswered.retain(|_, at| at.elapsed() < LIFE);
        let mut tags = state.tags.clone();
        tags.retain(|tag| !state.unanswered.contains_key(tag));
        if tags.len() < state.tags.len() {
            let silent = state.tags.len() - tags.len();
            let error = format!("{silent} outboxes did not answer and are asked again in a moment");
            errors.note::<()>(Err(PortError::busy(PORT, error)));
        }
        tags
    }

    /// Tags of all segments in the list when it was last read.
    pub(super) fn all(&self) -> HashSet<String> {
        self.state().tags.iter().cloned().collect()
    }

    /// Records that this outbox did not answer.
    pub(super) fn note_no_answer(&self, tag: &str) {
        let mut state = self.state();
        state.unanswered.insert(tag.to_owned(), Instant::now());
    }

    /// The outboxes of all readable copies together, because a copy that was away may lack some; while a
    /// copy is away, also the outboxes of the last read.
    async fn read(&self, errors: &mut FirstError) -> Option<Vec<String>> {
        let copies = keys::outboxes(&self.redis).map(async |key| {
            let mut read = redis::cmd("ZRANGE");
            read.arg(key).arg(0).arg(MAX_OUTBOXES - 1).arg("WITHSCORES");
            self.redis.query::<Vec<(String, i64)>>(&read).await
        });
        let mut unread = FirstError::default();
        let copies = join_all(copies).await.into_iter();
        let copies: Vec<_> = copies.filter_map(|copy| unread.note(copy)).collect();
        // An outbox cannot leave the list while a copy is away.
        let all_read = unread.is_none();
        if copies.is_empty() {
            errors.note(unread.into_result());
            return None;
        }
        let mut listed: HashMap<String, i64> = HashMap::new();
        for (tag, ends_at_ms) in copies.into_iter().flatten() {
            let latest = listed.entry(tag).or_insert(ends_at_ms);
            *latest = ends_at_ms.max(*latest);
        }
        if !all_read {
            for tag in &self.state().tags {
                listed
                    .entry(tag.clone())
                    .or_insert(i64::MAX - RETIRE_AFTER_MS);
            }
        }
        let now_ms = errors.note(self.clock.now_ms(&self.redis).await);
        let mut tags = Vec::with_capacity(listed.len());
        for (tag, ends_at_ms) in listed {
            let over = now_ms.is_some_and(|now_ms| ends_at_ms + RETIRE_AFTER_MS < now_ms);
            // Not urgent: skip it while some outboxes do not answer.
            let retire = over && all_read && errors.is_none();
            if !retire || errors.note(self.retire(&tag).await) != Some(true) {
                tags.push(tag);
            }
        }
        Some(tags)
    }

    /// Removes an outbox from the list, if it is empty.
    async fn retire(&self, tag: &str) -> Result<bool, PortError> {
        let keys = [stream(&self.redis, tag)];
        let empty: bool = self
            .redis
            .invoke(&scripts::outbox::RETIRE, &keys, &[])
            .await?;
        if empty {
            let copies = keys::outboxes(&self.redis).map(async |key| {
                let mut remove = redis::cmd("ZREM");
                remove.arg(key).arg(tag);
                self.redis.query::<i64>(&remove).await
            });
            try_join_all(copies).await?;
        }
        Ok(empty)
    }
}
