//! What those who run the shop do.

use leptos::prelude::*;

use crate::wire::{AddedRound, ApiError, ItemDraft, Json, LocalText};

#[cfg(feature = "ssr")]
use super::context::{back_office, visitor};
#[cfg(feature = "ssr")]
use crate::wire::RoundDraft;

/// `POST /api/admin/rounds`: adds an approved round; administrators only.
#[server(name = AddRound, endpoint = "/admin/rounds", prefix = "/api", input = Json, output = Json)]
pub async fn add_round(
    title: LocalText,
    starts_at_ms: i64,
    ends_at_ms: i64,
    #[server(default)] pay_window_s: Option<u32>,
    items: Vec<ItemDraft>,
) -> Result<AddedRound, ApiError> {
    let draft = RoundDraft {
        title,
        starts_at_ms,
        ends_at_ms,
        pay_window_s,
        items,
    };
    back_office()?.add_round(&visitor()?, draft).await
}
