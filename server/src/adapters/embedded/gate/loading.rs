//! Reads items from the ledger outside the task: an item with a million holders takes seconds, and
//! other items are sold in the meantime. Calls for an item that is being read wait in order.

use std::{
    collections::{HashMap, VecDeque},
    future::pending,
    panic::resume_unwind,
    sync::Arc,
};

use app::wire::ItemId;
use tokio::task::JoinSet;

use super::Call;
use crate::engine::ports::{GateLedger, ItemSnapshot, PortError};

/// Items read at once. Fewer than the ledger has read connections, so that pages, log-ins and
/// comparisons with the ledger also get one.
const READS: usize = 2;
/// Most waiting calls, for all items together.
const WAITING: usize = 8192;

/// The ledger's data of an item; `None` when there is no such item.
pub type Read = Result<Option<ItemSnapshot>, PortError>;

/// An item that was read, and the calls that waited for it.
pub struct Loaded {
    pub item_id: ItemId,
    pub read: Read,
    pub calls: Vec<Call>,
}

/// The items that are being read.
pub struct Loading {
    ledger: Arc<dyn GateLedger>,
    /// In separate tasks: the gate's own is mostly in a commit, and a read that is not polled would
    /// keep the connection that the commit waits for.
    reads: JoinSet<(ItemId, Read)>,
    /// Not started yet.
    next: VecDeque<ItemId>,
    waiting: HashMap<ItemId, Vec<Call>>,
    calls: usize,
}

impl Loading {
    pub fn new(ledger: Arc<dyn GateLedger>) -> Self {
        Self {
            ledger,
            reads: JoinSet::new(),
            next: VecDeque::new(),
            waiting: HashMap::new(),
            calls: 0,
        }
    }

    /// Whether the item is being read.
    pub fn contains(&self, item_id: ItemId) -> bool {
        self.waiting.contains_key(&item_id)
    }

    /// Keeps a call until its item was read, and starts the read if necessary. Returns the call
    /// when too many wait.
    #[must_use = "a call that is given back has no answer yet"]
    pub fn wait(&mut self, call: Call) -> Option<Call> {
        if self.calls >= WAITING {
            return Some(call);
        }
        let item_id = call.item_id();
        if !self.contains(item_id) {
            self.next.push_back(item_id);
            self.begin();
        }
        self.waiting.entry(item_id).or_default().push(call);
        self.calls += 1;
        None
    }

    fn begin(&mut self) {
        while self.reads.len() < READS
            && let Some(item_id) = self.next.pop_front()
        {
            let ledger = Arc::clone(&self.ledger);
            let read = async move { (item_id, ledger.snapshot(item_id).await) };
            self.reads.spawn(read);
        }
    }

    /// The next item that was read; waits for ever if none is being read. Cancel-safe.
    pub async fn next(&mut self) -> Loaded {
        let (item_id, read) = match self.reads.join_next().await {
            Some(Ok(read)) => read,
            Some(Err(ended)) => match ended.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // The runtime is being shut down.
                Err(_) => return pending().await,
            },
            None => return pending().await,
        };
        self.begin();
        let calls = self.waiting.remove(&item_id).unwrap_or_default();
        self.calls -= calls.len();
        Loaded {
            item_id,
            read,
            calls,
        }
    }
}
