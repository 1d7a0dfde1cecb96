//! Chooses the clock that decides the window.

use std::sync::Arc;

use super::super::Redis;
use crate::engine::ports::{Clock, PortError};

#[derive(Clone)]
pub enum GateClock {
    /// Redis's own clock.
    Server,
    /// A test's clock.
    Given(Arc<dyn Clock>),
}

impl GateClock {
    /// Now, epoch milliseconds.
    pub(in super::super) async fn now_ms(&self, redis: &Redis) -> Result<i64, PortError> {
        match self {
            GateClock::Given(clock) => Ok(clock.now_ms()),
            GateClock::Server => {
                let (seconds, micros): (i64, i64) = redis.query(&redis::cmd("TIME")).await?;
                Ok(seconds * 1000 + micros / 1000)
            }
        }
    }

    /// The argument `given_now_ms` of a script.
    pub(super) fn argument(&self) -> String {
        match self {
            GateClock::Server => String::new(),
            GateClock::Given(clock) => clock.now_ms().to_string(),
        }
    }
}
