//! Caches in front of slower adapters: the same ports again.

mod catalogue;
mod tokens;

pub use catalogue::CachedCatalogue;
pub use tokens::CachedTokens;
