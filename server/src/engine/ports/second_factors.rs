//! Second factors of accounts.

use std::fmt;

use app::wire::AccountId;
use async_trait::async_trait;

use super::{ChangedBy, PortError, TokenHash};

/// What an authenticator app and the shop both know.
#[derive(Clone, PartialEq, Eq)]
pub struct FactorSecret(pub Vec<u8>);

impl fmt::Debug for FactorSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FactorSecret(…)")
    }
}

/// A second factor as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFactor {
    pub secret: FactorSecret,
    /// The log-in that began it: the only one that may see its secret.
    pub begun_by: TokenHash,
    /// When its secret was made, epoch milliseconds.
    pub begun_at_ms: i64,
    /// Since when signing in asks for it; not yet.
    pub set_at_ms: Option<i64>,
    /// The step of time of the last code that was taken: none of it or before it is taken again.
    pub last_step: i64,
    /// Which recovery codes were used: a bit each, the first code's is the lowest.
    pub used_codes: u32,
}

/// Second factors in the ledger.
#[async_trait]
pub trait SecondFactors: Send + Sync + 'static {
    /// The account's, begun or set. Never behind a write.
    async fn second_factor(&self, account_id: AccountId)
    -> Result<Option<StoredFactor>, PortError>;

    /// Begins one, in place of one that was begun. Nothing where one is set; whether it did.
    async fn begin(
        &self,
        account_id: AccountId,
        secret: &FactorSecret,
        begun_by: &TokenHash,
        now_ms: i64,
    ) -> Result<bool, PortError>;

    /// Sets the one that was begun with this secret, and takes the code of this step. Whether it did.
    async fn set(
        &self,
        account_id: AccountId,
        secret: &FactorSecret,
        step: i64,
        now_ms: i64,
    ) -> Result<bool, PortError>;

    /// Takes the code of a step, unless that or a later one was taken. Whether it did.
    async fn take_step(&self, account_id: AccountId, step: i64) -> Result<bool, PortError>;

    /// Takes the recovery code with this number, unless it was used. Whether it did.
    async fn take_recovery_code(
        &self,
        account_id: AccountId,
        number: u32,
    ) -> Result<bool, PortError>;

    /// Removes what was begun or set. Whether there was one. Written into the activity log in the same transaction
    /// where `by` is somebody else than its owner.
    async fn remove(
        &self,
        account_id: AccountId,
        by: Option<&ChangedBy>,
        now_ms: i64,
    ) -> Result<bool, PortError>;
}
