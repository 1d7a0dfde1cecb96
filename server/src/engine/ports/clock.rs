//! Time.

/// The engine's only source of time, so that tests can own it.
pub trait Clock: Send + Sync + 'static {
    /// Epoch milliseconds. May jump; never compared with another machine's.
    fn now_ms(&self) -> i64;
}
