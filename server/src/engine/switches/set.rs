//! Sets a switch for a while, and clears it early.

use app::wire::{Reason, SetSwitch, Switch};

use crate::engine::ports::{ChangedBy, Clock, PortError, Switches};

/// Why a switch was not set.
#[derive(Debug, thiserror::Error)]
pub enum SetSwitchError {
    /// The named argument is out of bounds.
    #[error("`{0}` is not valid: a reason has one line of 1 to {max} characters, minutes are 1 to {most}", max = Reason::MAX, most = Switch::MAX_MINUTES)]
    Invalid(&'static str),
    /// The ledger failed. The switch may have been set: a repeat changes nothing else.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Sets a switch, even one that is already set, for this many minutes from now. `by` has the caller and the
/// reason. Every instance follows within two seconds.
///
/// # Errors
/// See [`SetSwitchError`].
pub async fn set(
    switches: &dyn Switches,
    clock: &dyn Clock,
    switch: Switch,
    minutes: u32,
    by: &ChangedBy,
) -> Result<SetSwitch, SetSwitchError> {
    if !(1..=Switch::MAX_MINUTES).contains(&minutes) {
        return Err(SetSwitchError::Invalid("minutes"));
    }
    let reason = by.reason.as_deref().unwrap_or_default();
    let reason = Reason::parse(reason).map_err(|_| SetSwitchError::Invalid("reason"))?;
    let now_ms = clock.now_ms();
    let set = SetSwitch {
        switch,
        set_by: by.account_id,
        set_by_name: by.name.clone(),
        reason: reason.as_str().to_owned(),
        set_at_ms: now_ms,
        ends_at_ms: now_ms + i64::from(minutes) * 60_000,
    };
    switches.set(&set, by).await?;
    Ok(set)
}

/// Clears a switch; has no effect on one that is not set. Returns whether it was set.
///
/// # Errors
/// If the ledger fails.
pub async fn clear(
    switches: &dyn Switches,
    clock: &dyn Clock,
    switch: Switch,
    by: &ChangedBy,
) -> Result<bool, PortError> {
    switches.clear(switch, by, clock.now_ms()).await
}
