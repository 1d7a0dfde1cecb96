//! The gate and everything short-lived on Redis, shared by all copies of the server. Nothing here
//! is the truth: whatever Redis forgets is read again from the ledger.

mod breaker;
mod captchas;
mod clock;
mod connection;
mod gate;
mod latest;
mod limits;
mod outbox;
mod paths;
mod results;
mod scripts;
mod segment;
mod signals;
mod sweep;
mod tokens;
mod yardstick;

pub use captchas::RedisCaptchas;
pub use clock::ClusterClock;
pub use connection::{Arg, Redis};
pub use gate::{GateClock, Patience, RedisGate};
pub use limits::RedisLimits;
pub use outbox::RedisOutbox;
pub use paths::RedisPaths;
pub use results::{AnsweredGate, CachedOrders, CachedReservations, Results};
pub use signals::{RedisWakeSignals, Signals};
pub use sweep::sweep;
pub use tokens::RedisTokens;
pub use yardstick::Yardstick;

use connection::PORT;
