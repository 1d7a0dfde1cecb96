//! Distributes catalogue changes inside one process, to the caches.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::engine::ports::{CatalogueChanged, CatalogueEvents};

type Listener = Arc<dyn Fn(&CatalogueChanged) + Send + Sync>;

/// The listeners of this process: three, all added at start-up. Clones share them.
#[derive(Clone, Default)]
pub struct CatalogueChanges(Arc<Mutex<Vec<Listener>>>);

impl CatalogueChanges {
    /// Calls `listener` at every change, after the listeners added earlier. Add a page cache after
    /// the caches that its pages are built from.
    pub fn listen(&self, listener: impl Fn(&CatalogueChanged) + Send + Sync + 'static) {
        let mut listeners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.push(Arc::new(listener));
    }

    /// When this returns, every listener was called.
    pub fn announce(&self, changed: &CatalogueChanged) {
        // Call the listeners without holding the lock.
        let listeners = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        for listener in listeners {
            listener(changed);
        }
    }
}

/// A shop in one process has no other instances to tell.
#[async_trait]
impl CatalogueEvents for CatalogueChanges {
    async fn tell(&self, changed: &CatalogueChanged) {
        self.announce(changed);
    }
}
