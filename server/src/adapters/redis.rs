//! The gate and all short-lived data on Redis, shared by all instances. The ledger has the truth:
//! data that Redis loses is read again from there.

mod breaker;
mod captchas;
mod clock;
mod connection;
mod errors;
mod examine;
mod gate;
mod in_flight;
pub(crate) mod keys;
mod latest_per_owner;
mod limits;
mod masters;
mod memory_policy;
mod outbox;
mod paths;
mod purchases;
mod request;
mod results;
mod sale_counters;
pub mod scripts;
pub(crate) mod segment;
mod servers;
mod signals;
mod tokens;

pub use captchas::RedisCaptchas;
pub use clock::ClusterClock;
pub use connection::{Arg, Redis};
pub(crate) use gate::KEEP_MS;
pub use gate::{
    Answer, GateClock, ParkingQueue, QUIET, RedisGate, SILENCE, Timeouts, USUAL_HEARTBEAT,
};
pub use in_flight::{InFlightNotes, NOTE_GOOD_FOR, NOTE_PERIOD};
pub use limits::RedisLimits;
pub use memory_policy::MemoryPolicy;
pub use outbox::RedisOutbox;
pub use paths::RedisPaths;
pub use purchases::RedisPurchases;
pub use results::{CachedReservations, Results, UnknownReservations};
pub use sale_counters::RedisSaleCounters;
pub use signals::{RedisCatalogueEvents, RedisWakeSignal, SignalListener};
pub use tokens::RedisTokens;

use crate::engine::ports::PortError;

/// The port's name in errors.
const PORT: &str = "redis";

/// The first answer of several copies, or the first error.
fn any_answer<T>(answers: Vec<Result<T, PortError>>) -> Result<T, PortError> {
    let any = answers
        .into_iter()
        .reduce(|first, next| first.or_else(|error| next.map_err(|_| error)));
    any.expect("there are several copies")
}
