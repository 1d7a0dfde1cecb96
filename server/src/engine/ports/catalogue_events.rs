//! Telling every instance that the catalogue changed.

use app::wire::ItemId;
use async_trait::async_trait;

/// The list of rounds changed, and with it these items: they are new, or what their pages say is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueChanged {
    /// Those of one round: a hundred at most.
    pub items: Vec<ItemId>,
}

/// Tells instances to read the catalogue again.
#[async_trait]
pub trait CatalogueEvents: Send + Sync + 'static {
    /// To be called after the commit. When it returns, this instance shows nothing older than the
    /// call. The others have been told, once: one that does not hear it shows what it has kept until
    /// that is too old.
    async fn tell(&self, changed: &CatalogueChanged);
}
