//! Tells every instance that the catalogue changed.

use app::wire::ItemId;
use async_trait::async_trait;

/// The list of rounds changed, and these items: they are new, or their pages changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueChanged {
    /// The items of one round: at most a hundred.
    pub items: Vec<ItemId>,
}

/// Tells instances to reload the catalogue.
#[async_trait]
pub trait CatalogueEvents: Send + Sync + 'static {
    /// Call it after the commit. When it returns, this instance shows nothing older than the call.
    /// Other instances are told once; one that misses it shows its cached data until that expires.
    async fn tell(&self, changed: &CatalogueChanged);
}
