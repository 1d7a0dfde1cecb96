//! Names for new things.

use uuid::Uuid;

/// The engine's only source of ids and secrets, so that a simulation can be replayed.
pub trait Ids: Send + Sync + 'static {
    /// A version 7 UUID: unique without coordination, sortable by the time it was made.
    fn id(&self) -> Uuid;

    /// 32 lower-case hexadecimal digits from a cryptographic source (128 bits): paths and log-in
    /// tokens.
    fn secret(&self) -> String;
}
