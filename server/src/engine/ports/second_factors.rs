//! Second factors of accounts.

use std::fmt;

use app::wire::AccountId;
use async_trait::async_trait;

use super::{ChangedBy, PortError, TokenHash};

/// The secret that an authenticator app and the shop share.
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
    /// The log-in that began it: only this one may see the secret.
    pub begun_by: TokenHash,
    /// When its secret was made, epoch milliseconds.
    pub begun_at_ms: i64,
    /// Since when sign-in requires it; `None` if it is not confirmed.
    pub set_at_ms: Option<i64>,
    /// The time step of the last accepted code: only codes of later steps are accepted.
    pub last_step: i64,
    /// Used recovery codes: one bit each, the lowest for the first code.
    pub used_codes: u32,
}

/// Second factors in the ledger.
#[async_trait]
pub trait SecondFactors: Send + Sync + 'static {
    /// The account's factor, unconfirmed or in effect. Includes all completed writes.
    async fn second_factor(&self, account_id: AccountId)
    -> Result<Option<StoredFactor>, PortError>;

    /// Begins a factor, replacing an unconfirmed one. Returns false if one is in effect.
    async fn begin(
        &self,
        account_id: AccountId,
        secret: &FactorSecret,
        begun_by: &TokenHash,
        now_ms: i64,
    ) -> Result<bool, PortError>;

    /// Confirms the factor with this secret and accepts this step's code. Returns whether it did.
    async fn set(
        &self,
        account_id: AccountId,
        secret: &FactorSecret,
        step: i64,
        now_ms: i64,
    ) -> Result<bool, PortError>;

    /// Accepts the code of a step, unless that or a later one was accepted. Returns whether it did.
    async fn take_step(&self, account_id: AccountId, step: i64) -> Result<bool, PortError>;

    /// Accepts the recovery code with this number, unless it was used. Returns whether it did.
    async fn take_recovery_code(
        &self,
        account_id: AccountId,
        number: u32,
    ) -> Result<bool, PortError>;

    /// Removes a factor. Returns whether there was one. Writes the activity log in the same transaction if `by` is
    /// not the owner.
    async fn remove(
        &self,
        account_id: AccountId,
        by: Option<&ChangedBy>,
        now_ms: i64,
    ) -> Result<bool, PortError>;
}
