//! Caches in front of slower adapters: the same ports again.

mod answers;
mod batched_log_ins;
mod catalogue;
mod tokens;

pub use answers::Answers;
pub use catalogue::CachedCatalogue;
pub use tokens::CachedTokens;
