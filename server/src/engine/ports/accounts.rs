//! People who can sign in, their log-ins and their passwords.

use app::wire::{AccountId, Me, Mobile, Password, Role};
use async_trait::async_trait;

use super::{ChangedBy, PortError};

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
    /// The ledger failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Accounts.
#[async_trait]
pub trait Accounts: Send + Sync + 'static {
    /// Adds an account and, in the same transaction, the notice that confirms it.
    async fn insert(&self, account: &Account) -> Result<(), InsertAccountError>;

    /// The account of a mobile number.
    async fn by_mobile(&self, mobile: &Mobile) -> Result<Option<Account>, PortError>;

    /// The account with this id.
    async fn by_id(&self, account_id: AccountId) -> Result<Option<Account>, PortError>;

    /// Gives an account another password and forgets all its log-ins, in one transaction. Whether it did:
    /// not when the account's hash is no longer `present_hash`.
    async fn set_password(
        &self,
        account_id: AccountId,
        present_hash: &str,
        new_hash: &str,
    ) -> Result<bool, PortError>;
}

/// Accounts that whoever runs the shop adds.
#[async_trait]
pub trait AccountWriter: Send + Sync + 'static {
    /// Adds accounts without notices, a thousand a transaction. None of their mobile numbers may have
    /// one. Those that may do more than buy are written into the activity log.
    async fn add_accounts(
        &self,
        accounts: &[Account],
        by: &ChangedBy,
    ) -> Result<(), InsertAccountError>;

    /// Adds log-ins that do not slide, a thousand a transaction.
    async fn add_log_ins(
        &self,
        log_ins: &[(TokenHash, AccountId)],
        expires_at_ms: i64,
    ) -> Result<(), PortError>;

    /// Those that may do more than buy, by role and name, at most 1,000.
    async fn staff(&self) -> Result<Vec<Account>, PortError>;

    /// Gives an account another password and forgets all its log-ins, and writes that into the activity log, in one
    /// transaction. Whether there is the account.
    async fn reset_password(
        &self,
        account_id: AccountId,
        new_hash: &str,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<bool, PortError>;

    /// How many accounts there are.
    async fn count(&self) -> Result<u64, PortError>;
}

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
    pub max_expires_at_ms: i64,
}

/// A log-in that begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLogIn {
    /// Its token.
    pub token: TokenHash,
    /// Whose.
    pub account_id: AccountId,
    /// When it began.
    pub signed_in_at_ms: i64,
    /// Worthless from this instant on, unless it is used.
    pub expires_at_ms: i64,
    /// The latest instant it may slide to.
    pub max_expires_at_ms: i64,
    /// The address that it came from.
    pub ip: String,
    /// Browser and system in words, at most 64 characters.
    pub device: String,
}

/// A log-in as it is shown to its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogInRecord {
    /// As it was stored, with the present expiry. What an earlier version stored began at 0 and has neither
    /// address nor device.
    pub log_in: NewLogIn,
    /// The last use that was noted; 0 for none.
    pub used_at_ms: i64,
}

/// Log-ins that are read together.
#[async_trait]
pub trait LoginBatches: Send + Sync + 'static {
    /// The log-ins behind several tokens, expired or not, in their order. At most 256.
    async fn get_all(&self, tokens: &[TokenHash]) -> Result<Vec<Option<Login>>, PortError>;
}

/// Log-in tokens: random, stored only as a hash, known to every instance of the server.
#[async_trait]
pub trait LoginTokens: Send + Sync + 'static {
    /// Remembers a new token.
    async fn insert(&self, log_in: &NewLogIn) -> Result<(), PortError>;

    /// The log-in behind a token, expired or not.
    async fn get(&self, token: &TokenHash) -> Result<Option<Login>, PortError>;

    /// An account's log-ins, expired ones included, the latest first, at most 1,000.
    async fn of_account(&self, account_id: AccountId) -> Result<Vec<LogInRecord>, PortError>;

    /// Notes a use, and slides the expiry. Harmless for an unknown token.
    async fn touch(
        &self,
        token: &TokenHash,
        used_at_ms: i64,
        expires_at_ms: i64,
    ) -> Result<(), PortError>;

    /// Forgets a token. Harmless for an unknown one.
    async fn remove(&self, token: &TokenHash) -> Result<(), PortError>;

    /// Forgets every token that expired before `now_ms`.
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

/// A slow hash, off the async threads.
#[async_trait]
pub trait Passwords: Send + Sync + 'static {
    /// A PHC string for storage.
    async fn hash(&self, password: Password) -> Result<String, PasswordError>;

    /// Whether the password fits. Without a hash (no such account) the same work is done and the
    /// answer is no, so that the time tells nothing.
    async fn verify(&self, password: Password, hash: Option<String>)
    -> Result<bool, PasswordError>;
}
