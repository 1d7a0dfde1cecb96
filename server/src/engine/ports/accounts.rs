//! People who can sign in.

use app::wire::{AccountId, Me, Mobile, Role};
use async_trait::async_trait;

use super::PortError;

/// An account with what the rules need and pages never see.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Who.
    pub account_id: AccountId,
    /// The eleven digits.
    pub mobile: Mobile,
    /// The name for pages.
    pub nickname: String,
    /// What it may do.
    pub role: Role,
    /// May not buy.
    pub banned: bool,
    /// PHC string (argon2id).
    pub password_hash: String,
    /// Registered at, epoch milliseconds.
    pub created_at_ms: i64,
}

/// Without the hash and the number: an account may end up in a log line.
impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Account({})", self.account_id)
    }
}

impl Account {
    /// What its owner may see of it.
    pub fn me(&self) -> Me {
        Me {
            account_id: self.account_id,
            nickname: self.nickname.clone(),
            mobile: self.mobile.masked(),
            role: self.role,
            banned: self.banned,
        }
    }
}

/// Why an account was not inserted.
#[derive(Debug, thiserror::Error)]
pub enum InsertAccountError {
    /// The mobile number has an account already.
    #[error("the mobile number is taken")]
    MobileTaken,
    /// The store.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// The store of accounts.
#[async_trait]
pub trait Accounts: Send + Sync + 'static {
    /// Adds an account and, in the same transaction, the notice that confirms it.
    async fn insert(&self, account: &Account) -> Result<(), InsertAccountError>;

    /// The account of a mobile number.
    async fn by_mobile(&self, mobile: &Mobile) -> Result<Option<Account>, PortError>;
}
