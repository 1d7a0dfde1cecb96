//! [`app::port::BackOffice`] over the engine: checks the caller's role, calls one use case.

use std::sync::Arc;

use app::{
    port::{BackOffice, Visitor},
    wire::{
        ActivityList, ActivityQuery, AddedRound, ApiError, LocalText, Me, Now, Permission, Reason,
        RoundDraft, RoundId, RoundOverview, SetSwitch, Switch,
    },
};
use async_trait::async_trait;

use super::{
    Deps,
    add_round::{self, AddRoundError},
    draft, review_round, stop_round,
};
use crate::chain::Chain;
use crate::engine::{
    Engine, customer_service,
    live::{self, look::look},
    orders,
    paging::{TO_READ, page},
    ports::{ChangedBy, Health, SystemFacts},
    products, reports,
    switches::{self, follow, set},
    system, webhooks,
    wire_errors::port_error,
};

/// The back office for staff and programs. Rounds are here, customer service is in
/// `customer_service::calls`; products, reports and the system have their own `calls`.
pub struct OfficeCalls {
    deps: Arc<Deps>,
    live: Arc<live::Deps>,
    switches: Arc<switches::Deps>,
    pub(in crate::engine) health: Arc<dyn Health>,
    pub(in crate::engine) facts: Arc<dyn SystemFacts>,
    pub(in crate::engine) system: Arc<system::Deps>,
    pub(in crate::engine) orders: Arc<orders::Deps>,
    pub(in crate::engine) webhooks: Arc<webhooks::Deps>,
    pub(in crate::engine) customers: Arc<customer_service::Deps>,
    pub(in crate::engine) products: Arc<products::Deps>,
    pub(in crate::engine) reports: Arc<reports::Deps>,
}

impl OfficeCalls {
    /// Applies a change of switches here at once; other instances notice it at their next read. If the
    /// ledger does not answer now, the task that reads it retries within a second.
    async fn follow_switches(&self) {
        if let Err(error) = follow::run_once(&self.switches).await {
            tracing::debug!(error = %Chain(&error), "cannot read the switches; the last known ones stay in effect");
        }
    }

    /// Calls to the back office of `engine`. `health` gives the state of this process's dependencies, `facts`
    /// other things only it knows.
    pub fn new(engine: &Engine, health: Arc<dyn Health>, facts: Arc<dyn SystemFacts>) -> Self {
        Self {
            deps: engine.back_office.clone(),
            live: engine.live.clone(),
            switches: engine.switches.clone(),
            customers: engine.customer_service.clone(),
            products: engine.products.clone(),
            reports: engine.reports.clone(),
            health,
            facts,
            system: engine.system.clone(),
            orders: engine.orders.clone(),
            webhooks: engine.webhooks.clone(),
        }
    }
}

/// The caller, if it has this permission.
pub(in crate::engine) fn permitted(
    permission: Permission,
    visitor: &Visitor,
) -> Result<&Me, ApiError> {
    let me = visitor.signed_in()?;
    if me.banned {
        return Err(ApiError::Banned);
    }
    match permission.is_given_to(me.role) {
        true => Ok(me),
        false => Err(ApiError::Forbidden),
    }
}

/// Rounds are shown for this long after their end.
const AFTER_THE_END_MS: i64 = 24 * 3_600_000;

#[async_trait]
impl BackOffice for OfficeCalls {
    async fn now(&self, visitor: &Visitor) -> Result<Arc<Now>, ApiError> {
        permitted(Permission::SeeNow, visitor)?;
        Ok(look(&self.live, &*self.health).await)
    }

    async fn rounds(&self, visitor: &Visitor) -> Result<Vec<RoundOverview>, ApiError> {
        permitted(Permission::SeeRounds, visitor)?;
        let since_ms = self.deps.clock.now_ms() - AFTER_THE_END_MS;
        let rounds = self.deps.overview.overview(since_ms).await;
        rounds.map_err(port_error)
    }

    async fn round(&self, visitor: &Visitor, round_id: RoundId) -> Result<RoundDraft, ApiError> {
        permitted(Permission::SeeRounds, visitor)?;
        let found = self.deps.catalogue.round(round_id).await;
        let round = found.map_err(port_error)?.ok_or(ApiError::NotFound)?;
        Ok(draft::of_round(&round))
    }

    fn check_round(&self, visitor: &Visitor, draft: RoundDraft) -> Result<(), ApiError> {
        permitted(Permission::PrepareRounds, visitor)?;
        let checked = add_round::check_coming_round(&self.deps, &draft::to_round(draft));
        checked.map_err(|wrong| AddRoundError::Invalid(wrong).into())
    }

