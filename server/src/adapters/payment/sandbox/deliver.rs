//! Sends the sandbox's notices to the shop over HTTP, like a real provider.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use super::{Sandbox, notice::HEADER};
use crate::{adapters::sql::SandboxNotice, chain::Chain, engine::ports::PortError};

/// Pause between two runs.
const PAUSE: Duration = Duration::from_millis(500);
/// Time limit for the shop's answer.
const ANSWER: Duration = Duration::from_secs(1);
/// Pauses between tries; after the last one the notice is given up.
const REPEATS_MS: [i64; 4] = [2_000, 5_000, 5_000, 5_000];
/// Most notices sent in one run.
const AT_ONCE: u32 = 100;

/// Sends due notices to `notice_url`, for ever.
pub async fn deliver(sandbox: Arc<Sandbox>, notice_url: String) {
    let client = reqwest::Client::builder()
        .timeout(ANSWER)
        .redirect(reqwest::redirect::Policy::none())
        .build();
    let client = match client {
        Ok(client) => client,
        Err(error) => {
            tracing::error!(error = %Chain(&error), "the sandbox cannot send notices");
            return;
        }
    };
    loop {
        if let Err(error) = run_once(&sandbox, &client, &notice_url).await {
            tracing::warn!(error = %Chain(&error), "the sandbox cannot send its notices; tried again");
        }
        sleep(PAUSE).await;
    }
}

async fn run_once(
    sandbox: &Sandbox,
    client: &reqwest::Client,
    notice_url: &str,
) -> Result<(), PortError> {
    sandbox.pay_late().await?;
    let now_ms = sandbox.clock.now_ms();
    for notice in sandbox.sql.due_sandbox_notices(now_ms, AT_ONCE).await? {
        let tries = usize::try_from(notice.tries).unwrap_or(usize::MAX);
        let next_due_ms = REPEATS_MS.get(tries).map(|pause_ms| now_ms + pause_ms);
        let is_ours = sandbox.sql.claim_sandbox_notice(&notice, next_due_ms);
        if is_ours.await? && arrives(client, notice_url, &notice).await {
            sandbox.sql.sandbox_notice_arrived(notice.id).await?;
        }
    }
    Ok(())
}

async fn arrives(client: &reqwest::Client, notice_url: &str, notice: &SandboxNotice) -> bool {
    let sent = client
        .post(notice_url)
        .header("content-type", "application/json")
        .header(HEADER, &notice.signature)
        .body(notice.body.clone())
        .send()
        .await;
    match sent {
        Ok(answer) => answer.status().is_success(),
        Err(error) => {
            tracing::warn!(error = %Chain(&error), "cannot deliver a notice of the sandbox");
            false
        }
    }
}
