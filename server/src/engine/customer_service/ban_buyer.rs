//! Who may not buy. A ban reaches the buyer's log-ins within half a minute; orders stay as they are.

use app::wire::AccountId;

use super::{ChangeError, Deps};
use crate::engine::ports::ChangedBy;

/// Keeps a buyer from buying, or lets them buy again. A repeat changes nothing.
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
    if changed {
        tracing::warn!(%account_id, banned, by = by.name, "somebody changed whether a buyer may buy");
    }
    Ok(())
}
