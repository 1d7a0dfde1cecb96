//! Tells every instance of changes of the catalogue.

use app::wire::ItemId;
use async_trait::async_trait;

use super::super::{Redis, keys};
use crate::{
    adapters::catalogue_changes::CatalogueChanges,
    chain::Chain,
    engine::ports::{CatalogueChanged, CatalogueEvents},
};

/// Attempts to publish: after connecting, the first one may exceed the time limit of a call.
const TRIES: u32 = 4;

/// Tells this process at once, and publishes to all.
#[derive(Clone)]
pub struct RedisCatalogueEvents {
    redis: Redis,
    local: CatalogueChanges,
}

impl RedisCatalogueEvents {
    /// This process's listeners are those of `local`.
    pub fn new(redis: Redis, local: CatalogueChanges) -> Self {
        Self { redis, local }
    }
}

#[async_trait]
impl CatalogueEvents for RedisCatalogueEvents {
    async fn tell(&self, changed: &CatalogueChanged) {
        self.local.announce(changed);
        let mut publish = redis::cmd("PUBLISH");
        publish.arg(self.redis.key(keys::CATALOGUE));
        publish.arg(text(changed));
        let mut published = self.redis.query::<()>(&publish).await;
        for _ in 1..TRIES {
            if published.is_ok() {
                break;
            }
            published = self.redis.query(&publish).await;
        }
        if let Err(error) = published {
            tracing::warn!(
                error = %Chain(&error),
                "cannot tell other instances that the catalogue changed; they show it when their \
                 caches expire"
            );
        }
    }
}

/// The message, some 4 kB at most.
fn text(changed: &CatalogueChanged) -> String {
    let ids: Vec<_> = changed.items.iter().map(ItemId::to_string).collect();
    ids.join(" ")
}

/// Reads a message; `None` if it is malformed.
pub fn changed(text: &str) -> Option<CatalogueChanged> {
    let items: Result<Vec<ItemId>, _> = text.split(' ').map(str::parse).collect();
    items.ok().map(|items| CatalogueChanged { items })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_message_names_the_changed_items() {
        let items = [1, 2]
            .map(|number| ItemId(Uuid::from_u128(number)))
            .to_vec();
        let told = CatalogueChanged { items };
        assert_eq!(changed(&text(&told)), Some(told));
        for unreadable in ["", " ", "x", "00000000-0000-0000-0000-000000000001 x"] {
            assert_eq!(changed(unreadable), None);
        }
    }
}
