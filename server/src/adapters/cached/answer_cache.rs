//! Caches the ledger's answers for a while, for all callers; while the ledger is unreachable, its last
//! answers are used.

use std::{
    fmt::Debug,
    hash::Hash,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use moka::future::Cache;
use tokio::time::timeout;

use crate::{chain::Chain, engine::ports::PortError, jitter::spread};

/// How long an answer is used while the ledger gives no newer one: as long as sales continue without
/// the ledger.
const OLD: Duration = Duration::from_mins(10);
/// A caller that has an old answer waits at most this long for a new one.
const WAIT_FOR_FRESH: Duration = Duration::from_secs(1);

/// An answer, and when to ask the ledger again.
struct CachedAnswer<V> {
    value: V,
    /// When the ledger was asked, and `AnswerCache::version` at that time.
    asked_at: Instant,
    version: u64,
    ask_at: Mutex<Instant>,
}

impl<V> CachedAnswer<V> {
    fn new(value: V, (asked_at, version): (Instant, u64), life: Duration) -> Arc<Self> {
        Arc::new(Self {
            value,
            asked_at,
            version,
            ask_at: Mutex::new(Instant::now() + spread(life)),
        })
    }

    /// Whether it is time to ask again; true for one caller per lifetime.
    fn is_due(&self, life: Duration) -> bool {
        let mut ask_at = self.ask_at.lock().unwrap_or_else(PoisonError::into_inner);
        let due = *ask_at <= Instant::now();
        if due {
            *ask_at = Instant::now() + spread(life);
        }
        due
    }
}

/// Caches answers of one kind. All callers wait for the first answer to a question. When it is old, one
/// caller asks again, and the others use the old one. Errors are not cached.
pub struct AnswerCache<K, V> {
    known: Cache<K, Arc<CachedAnswer<V>>>,
    /// Running reads, by question and [`version`](Self::version): a caller that comes after
    /// `forget_all` does not wait for a read started before it.
    awaited: Cache<(K, u64), Arc<CachedAnswer<V>>>,
    /// How often `forget_all` was called.
    version: AtomicU64,
    life: Duration,
}

impl<K, V> AnswerCache<K, V>
where
    K: Hash + Eq + Copy + Debug + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Caches at most `most` answers, each for about `life` (±10%).
    pub fn new(most: u64, life: Duration) -> Self {
        let known = Cache::builder().max_capacity(most).time_to_live(OLD);
        let awaited = Cache::builder().max_capacity(most).time_to_live(life);
        Self {
            known: known.build(),
            awaited: awaited.build(),
            version: AtomicU64::default(),
            life,
        }
    }

    /// Invalidates all answers: from now on callers wait for a read started after this call. The
    /// old answers are used only if the ledger does not answer.
    pub fn forget_all(&self) {
        self.version.fetch_add(1, Ordering::AcqRel);
    }

    /// The cached answer, or the result of `read` if there is none or it is old.
    ///
    /// # Errors
    /// If `read` failed and nothing is cached.
    pub async fn get(
        &self,
        key: K,
        read: impl Future<Output = Result<V, PortError>>,
    ) -> Result<V, PortError> {
        let asked = (Instant::now(), self.version.load(Ordering::Acquire));
        let known = match self.known.get(&key).await {
            None => return self.first(key, asked, read).await,
            Some(old) if old.version < asked.1 => {
                return self.newer_than(&old, key, asked, read).await;
            }
            Some(known) => known,
        };
        if !known.is_due(self.life) {
            return Ok(known.value.clone());
        }
        match timeout(WAIT_FOR_FRESH, read).await {
            Ok(Ok(value)) => {
                let fresh = CachedAnswer::new(value.clone(), asked, self.life);
                self.known.insert(key, fresh).await;
                Ok(value)
            }
            Ok(Err(error)) => {
                tracing::warn!(?key, error = %Chain(&error), "the ledger or Redis failed; its last answer is used");
                Ok(known.value.clone())
            }
            Err(_) => {
                tracing::warn!(
                    ?key,
                    "the ledger or Redis did not answer in time; its last answer is used"
                );
                Ok(known.value.clone())
            }
        }
    }

    /// Reads the first answer, once for all waiting callers.
    async fn first(
        &self,
        key: K,
        asked: (Instant, u64),
        read: impl Future<Output = Result<V, PortError>>,
    ) -> Result<V, PortError> {
        let first = async { Ok(CachedAnswer::new(read.await?, asked, self.life)) };
        let flight = self.awaited.try_get_with((key, asked.1), first).await;
        let known = flight.map_err(shared)?;
        self.known.insert(key, known.clone()).await;
        Ok(known.value.clone())
    }

    /// Reads the first answer after `forget_all`. If the ledger does not answer in time, `old` is
    /// used for another lifetime, so that callers wait for an unreachable ledger only once.
    async fn newer_than(
        &self,
        old: &CachedAnswer<V>,
        key: K,
        asked: (Instant, u64),
        read: impl Future<Output = Result<V, PortError>>,
    ) -> Result<V, PortError> {
        let error = match timeout(WAIT_FOR_FRESH, self.first(key, asked, read)).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => error,
            Err(_) => PortError::busy("store", "no answer in time"),
        };
        tracing::warn!(?key, error = %Chain(&error), "the ledger or Redis failed after a change; its last answer is used");
        let still = CachedAnswer::new(old.value.clone(), (old.asked_at, asked.1), self.life);
        self.known.insert(key, still).await;
        Ok(old.value.clone())
    }

    /// The cached answer, if the ledger was asked at `since` or later.
    pub async fn get_since(&self, key: K, since: Instant) -> Option<V> {
        let known = self.known.get(&key).await?;
        (known.asked_at >= since).then(|| known.value.clone())
    }

    /// Caches an answer that the ledger gave, or a value written to it, at `asked_at`.
    pub async fn put(&self, key: K, value: V, asked_at: Instant) {
        let version = self.version.load(Ordering::Acquire);
        let known = CachedAnswer::new(value, (asked_at, version), self.life);
        self.known.insert(key, known).await;
    }
}

