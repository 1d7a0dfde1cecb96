//! Bans buyers. A ban reaches the buyer's log-ins within half a minute; orders stay as they are.

use app::wire::AccountId;

use super::{ChangeError, Deps};
use crate::engine::ports::ChangedBy;

/// Bans a buyer, or lifts the ban. A repeat changes nothing.
///
/// # Errors
/// See [`ChangeError`].
pub async fn set_banned(
    deps: &Deps,
    account_id: AccountId,
    banned: bool,
    by: &ChangedBy,
) -> Result<(), ChangeError> {
    let now_ms = deps.clock.now_ms();
    let set = deps.bans.set_banned(account_id, banned, by, now_ms).await?;
    let changed = set.ok_or(ChangeError::NotFound)?;
    match (changed, banned) {
        (true, true) => tracing::warn!(%account_id, by = by.name, "a buyer was banned"),
        (true, false) => tracing::warn!(%account_id, by = by.name, "a buyer's ban was lifted"),
        (false, _) => {}
    }
    Ok(())
}
