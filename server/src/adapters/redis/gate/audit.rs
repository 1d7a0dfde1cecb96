//! [`AuditedGate`]: compares the gate with the ledger for the auditor.

use app::wire::ItemId;
use async_trait::async_trait;

use super::{RedisGate, diff::Diff, malformed, read_state::Counters};
use crate::engine::ports::{AuditedGate, GateFacts, GateStock, PortError};

#[async_trait]
impl AuditedGate for RedisGate {
    async fn facts(
        &self,
        item_id: ItemId,
        late_before_ms: i64,
    ) -> Result<Option<GateFacts>, PortError> {
        let Some(item) = self.loaded(item_id).await? else {
            return Ok(None);
        };
        let Some((mut diff, ledger)) = self.compare_holders(&item).await? else {
            return Ok(None);
        };
        let is_complete = !diff.is_full();
        diff.unknown = self.still_unknown(diff.unknown).await?;
        let Some(after) = self.all_counters(&item).await? else {
            return Ok(None);
        };
        let before = diff.segments.iter().map(|segment| &segment.counters);
        let is_same = before.eq(&after);
        let is_late = |held_at_ms: i64| held_at_ms < late_before_ms;
        let late = diff
            .unknown
            .iter()
            .filter(|holder| is_late(holder.held_at_ms));
        Ok(Some(GateFacts {
            gate: stock(&diff)?,
            ledger: ledger.stock,
            unknown: diff.unknown.len() as u32,
            unknown_late: late.count() as u32,
            wrong: diff.wrong.len() as u32,
            is_exact: is_complete && is_same,
        }))
    }
}

/// The counters of all segments. Units being transferred are counted by neither segment.
fn stock(diff: &Diff) -> Result<GateStock, PortError> {
    let sum = |of: fn(&Counters) -> i64| {
        u32::try_from(diff.sum(of)).map_err(|_| malformed("a counter that is out of bounds"))
    };
    Ok(GateStock {
        total: sum(|counters| counters.total + counters.moving)?,
        sellable: sum(|counters| counters.sellable + counters.moving)?,
        locked: sum(|counters| counters.locked)?,
        sold: sum(|counters| counters.sold)?,
    })
}
