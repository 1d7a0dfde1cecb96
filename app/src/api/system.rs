//! What the shop runs on, for auditors and administrators.

use leptos::prelude::*;
use server_fn::codec::GetUrl;

use crate::wire::{ApiError, Differences, Finding, Json, SystemReport};

#[cfg(feature = "ssr")]
use super::context::{back_office, visitor};

/// `GET /api/admin/system`: settings without secrets, instances, and what the one that answers stands on.
#[server(name = GetSystem, endpoint = "/admin/system", prefix = "/api", input = GetUrl, output = Json)]
pub async fn system() -> Result<SystemReport, ApiError> {
    back_office()?.system(&visitor()?).await
}

/// `GET /api/admin/system/findings`: what `server doctor` says.
#[server(name = GetFindings, endpoint = "/admin/system/findings", prefix = "/api", input = GetUrl, output = Json)]
pub async fn findings() -> Result<Vec<Finding>, ApiError> {
    back_office()?.findings(&visitor()?).await
}

/// `GET /api/admin/system/differences`: whether the ledger keeps its rules and the gate agrees with it.
#[server(name = GetDifferences, endpoint = "/admin/system/differences", prefix = "/api", input = GetUrl, output = Json)]
pub async fn differences() -> Result<Differences, ApiError> {
    back_office()?.differences(&visitor()?).await
}
