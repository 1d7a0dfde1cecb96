//! Logs, metrics and request ids, for the people who run the process.

pub mod counters;
pub mod log;
pub mod metrics;
pub mod request_id;
pub mod sale;
