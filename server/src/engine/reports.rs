//! Reports of rounds.

mod calls;
pub mod round_report;

use std::sync::Arc;

use futures::lock::Mutex;

use app::wire::RoundReport;

use super::ports::{Clock, PortError, RoundReports};

/// Dependencies of the reports.
pub struct Deps {
    pub clock: Arc<dyn Clock>,
    pub ledger: Arc<dyn RoundReports>,
    /// The latest report, and the lock for making the next one: a report reads every order of a round, and
    /// pages, files and programs all ask for it.
    pub latest: Mutex<Option<Arc<RoundReport>>>,
}

/// The most orders that a report reads: more than any round has units, some 20 MB.
const MOST_ORDERS: u32 = 250_000;
/// A report is cached for this long: it is often downloaded right after it was viewed.
const KEPT_MS: i64 = 3_000;

impl Deps {
    /// A round's report, at most a few seconds old. Only one is made at a time.
    ///
    /// # Errors
    /// If the ledger fails.
    async fn report(
        &self,
        round_id: app::wire::RoundId,
    ) -> Result<Option<Arc<RoundReport>>, PortError> {
        let mut latest = self.latest.lock().await;
        let now_ms = self.clock.now_ms();
        let kept = latest.as_ref().filter(|report| {
            report.round_id == round_id && (now_ms - report.read_at_ms).abs() < KEPT_MS
        });
        if let Some(report) = kept {
            return Ok(Some(report.clone()));
        }
        let Some(read) = self.ledger.figures(round_id, MOST_ORDERS).await? else {
            return Ok(None);
        };
        let mut report = round_report::of(read.round, &read.orders, read.failures, now_ms);
        report.is_cut = read.is_cut;
        let report = Arc::new(report);
        *latest = Some(report.clone());
        Ok(Some(report))
    }
}
