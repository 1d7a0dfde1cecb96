//! Changes of the catalogue inside one process: what has kept something of it hears of them.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::engine::ports::{CatalogueChanged, CatalogueEvents};

type Listener = Arc<dyn Fn(&CatalogueChanged) + Send + Sync>;

/// The listeners of this process: three, all added while the shop is put together. Clones are the
/// same listeners.
#[derive(Clone, Default)]
pub struct CatalogueChanges(Arc<Mutex<Vec<Listener>>>);

impl CatalogueChanges {
    /// From now on `listener` hears of every change, after those who came before it: what keeps
    /// pages must hear of it after what keeps the answers that pages are made of.
    pub fn listen(&self, listener: impl Fn(&CatalogueChanged) + Send + Sync + 'static) {
        let mut listeners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.push(Arc::new(listener));
    }

    /// Every listener has heard of it when this returns.
    pub fn announce(&self, changed: &CatalogueChanged) {
        // Not under the lock: what a listener does is its own.
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

/// A shop in one process has no other instances.
#[async_trait]
impl CatalogueEvents for CatalogueChanges {
    async fn tell(&self, changed: &CatalogueChanged) {
        self.announce(changed);
    }
}
