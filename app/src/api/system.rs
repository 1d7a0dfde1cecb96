//! The shop's environment, for auditors and administrators.

use leptos::prelude::*;
use server_fn::codec::GetUrl;

use crate::wire::{ApiError, Differences, DoctorCheck, Json, SystemReport};

#[cfg(feature = "ssr")]
use super::context::{back_office, visitor};

/// `GET /api/admin/system`: settings without secrets, instances, and the answering one's dependencies.
#[server(name = GetSystem, endpoint = "/admin/system", prefix = "/api", input = GetUrl, output = Json)]
pub async fn system() -> Result<SystemReport, ApiError> {
    back_office()?.system(&visitor()?).await
}

/// `GET /api/admin/system/findings`: the checks of `server doctor`.
#[server(name = GetDoctorChecks, endpoint = "/admin/system/findings", prefix = "/api", input = GetUrl, output = Json)]
pub async fn checks() -> Result<Vec<DoctorCheck>, ApiError> {
    back_office()?.checks(&visitor()?).await
}

/// `GET /api/admin/system/differences`: violated invariants of the ledger, and differences from the gate.
#[server(name = GetDifferences, endpoint = "/admin/system/differences", prefix = "/api", input = GetUrl, output = Json)]
pub async fn differences() -> Result<Differences, ApiError> {
    back_office()?.differences(&visitor()?).await
}