/// Copies the error of one read for every caller that waited.
pub(super) fn shared(error: Arc<PortError>) -> PortError {
    match &*error {
        PortError::Busy { port, detail } => PortError::busy(port, detail),
        PortError::Failed { port, .. } => PortError::failed(port, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: Duration = Duration::from_secs(5);

    fn silent() -> PortError {
        PortError::busy("store", "away")
    }

    #[tokio::test]
    async fn the_last_answer_is_used_while_the_store_is_unreachable() {
        let answers = AnswerCache::new(10, Duration::ZERO);
        assert!(answers.get(1, async { Err(silent()) }).await.is_err());
        assert_eq!(answers.get(1, async { Ok("old") }).await.unwrap(), "old");
        assert_eq!(
            answers.get(1, async { Err(silent()) }).await.unwrap(),
            "old"
        );
        let never = std::future::pending();
        assert_eq!(answers.get(1, never).await.unwrap(), "old");
        assert!(answers.get(2, async { Err(silent()) }).await.is_err());
        assert_eq!(answers.get(1, async { Ok("new") }).await.unwrap(), "new");
    }

    #[tokio::test]
    async fn while_one_caller_asks_again_the_others_get_the_old_answer() {
        let life = Duration::from_millis(1);
        let answers = AnswerCache::new(10, life);
        assert_eq!(answers.get(1, async { Ok("old") }).await.unwrap(), "old");
        // Longer than a lifetime, including its variation.
        tokio::time::sleep(2 * life).await;
        let (answer, asking) = tokio::sync::oneshot::channel();
        let one = answers.get(1, async { Ok(asking.await.unwrap()) });
        let others = async {
            let known = answers.known.get(&1).await.unwrap();
            *known.ask_at.lock().unwrap() += LIFE;
            assert_eq!(answers.get(1, async { Ok("other") }).await.unwrap(), "old");
            answer.send("new").unwrap();
        };
        assert_eq!(tokio::join!(one, others).0.unwrap(), "new");
        assert_eq!(answers.known.get(&1).await.unwrap().value, "new");
    }

    #[tokio::test]
    async fn a_fresh_answer_is_read_once() {
        let answers = AnswerCache::new(10, LIFE);
        assert_eq!(
            answers.get(1, async { Ok("first") }).await.unwrap(),
            "first"
        );
        assert_eq!(
            answers.get(1, async { Ok("other") }).await.unwrap(),
            "first"
        );
    }

    #[tokio::test]
    async fn a_read_started_before_forget_all_is_not_used_after_it() {
        let answers = AnswerCache::new(10, LIFE);
        let (answer, asking) = tokio::sync::oneshot::channel();
        let before = answers.get(1, async { Ok(asking.await.unwrap()) });
        let after = async {
            answers.forget_all();
            assert_eq!(answers.get(1, async { Ok("new") }).await.unwrap(), "new");
            answer.send("old").unwrap();
        };
        assert_eq!(tokio::join!(before, after).0.unwrap(), "old");
        assert_eq!(answers.get(1, async { Ok("other") }).await.unwrap(), "new");
        answers.forget_all();
        assert_eq!(
            answers.get(1, async { Ok("newer") }).await.unwrap(),
            "newer"
        );
    }

    #[tokio::test]
    async fn an_unreachable_store_is_asked_once_per_lifetime_after_forget_all() {
        let answers = AnswerCache::new(10, LIFE);
        assert_eq!(answers.get(1, async { Ok("old") }).await.unwrap(), "old");
        answers.forget_all();
        let failed = answers.get(1, async { Err(silent()) }).await;
        assert_eq!(failed.unwrap(), "old");
        assert_eq!(answers.get(1, async { Ok("new") }).await.unwrap(), "old");
    }

    #[tokio::test]
    async fn the_age_of_an_answer_counts_from_its_question() {
        let answers = AnswerCache::new(10, LIFE);
        let asked_at = Instant::now();
        answers.put(1, "told", asked_at).await;
        assert_eq!(answers.get(1, async { Ok("read") }).await.unwrap(), "told");
        assert_eq!(answers.get_since(1, asked_at).await, Some("told"));
        let later = asked_at + Duration::from_millis(1);
        assert_eq!(answers.get_since(1, later).await, None);
        assert_eq!(answers.get_since(2, asked_at).await, None);
    }
}
