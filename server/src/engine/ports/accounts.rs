//! Accounts, their log-ins and their passwords.

use app::wire::{AccountId, Me, Mobile, Password, Role};
use async_trait::async_trait;

use super::{ChangedBy, PortError};

/// An account, with data that the rules need and pages never see.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    pub account_id: AccountId,
    /// The eleven digits of the mobile number.
    pub mobile: Mobile,
    /// The name shown on pages.
    pub nickname: String,
    /// Defines what the account may do.
    pub role: Role,
    /// The buyer may not buy.
    pub banned: bool,
    /// PHC string (argon2id).
    pub password_hash: String,
    /// Registered at, epoch milliseconds.
    pub created_at_ms: i64,
}

/// Leaves out the hash and the number: an account may be logged.
impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Account({})", self.account_id)
    }
}

impl Account {
    /// The part of the account that its owner may see.
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
    /// The mobile number already has an account.
    #[error("the mobile number is taken")]
    MobileTaken,
    /// The ledger failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

#[async_trait]
pub trait Accounts: Send + Sync + 'static {
    /// Adds an account and, in the same transaction, the notice that confirms it.
    async fn insert(&self, account: &Account) -> Result<(), InsertAccountError>;

    /// The account of a mobile number.
    async fn by_mobile(&self, mobile: &Mobile) -> Result<Option<Account>, PortError>;

    /// The account with this id.
    async fn by_id(&self, account_id: AccountId) -> Result<Option<Account>, PortError>;

    /// Sets another password and removes all log-ins of the account, in one transaction. Returns false,
    /// and changes nothing, when the account's hash is no longer `present_hash`.
    async fn set_password(
        &self,
        account_id: AccountId,
        present_hash: &str,
        new_hash: &str,
    ) -> Result<bool, PortError>;
}

/// Adds and changes accounts for operators.
#[async_trait]
pub trait AccountWriter: Send + Sync + 'static {
    /// Adds accounts without notices, a thousand per transaction. None of their mobile numbers may be
    /// in use. Staff accounts are written into the activity log.
    async fn add_accounts(
        &self,
        accounts: &[Account],
        by: &ChangedBy,
    ) -> Result<(), InsertAccountError>;

    /// Adds log-ins that do not slide, a thousand per transaction.
    async fn add_log_ins(
        &self,
        log_ins: &[(TokenHash, AccountId)],
        expires_at_ms: i64,
    ) -> Result<(), PortError>;

    /// Staff accounts, by role and name, at most 1,000.
    async fn staff(&self) -> Result<Vec<Account>, PortError>;

    /// Sets another password, removes all log-ins of the account and writes the activity log, in one transaction.
    /// Returns whether the account exists.
    async fn reset_password(
        &self,
        account_id: AccountId,
        new_hash: &str,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<bool, PortError>;

    /// The number of accounts.
    async fn count(&self) -> Result<u64, PortError>;
}

/// SHA-256 of a token in lower-case hexadecimal: useless to a thief of the database.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TokenHash(pub String);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The account, as its owner sees it.
    pub me: Me,
    /// Expires at this instant; slides forward while it is used.
    pub expires_at_ms: i64,
    /// The latest instant to which the expiry may slide.
    pub max_expires_at_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLogIn {
    /// The hash of its token.
    pub token: TokenHash,
    pub account_id: AccountId,
    pub signed_in_at_ms: i64,
    /// Expires at this instant, unless it is used.
    pub expires_at_ms: i64,
    /// The latest instant to which the expiry may slide.
    pub max_expires_at_ms: i64,
    /// The client's network address.
    pub ip: String,
    /// Browser and system in words, at most 64 characters.
    pub device: String,
}

/// A log-in as it is shown to its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogInRecord {
    /// The log-in as stored, with the current expiry. One stored by an earlier version has a start of 0 and
    /// neither address nor device.
    pub log_in: NewLogIn,
    /// The last recorded use; 0 for none.
    pub used_at_ms: i64,
}

/// Reads many log-ins at once.
#[async_trait]
pub trait LoginBatches: Send + Sync + 'static {
    /// The log-ins of several tokens, expired or not, in the same order. At most 256.
    async fn get_all(&self, tokens: &[TokenHash]) -> Result<Vec<Option<Login>>, PortError>;
}

/// Log-in tokens: random, stored only as a hash, known to every instance of the server.
#[async_trait]
pub trait LoginTokens: Send + Sync + 'static {
    /// Stores a new token.
    async fn insert(&self, log_in: &NewLogIn) -> Result<(), PortError>;

    /// The log-in of a token, expired or not.
    async fn get(&self, token: &TokenHash) -> Result<Option<Login>, PortError>;

    /// An account's log-ins, expired ones included, the latest first, at most 1,000.
    async fn of_account(&self, account_id: AccountId) -> Result<Vec<LogInRecord>, PortError>;

    /// Records a use, and slides the expiry. Harmless for an unknown token.
    async fn touch(
        &self,
        token: &TokenHash,
        used_at_ms: i64,
        expires_at_ms: i64,
    ) -> Result<(), PortError>;

    /// Removes a token. Harmless for an unknown one.
    async fn remove(&self, token: &TokenHash) -> Result<(), PortError>;

    /// Removes every token that expired before `now_ms`.
    async fn purge(&self, now_ms: i64) -> Result<(), PortError>;
}

/// Why a password was neither hashed nor checked.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too many are being checked; hashing is slow on purpose.
    #[error("too many passwords are being checked")]
    Busy,
    /// The hash function failed, or the stored hash is unreadable.
    #[error("password hashing failed: {0}")]
    Failed(String),
}

/// A slow password hash, run outside the async threads.
#[async_trait]
pub trait Passwords: Send + Sync + 'static {
    /// Hashes a password into a PHC string.
    async fn hash(&self, password: Password) -> Result<String, PasswordError>;

    /// Whether the password matches. Without a hash (no such account) it does the same work and
    /// returns false, so that the time reveals nothing.
    async fn verify(&self, password: Password, hash: Option<String>)
    -> Result<bool, PasswordError>;
}
