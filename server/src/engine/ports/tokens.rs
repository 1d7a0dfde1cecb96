//! Log-in tokens: random, stored only as a hash, known to every copy of the server.

use app::wire::{AccountId, Me};
use async_trait::async_trait;

use super::PortError;

/// SHA-256 of a token in lower-case hexadecimal: what leaks with a stolen database is worthless.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TokenHash(pub String);

/// A log-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Whose, as its owner sees it.
    pub me: Me,
    /// Worthless from this instant on; slides forward while it is used.
    pub expires_at_ms: i64,
    /// The latest instant it may slide to.
    pub dies_at_ms: i64,
}

/// The store of log-ins.
#[async_trait]
pub trait LoginTokens: Send + Sync + 'static {
    /// Remembers a new token.
    async fn insert(
        &self,
        token: &TokenHash,
        account_id: AccountId,
        expires_at_ms: i64,
        dies_at_ms: i64,
    ) -> Result<(), PortError>;

    /// The log-in behind a token, expired or not.
    async fn get(&self, token: &TokenHash) -> Result<Option<Login>, PortError>;

    /// Slides the expiry. Harmless for an unknown token.
    async fn touch(&self, token: &TokenHash, expires_at_ms: i64) -> Result<(), PortError>;

    /// Forgets a token. Harmless for an unknown one.
    async fn remove(&self, token: &TokenHash) -> Result<(), PortError>;

    /// Forgets every token that expired before `now_ms`.
    async fn purge(&self, now_ms: i64) -> Result<(), PortError>;
}