    async fn add_round(
        &self,
        visitor: &Visitor,
        draft: RoundDraft,
    ) -> Result<AddedRound, ApiError> {
        let me = permitted(Permission::PrepareRounds, visitor)?;
        let by = ChangedBy::account(me, visitor.ip, None);
        let state = review_round::first_state(&self.deps, me.role);
        let round = draft::to_round(draft);
        let added = add_round::add_coming_round(&self.deps, round, state, &by).await?;
        let round_id = added.round.round_id;
        if added.is_new {
            tracing::info!(%round_id, account_id = %me.account_id, state = ?added.state, "a round was added");
        }
        Ok(AddedRound {
            round_id,
            item_ids: added.round.items.iter().map(|item| item.item_id).collect(),
            is_new: added.is_new,
            state: added.state,
        })
    }

    async fn approve_round(
        &self,
        visitor: &Visitor,
        round_id: RoundId,
        content_hash: &str,
    ) -> Result<(), ApiError> {
        let me = permitted(Permission::ApproveRounds, visitor)?;
        let by = ChangedBy::account(me, visitor.ip, None);
        let approved = review_round::approve_round(&self.deps, round_id, content_hash, &by);
        if approved.await? {
            tracing::info!(%round_id, account_id = %me.account_id, "a round was approved");
        }
        Ok(())
    }

    async fn send_round_back(
        &self,
        visitor: &Visitor,
        round_id: RoundId,
        reason: &str,
    ) -> Result<(), ApiError> {
        let me = permitted(Permission::ApproveRounds, visitor)
            .or_else(|_| permitted(Permission::PrepareRounds, visitor))?;
        let may_approve = Permission::ApproveRounds.is_given_to(me.role);
        let reason = Reason::parse(reason)?.as_str().to_owned();
        let by = ChangedBy::account(me, visitor.ip, Some(reason));
        review_round::send_back(&self.deps, round_id, may_approve, &by).await?;
        tracing::info!(%round_id, account_id = %me.account_id, "a round was sent back");
        Ok(())
    }

    async fn stop_round(
        &self,
        visitor: &Visitor,
        round_id: RoundId,
        words: LocalText,
    ) -> Result<(), ApiError> {
        let me = permitted(Permission::StopRounds, visitor)?;
        let by = ChangedBy::account(me, visitor.ip, None);
        stop_round::stop_round(&self.deps, round_id, &words, &by).await?;
        tracing::warn!(%round_id, account_id = %me.account_id, "a round was stopped");
        Ok(())
    }

    async fn resume_round(&self, visitor: &Visitor, round_id: RoundId) -> Result<(), ApiError> {
        let me = permitted(Permission::StopRounds, visitor)?;
        let by = ChangedBy::account(me, visitor.ip, None);
        stop_round::resume_round(&self.deps, round_id, &by).await?;
        tracing::warn!(%round_id, account_id = %me.account_id, "a round was resumed");
        Ok(())
    }

    fn switches_in_effect(&self) -> Arc<Vec<SetSwitch>> {
        self.switches.in_effect.all()
    }

    async fn switches(&self, visitor: &Visitor) -> Result<Vec<SetSwitch>, ApiError> {
        permitted(Permission::SeeNow, visitor)?;
        self.follow_switches().await;
        Ok(self.switches.in_effect.all().to_vec())
    }

    async fn set_switch(
        &self,
        visitor: &Visitor,
        switch: Switch,
        minutes: u32,
        reason: &str,
    ) -> Result<SetSwitch, ApiError> {
        let me = permitted(Permission::SetSwitches, visitor)?;
        let by = ChangedBy::account(me, visitor.ip, Some(reason.to_owned()));
        let deps = &self.switches;
        let set = set::set(&*deps.switches, &*deps.clock, switch, minutes, &by).await?;
        tracing::warn!(switch = switch.code(), minutes, account_id = %me.account_id, "a switch was set");
        self.follow_switches().await;
        Ok(set)
    }

    async fn clear_switch(&self, visitor: &Visitor, switch: Switch) -> Result<(), ApiError> {
        let me = permitted(Permission::SetSwitches, visitor)?;
        let by = ChangedBy::account(me, visitor.ip, None);
        let deps = &self.switches;
        let cleared = set::clear(&*deps.switches, &*deps.clock, switch, &by).await;
        if cleared.map_err(port_error)? {
            tracing::warn!(switch = switch.code(), account_id = %me.account_id, "a switch was cleared");
        }
        self.follow_switches().await;
        Ok(())
    }

    async fn activities(
        &self,
        visitor: &Visitor,
        query: ActivityQuery,
    ) -> Result<ActivityList, ApiError> {
        permitted(Permission::SeeActivityLog, visitor)?;
        let found = self.deps.activity_log.activities(&query, TO_READ).await;
        let (activities, next) = page(found.map_err(port_error)?, |activity| activity.number);
        Ok(ActivityList { activities, next })
    }
}
