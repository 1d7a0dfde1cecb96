//! How often somebody may do something.

use std::net::IpAddr;

use app::wire::AccountId;
use async_trait::async_trait;

use super::PortError;

/// A limit and whom it counts. Never holds anything that changes from call to call (a path, say):
/// such a key would count nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Requests of an address.
    Address(IpAddr),
    /// Attempts to sign in or register from an address.
    SignIn(IpAddr),
    /// Attempts to sign in to one account, by mobile number.
    Account(String),
    /// Codes of a second factor that are tried for an account.
    Code(AccountId),
    /// Questions asked by a buyer.
    Captcha(AccountId),
    /// Questions a buyer wants in words.
    Spelling(AccountId),
    /// Paths asked for by a buyer.
    Path(AccountId),
    /// Purchases tried by a buyer.
    Purchase(AccountId),
    /// Payments begun by a buyer.
    Pay(AccountId),
    /// Cancellations of a buyer.
    Cancel(AccountId),
    /// What a buyer says of an order besides.
    ChangeOrder(AccountId),
}

/// Over the limit: milliseconds until a call will be let through, at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryAfter {
    /// Milliseconds to wait.
    pub wait_ms: i64,
}

/// Counters in one atomic step (GCRA), on the engine's clock.
#[async_trait]
pub trait Limits: Send + Sync + 'static {
    /// Counts one call; `Some` when it is one too many.
    async fn count(&self, limit: &Limit) -> Result<Option<RetryAfter>, PortError>;
}
