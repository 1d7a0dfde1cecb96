//! Hidden paths that were handed out and wait for their one use.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{PortError, Unit};

/// The right of one buyer to ask the gate for one item, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathGrant {
    /// The secret part of the address: 32 hexadecimal digits.
    pub path: String,
    /// Whose, for what, and the reservation it will make: decided before the gate is asked, so that
    /// asking again with the same path is asking the same thing again.
    #[serde(flatten)]
    pub unit: Unit,
    /// Worthless from this instant on.
    pub expires_at_ms: i64,
    /// The gate was asked with it and did not answer: see
    /// [`ReserveRequest::asked_before`](super::ReserveRequest::asked_before).
    pub asked: bool,
}

/// Paths that were handed out. Bounded; at the bound the answer is [`PortError::Busy`].
#[async_trait]
pub trait Paths: Send + Sync + 'static {
    /// Remembers a path; an earlier one of the same buyer and item is forgotten.
    async fn put(&self, grant: PathGrant) -> Result<(), PortError>;

    /// A path, left where it is.
    async fn peek(&self, path: &str) -> Result<Option<PathGrant>, PortError>;

    /// Removes a path and returns it. Of many callers at once, one gets it.
    async fn take(&self, path: &str) -> Result<Option<PathGrant>, PortError>;
}
