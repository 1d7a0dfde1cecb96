//! [`app::port::SystemOffice`] over the engine: checks the caller's permission.

use app::{
    port::{SystemOffice, Visitor},
    wire::{
        ApiError, BrokenRule, Differences, DoctorCheck, Permission, SystemInstance, SystemReport,
    },
};
use async_trait::async_trait;
use futures::FutureExt as _;

use super::Looked;
use crate::{
    chain::Chain,
    engine::{
        audit,
        back_office::calls::{OfficeCalls, permitted},
        ports::PortError,
        wire_errors::port_error,
    },
};

/// Another call is looking for problems, or the last one has not ended.
const TAKEN: ApiError = ApiError::Busy { retry_after_s: 5 };
/// A result older than this is not shown.
const SHOWN_MS: i64 = 60_000;

#[async_trait]
impl SystemOffice for OfficeCalls {
    async fn system(&self, visitor: &Visitor) -> Result<SystemReport, ApiError> {
        permitted(Permission::SeeSystem, visitor)?;
        let counted = self.system.counters.of_instances().await;
        let counted = counted.inspect_err(
            |error| tracing::warn!(error = %Chain(error), "cannot read which instances are running"),
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

    async fn checks(&self, visitor: &Visitor) -> Result<Vec<DoctorCheck>, ApiError> {
        permitted(Permission::SeeSystem, visitor)?;
        let now_ms = self.system.audit.clock.now_ms();
        let mut looked = self.system.looked.try_lock_owned().ok_or(TAKEN)?;
        if let Some(found) = looked.checks.take().filter(|_| looked.is_new(now_ms)) {
            return Ok(found);
        }
        let facts = self.facts.clone();
        let work = async move {
            *looked = Looked {
                checks: Some(facts.checks().await),
                differences: None,
                at_ms: now_ms,
            };
        };
        self.facts.carry_out(work.boxed()).await;
        let mut looked = self.system.looked.try_lock().ok_or(TAKEN)?;
        looked.checks.take().ok_or(TAKEN)
    }

    async fn differences(&self, visitor: &Visitor) -> Result<Differences, ApiError> {
        permitted(Permission::SeeSystem, visitor)?;
        let system = self.system.clone();
        let now_ms = system.audit.clock.now_ms();
        let mut looked = system.looked.try_lock_owned().ok_or(TAKEN)?;
        if let Some(found) = looked.differences.take().filter(|_| looked.is_new(now_ms)) {
            return found;
        }
        let work = async move {
            let differences = look(&system.audit).await.map_err(port_error);
            *looked = Looked {
                differences: Some(differences),
                checks: None,
                at_ms: system.audit.clock.now_ms(),
            };
        };
        self.facts.carry_out(work.boxed()).await;
        let mut looked = self.system.looked.try_lock().ok_or(TAKEN)?;
        looked.differences.take().ok_or(TAKEN)?
    }
}

impl Looked {
    /// Whether a result whose caller left is recent enough for the next caller.
    fn is_new(&self, now_ms: i64) -> bool {
        (now_ms - self.at_ms).abs() < SHOWN_MS
    }
}

async fn look(deps: &audit::Deps) -> Result<Differences, PortError> {
    let mut report = audit::audit(&*deps.facts, deps.clock.now_ms()).await?;
    audit::compare(deps, &mut report).await?;
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
