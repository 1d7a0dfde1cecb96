//! The switches in effect, as this instance knows them.

use std::sync::{
    Arc, PoisonError, RwLock,
    atomic::{AtomicU8, Ordering},
};

use app::wire::{ApiError, SetSwitch, Switch};

/// Checked at every purchase: one load of an atomic number.
#[derive(Default)]
pub struct SwitchesInEffect {
    /// One bit per switch.
    bits: AtomicU8,
    set: RwLock<Arc<Vec<SetSwitch>>>,
}

const fn bit(switch: Switch) -> u8 {
    1 << switch as u8
}

impl SwitchesInEffect {
    /// Whether it is set.
    pub fn is_on(&self, switch: Switch) -> bool {
        self.bits.load(Ordering::Relaxed) & bit(switch) != 0
    }

    /// Returns an error if one of `switches` is set.
    ///
    /// # Errors
    /// The code of the first one that is set.
    pub fn refuse(&self, switches: &[Switch]) -> Result<(), ApiError> {
        let bits = self.bits.load(Ordering::Relaxed);
        if bits == 0 {
            return Ok(());
        }
        let set = switches.iter().find(|switch| bits & bit(**switch) != 0);
        set.and_then(|switch| ApiError::of_switch(*switch))
            .map_or(Ok(()), Err)
    }

    /// The switches that are set, in the order of the page.
    pub fn all(&self) -> Arc<Vec<SetSwitch>> {
        self.set
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Sets those of `set` that have not ended at `now_ms`. Returns whether anything changed.
    pub(super) fn replace(&self, set: impl IntoIterator<Item = SetSwitch>, now_ms: i64) -> bool {
        let mut set: Vec<_> = set
            .into_iter()
            .filter(|switch| now_ms < switch.ends_at_ms)
            .collect();
        set.sort_by_key(|switch| switch.switch);
        let bits = set.iter().fold(0, |bits, set| bits | bit(set.switch));
        let mut known = self.set.write().unwrap_or_else(PoisonError::into_inner);
        if **known == set {
            return false;
        }
        *known = Arc::new(set);
        self.bits.store(bits, Ordering::Relaxed);
        true
    }
}
