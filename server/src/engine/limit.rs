//! Counting a call against a limit.

use super::ports::{Limit, Limits, PortError, RetryAfter};

/// Over a limit, or the limiter did not answer.
#[derive(Debug, thiserror::Error)]
pub enum LimitError {
    /// Too often.
    #[error("too often, again in {} ms", .0.wait_ms)]
    Over(RetryAfter),
    /// The limiter.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Counts a call against `limit`.
pub async fn count(limits: &dyn Limits, limit: Limit) -> Result<(), LimitError> {
    match limits.count(&limit).await? {
        Some(over) => Err(LimitError::Over(over)),
        None => Ok(()),
    }
}
