//! [`Passwords`] with argon2id, the parameters of RFC 9106's second recommendation scaled down to
//! 19 MiB and two passes (OWASP's minimum): about 20 ms of one core.

use std::{sync::Arc, time::Duration};

use app::wire::Password;
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use async_trait::async_trait;
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

use crate::engine::ports::{PasswordError, Passwords};

/// Concurrent hashes: sign-ins use at most two cores.
const AT_ONCE: usize = 2;
/// Longest wait for a turn; then the caller gets `busy`.
const WAIT: Duration = Duration::from_secs(3);

pub struct Argon2Passwords {
    turns: Arc<Semaphore>,
    argon2: Argon2<'static>,
}

/// Checked when there is no account: the same work, and no password matches this hash.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

impl Argon2Passwords {
    /// # Errors
    /// If the parameters are not valid.
    pub fn new() -> Result<Self, PasswordError> {
        let params = Params::new(19 * 1024, 2, 1, None).map_err(failed)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        Ok(Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            argon2,
        })
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(Argon2<'static>) -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let turn = timeout(WAIT, Arc::clone(&self.turns).acquire_owned()).await;
        let turn = turn.map_err(|_| PasswordError::Busy)?.map_err(failed)?;
        let argon2 = self.argon2.clone();
        // The thread owns the permit: a caller that gives up must not free a busy core.
        let done = spawn_blocking(move || {
            let _turn = turn;
            work(argon2)
        });
        done.await.map_err(failed)?
    }
}

fn failed(error: impl ToString) -> PasswordError {
    PasswordError::Failed(error.to_string())
}

#[async_trait]
impl Passwords for Argon2Passwords {
    async fn hash(&self, password: Password) -> Result<String, PasswordError> {
        self.in_turn(move |argon2| {
            let hash = argon2
                .hash_password(password.expose().as_bytes())
                .map_err(failed)?;
            Ok(hash.to_string())
        })
        .await
    }

    async fn verify(
        &self,
        password: Password,
        hash: Option<String>,
    ) -> Result<bool, PasswordError> {
        let exists = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
        self.in_turn(move |argon2| {
            let hash = PasswordHash::new(&hash).map_err(failed)?;
            let fits = argon2
                .verify_password(password.expose().as_bytes(), &hash)
                .is_ok();
            Ok(exists && fits)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_an_account_matches() {
        let passwords = Argon2Passwords::new().unwrap();
        let right = Password::parse("correct horse".into()).unwrap();
        let wrong = Password::parse("battery staple".into()).unwrap();
        let hash = passwords.hash(right.clone()).await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(
            passwords
                .verify(right.clone(), Some(hash.clone()))
                .await
                .unwrap()
        );
        assert!(!passwords.verify(wrong, Some(hash)).await.unwrap());
        assert!(!passwords.verify(right, None).await.unwrap());
    }
}
