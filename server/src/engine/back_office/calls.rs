//! [`app::port::BackOffice`] over the engine: checks the caller's role, calls one use case.

use std::sync::Arc;

use app::{
    port::{BackOffice, Visitor},
    wire::{AddedRound, ApiError, LocalText, Me, Role, RoundDraft, RoundId, RoundOverview},
};
use async_trait::async_trait;

use super::{
    Deps,
    add_round::{self, AddRoundError},
    draft, stop_round,
};
use crate::engine::wire_errors::port_error;

/// The back office as people and programs meet it.
pub struct OfficeCalls {
    deps: Arc<Deps>,
}

impl OfficeCalls {
    /// Calls to the back office.
    pub fn new(deps: Arc<Deps>) -> Self {
        Self { deps }
    }
}

/// Who may do everything.
const ADMINISTRATORS: &[Role] = &[Role::Admin];
/// Who may step in while a round is on sale.
const OPERATORS: &[Role] = &[Role::Operator, Role::Admin];

/// Who runs the shop.
const STAFF: &[Role] = &[Role::Reviewer, Role::Operator, Role::Admin];

/// The caller, if it has one of these roles.
fn one_of<'v>(roles: &[Role], visitor: &'v Visitor) -> Result<&'v Me, ApiError> {
    let me = visitor.signed_in()?;
    if me.banned {
        return Err(ApiError::Banned);
    }
    match roles.contains(&me.role) {
        true => Ok(me),
        false => Err(ApiError::Forbidden),
    }
}

/// Rounds are shown for this long after their end.
const AFTER_THE_END_MS: i64 = 24 * 3_600_000;

#[async_trait]
impl BackOffice for OfficeCalls {
    async fn rounds(&self, visitor: &Visitor) -> Result<Vec<RoundOverview>, ApiError> {
        one_of(STAFF, visitor)?;
        let since_ms = self.deps.clock.now_ms() - AFTER_THE_END_MS;
        let rounds = self.deps.overview.overview(since_ms).await;
        rounds.map_err(port_error)
    }

    async fn round(&self, visitor: &Visitor, round_id: RoundId) -> Result<RoundDraft, ApiError> {
        one_of(STAFF, visitor)?;
        let found = self.deps.catalogue.round(round_id).await;
        let round = found.map_err(port_error)?.ok_or(ApiError::NotFound)?;
        Ok(draft::of_round(&round))
    }

    fn check_round(&self, visitor: &Visitor, draft: RoundDraft) -> Result<(), ApiError> {
        one_of(ADMINISTRATORS, visitor)?;
        let checked = add_round::check_coming_round(&self.deps, &draft::to_round(draft));
        checked.map_err(|wrong| AddRoundError::Invalid(wrong).into())
    }

    async fn add_round(
        &self,
        visitor: &Visitor,
        draft: RoundDraft,
    ) -> Result<AddedRound, ApiError> {
        let me = one_of(ADMINISTRATORS, visitor)?;
        let added = add_round::add_coming_round(&self.deps, draft::to_round(draft)).await?;
        let round_id = added.round.round_id;
        if added.is_new {
            tracing::info!(%round_id, account_id = %me.account_id, "an administrator added a round");
        }
        Ok(AddedRound {
            round_id,
            item_ids: added.round.items.iter().map(|item| item.item_id).collect(),
            is_new: added.is_new,
        })
    }

    async fn stop_round(
        &self,
        visitor: &Visitor,
        round_id: RoundId,
        words: LocalText,
    ) -> Result<(), ApiError> {
        let me = one_of(OPERATORS, visitor)?;
        stop_round::stop_round(&self.deps, round_id, &words).await?;
        tracing::warn!(%round_id, account_id = %me.account_id, "a round was stopped");
        Ok(())
    }

    async fn resume_round(&self, visitor: &Visitor, round_id: RoundId) -> Result<(), ApiError> {
        let me = one_of(OPERATORS, visitor)?;
        stop_round::resume_round(&self.deps, round_id).await?;
        tracing::warn!(%round_id, account_id = %me.account_id, "a round goes on");
        Ok(())
    }
}
