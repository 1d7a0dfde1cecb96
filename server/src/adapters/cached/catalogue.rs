//! The catalogue, read from the store once in a while, however many ask; and what it said last, while
//! the store is away.

use std::{
    fmt::Debug,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use app::wire::{ItemDetail, ItemId, Round};
use async_trait::async_trait;
use moka::future::Cache;
use rand::Rng;
use tokio::time::timeout;

use crate::engine::ports::{Catalogue, PortError, Window};

/// How long an answer may be old; spread by a tenth, so that entries made together do not expire
/// together. A hand on the stop button works at the gate within its own refresh period, so this is
/// only how soon pages say so.
const LIFE: Duration = Duration::from_secs(5);
/// How long an answer may be old while the store gives no other. It says what is sold and when; what
/// may be bought is decided by the gate, which goes on without the store.
const OLD: Duration = Duration::from_secs(600);
/// Who has an old answer waits for a new one no longer than this.
const PATIENCE: Duration = Duration::from_secs(1);
/// Items kept, absent ones included: an id that does not exist costs one read, too.
const ITEMS: u64 = 10_000;

/// An answer, and when the store is asked again.
struct Known<V> {
    value: V,
    ask_at: Mutex<Instant>,
}

impl<V> Known<V> {
    fn new(value: V, life: Duration) -> Self {
        let ask_at = Mutex::new(Instant::now() + spread(life));
        Self { value, ask_at }
    }

    /// Whether it is time to ask again; true for one caller a life.
    fn is_due(&self, life: Duration) -> bool {
        let mut ask_at = self.ask_at.lock().unwrap_or_else(PoisonError::into_inner);
        let due = *ask_at <= Instant::now();
        if due {
            *ask_at = Instant::now() + spread(life);
        }
        due
    }
}

fn spread(life: Duration) -> Duration {
    life.mul_f64(rand::rng().random_range(0.9..1.1))
}

/// Answers of one kind. The first one to a question is waited for by everybody; of those who come
/// when it is old one asks again, and the others have the old one. Errors are not kept.
struct Answers<K, V> {
    known: Cache<K, Arc<Known<V>>>,
    life: Duration,
}

impl<K, V> Answers<K, V>
where
    K: Hash + Eq + Copy + Debug + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    fn new(most: u64, life: Duration) -> Self {
        let known = Cache::builder().max_capacity(most).time_to_live(OLD);
        Self {
            known: known.build(),
            life,
        }
    }

    async fn get(
        &self,
        key: K,
        read: impl Future<Output = Result<V, PortError>>,
    ) -> Result<V, PortError> {
        let Some(known) = self.known.get(&key).await else {
            let first = async { Ok(Arc::new(Known::new(read.await?, self.life))) };
            let known = self.known.try_get_with(key, first).await.map_err(shared)?;
            return Ok(known.value.clone());
        };
        if !known.is_due(self.life) {
            return Ok(known.value.clone());
        }
        match timeout(PATIENCE, read).await {
            Ok(Ok(value)) => {
                let known = Known::new(value.clone(), self.life);
                self.known.insert(key, Arc::new(known)).await;
                Ok(value)
            }
            silent => {
                let error = silent.map(|read| read.err());
                tracing::warn!(
                    ?key,
                    ?error,
                    "the store does not answer; its last word counts"
                );
                Ok(known.value.clone())
            }
        }
    }
}

/// A cache over a [`Catalogue`].
pub struct CachedCatalogue<C> {
    store: Arc<C>,
    rounds: Answers<(), Arc<Vec<Round>>>,
    items: Answers<ItemId, Option<Arc<ItemDetail>>>,
}

impl<C: Catalogue> CachedCatalogue<C> {
    /// An empty cache over `store`.
    pub fn new(store: Arc<C>) -> Self {
        Self {
            store,
            rounds: Answers::new(1, LIFE),
            items: Answers::new(ITEMS, LIFE),
        }
    }
}

/// One flight's error, for everybody who waited for it.
fn shared(error: Arc<PortError>) -> PortError {
    match &*error {
        PortError::Busy { port, detail } => PortError::Busy {
            port,
            detail: detail.clone(),
        },
        PortError::Failed { port, .. } => PortError::Failed {
            port,
            source: Box::new(error),
        },
    }
}

#[async_trait]
impl<C: Catalogue> Catalogue for CachedCatalogue<C> {
    async fn rounds(&self, now_ms: i64) -> Result<Arc<Vec<Round>>, PortError> {
        self.rounds.get((), self.store.rounds(now_ms)).await
    }

    async fn item(&self, item_id: ItemId) -> Result<Option<Arc<ItemDetail>>, PortError> {
        self.items.get(item_id, self.store.item(item_id)).await
    }

    /// Not cached: asked by workers only.
    async fn sellable_items(&self, now_ms: i64) -> Result<Vec<(ItemId, Window)>, PortError> {
        self.store.sellable_items(now_ms).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn silent() -> PortError {
        PortError::Busy {
            port: "store",
            detail: "away".into(),
        }
    }

    #[tokio::test]
    async fn the_last_answer_counts_while_the_store_is_away() {
        let answers = Answers::new(10, Duration::ZERO);
        assert!(answers.get(1, async { Err(silent()) }).await.is_err());
        assert_eq!(answers.get(1, async { Ok("old") }).await.unwrap(), "old");
        assert_eq!(
            answers.get(1, async { Err(silent()) }).await.unwrap(),
            "old"
        );
        let mute = std::future::pending();
        assert_eq!(answers.get(1, mute).await.unwrap(), "old");
        assert!(answers.get(2, async { Err(silent()) }).await.is_err());
        assert_eq!(answers.get(1, async { Ok("new") }).await.unwrap(), "new");
    }

    #[tokio::test]
    async fn while_one_asks_again_the_others_have_the_old_answer() {
        let life = Duration::from_millis(1);
        let answers = Answers::new(10, life);
        assert_eq!(answers.get(1, async { Ok("old") }).await.unwrap(), "old");
        // Longer than a life, its spread included.
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
    async fn a_fresh_answer_is_asked_for_once() {
        let answers = Answers::new(10, LIFE);
        assert_eq!(
            answers.get(1, async { Ok("first") }).await.unwrap(),
            "first"
        );
        assert_eq!(
            answers.get(1, async { Ok("other") }).await.unwrap(),
            "first"
        );
    }
}
