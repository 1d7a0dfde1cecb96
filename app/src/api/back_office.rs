//! Calls of the staff.

use leptos::prelude::*;
use server_fn::codec::GetUrl;
use uuid::Uuid;

use crate::wire::{
    AccountId, ActivityList, AddedRound, ApiError, ItemDraft, Json, Key, LocalText, Now, RoundId,
    RoundOverview, RoundReport, SetSwitch, Switch,
};

#[cfg(feature = "ssr")]
use super::context::{back_office, visitor};
#[cfg(feature = "ssr")]
use crate::wire::{ActivityQuery, RoundDraft};

/// `GET /api/admin/now`: the shop's current state, for all staff.
#[server(name = GetNow, endpoint = "/admin/now", prefix = "/api", input = GetUrl, output = Json)]
pub async fn now() -> Result<Now, ApiError> {
    let now = back_office()?.now(&visitor()?).await?;
    Ok((*now).clone())
}

/// `GET /api/admin/rounds`: the rounds with their units, for all staff.
#[server(name = GetAdminRounds, endpoint = "/admin/rounds", prefix = "/api", input = GetUrl, output = Json)]
pub async fn admin_rounds() -> Result<Vec<RoundOverview>, ApiError> {
    back_office()?.rounds(&visitor()?).await
}

/// `GET /api/admin/rounds/report`: the report of a round.
#[server(name = GetRoundReport, endpoint = "/admin/rounds/report", prefix = "/api", input = GetUrl, output = Json)]
pub async fn round_report(round_id: RoundId) -> Result<RoundReport, ApiError> {
    let visitor = visitor()?;
    let report = back_office()?.round_report(&visitor, round_id).await?;
    Ok((*report).clone())
}

/// `POST /api/admin/rounds`: adds a round, approved or to be approved. A repeat adds nothing.
#[server(name = AddRound, endpoint = "/admin/rounds", prefix = "/api", input = Json, output = Json)]
pub async fn add_round(
    key: Key,
    title: LocalText,
    starts_at_ms: i64,
    ends_at_ms: i64,
    #[server(default)] pay_window_s: Option<u32>,
    items: Vec<ItemDraft>,
) -> Result<AddedRound, ApiError> {
    let draft = RoundDraft {
        key,
        title,
        starts_at_ms,
        ends_at_ms,
        pay_window_s,
        items,
    };
    back_office()?.add_round(&visitor()?, draft).await
}

/// `POST /api/admin/rounds/approve`: approves a waiting round exactly as it was viewed.
#[server(name = ApproveRound, endpoint = "/admin/rounds/approve", prefix = "/api", input = Json, output = Json)]
pub async fn approve_round(round_id: RoundId, content_hash: String) -> Result<(), ApiError> {
    let visitor = visitor()?;
    let office = back_office()?;
    office
        .approve_round(&visitor, round_id, &content_hash)
        .await
}

/// `POST /api/admin/rounds/send_back`: sends back a round that waits for approval.
#[server(name = SendRoundBack, endpoint = "/admin/rounds/send_back", prefix = "/api", input = Json, output = Json)]
pub async fn send_round_back(round_id: RoundId, reason: String) -> Result<(), ApiError> {
    let visitor = visitor()?;
    back_office()?
        .send_round_back(&visitor, round_id, &reason)
        .await
}

/// `POST /api/admin/rounds/stop`: stops sales in the round until it is resumed; `words` tell shoppers why.
/// Operators and administrators.
#[server(name = StopRound, endpoint = "/admin/rounds/stop", prefix = "/api", input = Json, output = Json)]
pub async fn stop_round(round_id: RoundId, words: LocalText) -> Result<(), ApiError> {
    let visitor = visitor()?;
    back_office()?.stop_round(&visitor, round_id, words).await
}

/// `POST /api/admin/rounds/resume`: resumes a stopped round. Operators and administrators.
#[server(name = ResumeRound, endpoint = "/admin/rounds/resume", prefix = "/api", input = Json, output = Json)]
pub async fn resume_round(round_id: RoundId) -> Result<(), ApiError> {
    back_office()?.resume_round(&visitor()?, round_id).await
}

/// `GET /api/admin/switches`: the switches that are set, for all staff.
#[server(name = GetSwitches, endpoint = "/admin/switches", prefix = "/api", input = GetUrl, output = Json)]
pub async fn switches() -> Result<Vec<SetSwitch>, ApiError> {
    back_office()?.switches(&visitor()?).await
}

/// `POST /api/admin/switches/set`: sets a switch for a while. Operators and administrators.
#[server(name = SetSwitchCall, endpoint = "/admin/switches/set", prefix = "/api", input = Json, output = Json)]
pub async fn set_switch(
    switch: Switch,
    minutes: u32,
    reason: String,
) -> Result<SetSwitch, ApiError> {
    let visitor = visitor()?;
    let office = back_office()?;
    office.set_switch(&visitor, switch, minutes, &reason).await
}

/// `POST /api/admin/switches/clear`: clears a switch before its time. Operators and administrators.
#[server(name = ClearSwitchCall, endpoint = "/admin/switches/clear", prefix = "/api", input = Json, output = Json)]
pub async fn clear_switch(switch: Switch) -> Result<(), ApiError> {
    back_office()?.clear_switch(&visitor()?, switch).await
}

/// `GET /api/admin/activities`: the staff's actions, newest first, 50 at a time.
#[server(name = GetActivities, endpoint = "/admin/activities", prefix = "/api", input = GetUrl, output = Json)]
pub async fn activities(
    account_id: Option<AccountId>,
    subject_id: Option<Uuid>,
    before: Option<u64>,
) -> Result<ActivityList, ApiError> {
    let query = ActivityQuery {
        account_id,
        subject_id,
        before,
    };
    back_office()?.activities(&visitor()?, query).await
}
