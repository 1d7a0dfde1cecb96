//! [`app::port::SystemOffice`] over the engine: checks what the caller may do.

use app::{
    port::{SystemOffice, Visitor},
    wire::{ApiError, BrokenRule, Differences, Finding, Permission, SystemInstance, SystemReport},
};
use async_trait::async_trait;

use crate::{
    chain::Chain,
    engine::{
        audit,
        back_office::calls::{OfficeCalls, permitted},
        wire_errors::port_error,
    },
};

/// Somebody else is looking.
const TAKEN: ApiError = ApiError::Busy { retry_after_s: 5 };

#[async_trait]
impl SystemOffice for OfficeCalls {
    async fn system(&self, visitor: &Visitor) -> Result<SystemReport, ApiError> {
        permitted(Permission::SeeSystem, visitor)?;
        let counted = self.system.counters.of_instances().await;
        let counted = counted.inspect_err(
            |error| tracing::warn!(error = %Chain(error), "cannot read which instances live"),
        );
        let instances = counted.ok().map(|instances| {
            let mut instances: Vec<_> = instances
                .into_iter()
                .map(|one| SystemInstance {
                    instance_id: one.instance.instance_id,
                    started_at_ms: one.instance.started_at_ms,
                    version: one.version,
                })
                .collect();
            instances.sort_by_key(|one| (one.started_at_ms, one.instance_id));
            instances
        });
        Ok(SystemReport {
            version: self.facts.version(),
            settings: self.facts.settings(),
            instances,
            dependencies: self.health.states().await,
        })
    }

    async fn findings(&self, visitor: &Visitor) -> Result<Vec<Finding>, ApiError> {
        permitted(Permission::SeeSystem, visitor)?;
        let _turn = self.system.turn.try_lock().ok_or(TAKEN)?;
        Ok(self.facts.findings().await)
    }

    async fn differences(&self, visitor: &Visitor) -> Result<Differences, ApiError> {
        permitted(Permission::SeeSystem, visitor)?;
        let _turn = self.system.turn.try_lock().ok_or(TAKEN)?;
        let deps = &self.system.audit;
        let report = audit::audit(&*deps.facts, deps.clock.now_ms()).await;
        let mut report = report.map_err(port_error)?;
        audit::compare(deps, &mut report)
            .await
            .map_err(port_error)?;
        let broken = report.violations.into_iter().map(|violation| BrokenRule {
            rule: violation.rule.to_owned(),
            item_id: violation.item_id,
            detail: violation.detail,
        });
        Ok(Differences {
            items: report.items.len() as u64,
            on_their_way: report.on_their_way,
            broken: broken.collect(),
        })
    }
}
