//! `follow`: reads which switches are set.

use super::Deps;
use crate::engine::ports::PortError;

/// Reads the switches once. While the ledger does not answer, the last known ones stay in effect until
/// each ends. Returns how many are in effect.
///
/// # Errors
/// If the ledger fails.
pub async fn run_once(deps: &Deps) -> Result<u32, PortError> {
    let read = deps.switches.all().await;
    let now_ms = deps.clock.now_ms();
    let in_effect = &deps.in_effect;
    let known = match &read {
        Ok(set) => set.clone(),
        Err(_) => in_effect.all().to_vec(),
    };
    if in_effect.replace(known, now_ms) {
        let all = in_effect.all();
        let codes: Vec<_> = all.iter().map(|set| set.switch.code()).collect();
        tracing::warn!(switches = ?codes, "the switches in effect changed");
    }
    read.map(|_| in_effect.all().len() as u32)
}
