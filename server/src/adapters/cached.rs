//! Caches in front of slower adapters; they implement the same ports.

mod answer_cache;
mod batched_log_ins;
mod catalogue;
mod tokens;

pub use answer_cache::AnswerCache;
pub use catalogue::CachedCatalogue;
pub use tokens::CachedTokens;
