//! `/healthz`, `/readyz`, `/metrics`: for monitoring.

use std::sync::Arc;

use async_trait::async_trait;
use axum::{Json, Router, http::StatusCode, routing::get};
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;

/// A part that the shop needs: a server, a background task, the process.
#[derive(Clone, Debug, Serialize)]
pub struct Dependency {
    /// One word.
    pub name: &'static str,
    /// Whether it answers, or runs.
    pub ready: bool,
    /// A task's purpose, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<&'static str>,
    /// Why it is not ready; or the last thing a task did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Asks every dependency.
#[async_trait]
pub trait Readiness: Send + Sync + 'static {
    /// All of them, ready or not; the request's own time limit applies.
    async fn check(&self) -> Vec<Dependency>;
}

/// The probes' routes. No limit per address: a balancer asks often.
pub fn routes(readiness: Arc<dyn Readiness>, metrics: PrometheusHandle) -> Router {
    let ready = move || async move {
        let dependencies = readiness.check().await;
        let status = match dependencies.iter().all(|dependency| dependency.ready) {
            true => StatusCode::OK,
            false => StatusCode::SERVICE_UNAVAILABLE,
        };
        (status, Json(dependencies))
    };
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(move || async move { metrics.render() }))
}
