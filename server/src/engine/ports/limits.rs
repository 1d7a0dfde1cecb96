//! Limits on how often a caller may do something.

use std::net::IpAddr;

use app::wire::AccountId;
use async_trait::async_trait;

use super::PortError;

/// A limit and the caller it counts. Never contains a value that changes from call to call (such as
/// a path): such a key would never reach the limit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Requests from an address.
    Address(IpAddr),
    /// Attempts to sign in or register from an address.
    SignIn(IpAddr),
    /// Attempts to sign in to one account, by mobile number.
    Account(String),
    /// Second-factor codes tried for an account.
    Code(AccountId),
    /// Questions asked by a buyer.
    Captcha(AccountId),
    /// Questions read out in words for a buyer.
    Spelling(AccountId),
    /// Paths requested by a buyer.
    Path(AccountId),
    /// Purchases tried by a buyer.
    Purchase(AccountId),
    /// Payments started by a buyer.
    Pay(AccountId),
    /// Cancellations by a buyer.
    Cancel(AccountId),
    /// Other changes of orders by a buyer.
    ChangeOrder(AccountId),
}

/// The limit is exceeded: milliseconds until a call will be accepted, at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryAfter {
    pub wait_ms: i64,
}

/// Counters with one atomic step per call (GCRA), on the engine's clock.
#[async_trait]
pub trait Limits: Send + Sync + 'static {
    /// Counts one call; returns `Some` when it exceeds the limit.
    async fn count(&self, limit: &Limit) -> Result<Option<RetryAfter>, PortError>;
}
