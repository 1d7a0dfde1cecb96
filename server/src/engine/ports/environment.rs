//! What the engine takes from the machine: time, ids and secrets.

use uuid::Uuid;

/// The engine's only source of time, so that tests can control it.
pub trait Clock: Send + Sync + 'static {
    /// Epoch milliseconds. May jump; never compared with another machine's.
    fn now_ms(&self) -> i64;
}

/// The engine's only source of ids and secrets, so that a simulation can be replayed.
pub trait Ids: Send + Sync + 'static {
    /// A version 7 UUID: unique without coordination, sortable by creation time.
    fn id(&self) -> Uuid;

    /// 32 lower-case hexadecimal digits from a cryptographic source (128 bits), for paths and
    /// log-in tokens.
    fn secret(&self) -> String;
}
