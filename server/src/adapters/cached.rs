//! Caches in front of slower adapters; they implement the same ports.

mod answers;
mod batched_log_ins;
mod catalogue;
mod tokens;

pub use answers::Answers;
pub use catalogue::CachedCatalogue;
pub use tokens::CachedTokens;
