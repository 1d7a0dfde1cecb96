//! The machine: clock, randomness, processors, log.

mod passwords;

use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use rand::RngCore;
use uuid::Uuid;

use crate::engine::ports::{Clock, Ids, Notice, Notifier, PortError};

pub use passwords::Argon2Passwords;

pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the only caller allowed; other modules call this function"
    )]
    fn now_ms(&self) -> i64 {
        // If the clock is before 1970, the sale is simply not open.
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }
}

/// Ids and secrets from the system's cryptographic source.
pub struct SystemIds;

impl Ids for SystemIds {
    fn id(&self) -> Uuid {
        Uuid::now_v7()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the only caller allowed; other modules call this function"
    )]
    fn secret(&self) -> String {
        format!(
            "{:032x}",
            u128::from(rand::rng().next_u64()) << 64 | u128::from(rand::rng().next_u64())
        )
    }
}

/// Writes notices to the log, for a shop without a text-message provider.
pub struct LogNotifier;

#[async_trait]
impl Notifier for LogNotifier {
    async fn welcome(&self, notice: &Notice) -> Result<(), PortError> {
        tracing::info!(
            notice_id = %notice.notice_id,
            to = notice.mobile.masked(),
            "no messenger is configured: this line replaces the welcome message to a new account"
        );
        Ok(())
    }
}
