//! The gate and everything short-lived on Redis, shared by all copies of the server. Nothing here
//! is the truth: whatever Redis forgets is read again from the ledger.

mod breaker;
mod connection;
mod gate;
mod outbox;
mod scripts;
mod segment;

pub use connection::{Arg, Redis};
pub use gate::{GateClock, Patience, RedisGate};
pub use outbox::RedisOutbox;
