//! Passwords.

use app::wire::Password;
use async_trait::async_trait;

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
