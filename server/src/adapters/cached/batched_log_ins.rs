//! Reads concurrent log-in look-ups together. In the first seconds of a sale every buyer is new to the
//! process, and most of the cost of such a look-up is switching to the database's thread and back.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::FutureExt as _;
use tokio::sync::oneshot;

use super::answer_cache::shared;
use crate::engine::ports::{Login, LoginBatches, LoginTokens, PortError, TokenHash};

const PORT: &str = "log-ins";
/// Log-ins per read.
const BATCH: usize = 256;
/// Most waiting callers: well under a second of reads.
const WAITING: usize = 8192;

type Answer = Result<Option<Login>, Arc<PortError>>;

#[derive(Default)]
struct Waiting {
    callers: Vec<(TokenHash, oneshot::Sender<Answer>)>,
    /// A task is reading, and will read for all waiting callers.
    is_reading: bool,
}

/// A reader in front of the ledger. The first caller's read starts at once. Callers during that read share
/// the next one, so that nobody gets data read before their call.
pub struct BatchedLogIns<T> {
    store: Arc<T>,
    waiting: Arc<Mutex<Waiting>>,
}

impl<T: LoginTokens + LoginBatches> BatchedLogIns<T> {
    /// Creates a reader without waiting callers.
    pub fn new(store: Arc<T>) -> Self {
        Self {
            store,
            waiting: Arc::default(),
        }
    }

    /// The log-in behind a token.
    pub async fn get(&self, token: &TokenHash) -> Result<Option<Login>, PortError> {
        let (reply, answer) = oneshot::channel();
        let is_reading = {
            let mut waiting = locked(&self.waiting);
            if waiting.callers.len() >= WAITING {
                return Err(PortError::busy(
                    PORT,
                    "too many wait for log-ins to be read",
                ));
            }
            waiting.callers.push((token.clone(), reply));
            std::mem::replace(&mut waiting.is_reading, true)
        };
        if !is_reading {
            // A separate task: this caller may be cancelled while others wait.
            tokio::spawn(read_all(Arc::clone(&self.store), Arc::clone(&self.waiting)));
        }
        match answer.await {
            Ok(answer) => answer.map_err(shared),
            Err(_) => Err(PortError::busy(PORT, "stopping")),
        }
    }
}

fn locked(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

fn panicked() -> PortError {
    PortError::failed(PORT, "reading log-ins panicked")
}

/// Reads until no caller waits.
async fn read_all<T: LoginTokens + LoginBatches>(store: Arc<T>, waiting: Arc<Mutex<Waiting>>) {
    loop {
        let (tokens, replies): (Vec<_>, Vec<_>) = {
            let mut waiting = locked(&waiting);
            if waiting.callers.is_empty() {
                waiting.is_reading = false;
                return;
            }
            let count = waiting.callers.len().min(BATCH);
            waiting.callers.drain(..count).unzip()
        };
        let read = AssertUnwindSafe(store.get_all(&tokens))
            .catch_unwind()
            .await;
        let read = read.unwrap_or_else(|_| Err(panicked()));
        match read {
            Ok(logins) => {
                for (reply, login) in replies.into_iter().zip(logins) {
                    drop(reply.send(Ok(login)));
                }
            }
            // One unreadable row must not fail the other look-ups.
            Err(PortError::Failed { .. }) if tokens.len() > 1 => {
                for (token, reply) in tokens.iter().zip(replies) {
                    let login = AssertUnwindSafe(store.get(token)).catch_unwind().await;
                    let login = login.unwrap_or_else(|_| Err(panicked()));
                    drop(reply.send(login.map_err(Arc::new)));
                }
            }
            Err(error) => {
                let error = Arc::new(error);
                for reply in replies {
                    drop(reply.send(Err(error.clone())));
                }
            }
        }
    }
}
