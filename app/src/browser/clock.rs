//! Server time in the browser. The device's own clock is never asked: it may be wrong by minutes,
//! and people set it. The server is asked a few times, the quickest answer is believed, and from
//! there the page's monotonic clock carries on. One clock for the whole page.

use std::cell::Cell;

use leptos::{prelude::*, task::spawn_local};

use super::{
    estimate::{Estimate, Sample},
    timers::{pause, spread, within},
    web,
};
use crate::api;

/// Pauses before each question of a synchronisation.
const BURST_MS: [i64; 4] = [0, 150, 300, 600];
/// A synchronisation begins this long after the one before.
const PERIOD_MS: i64 = 60_000;
/// An answer that takes longer says too little about the time.
const PATIENCE_MS: i64 = 4_000;
/// After a synchronisation without any answer, and twice as long after each further one.
const RETRY_MS: i64 = 1_000;

thread_local! {
    static ESTIMATE: Cell<Option<Estimate>> = const { Cell::new(None) };
    /// Counts the changes of the estimate.
    static CHANGES: ArcRwSignal<u32> = ArcRwSignal::new(0);
    static KEPT: Cell<bool> = const { Cell::new(false) };
    static BUSY: Cell<bool> = const { Cell::new(false) };
}

/// The server's time, epoch milliseconds; `None` until its first answer.
pub fn now_ms() -> Option<i64> {
    ESTIMATE
        .get()
        .map(|estimate| estimate.server_ms(web::monotonic_ms()))
}

/// Like [`now_ms`], and starts the clock; the calling effect runs again when the clock is set. For
/// effects only.
pub fn watch_ms() -> Option<i64> {
    keep();
    CHANGES.with(|changes| changes.track());
    now_ms()
}

/// Asks the server for the time now, because it contradicted us.
pub fn synchronise() {
    spawn_local(async {
        burst().await;
    });
}

/// Keeps the clock right for as long as the page lives; the first call starts that.
fn keep() {
    if KEPT.replace(true) {
        return;
    }
    spawn_local(async {
        let mut failures = 0;
        loop {
            if burst().await {
                failures = 0;
                pause(spread(PERIOD_MS)).await;
            } else {
                pause(spread((RETRY_MS << failures).min(PERIOD_MS))).await;
                failures = (failures + 1).min(6);
            }
        }
    });
    // A computer that slept stopped the page's clock.
    web::on_visibility(|_| {
        if web::is_visible() {
            synchronise();
        }
    });
}

/// One synchronisation; whether there was an answer. A second one at the same time is pointless.
async fn burst() -> bool {
    if !web::is_visible() || BUSY.replace(true) {
        return ESTIMATE.get().is_some();
    }
    let mut answered = false;
    for pause_ms in BURST_MS {
        pause(pause_ms).await;
        let asked_ms = web::monotonic_ms();
        if let Some(Ok(time)) = within(PATIENCE_MS, api::clock()).await {
            let sample = Sample {
                asked_ms,
                answered_ms: web::monotonic_ms(),
                server_ms: time.now_ms,
            };
            believe(Estimate::of(sample));
            answered = true;
        }
    }
    BUSY.set(false);
    answered
}

fn believe(newer: Estimate) {
    let older = ESTIMATE.get();
    let estimate = older.map_or(newer, |older| older.revised(newer));
    if older != Some(estimate) {
        ESTIMATE.set(Some(estimate));
        CHANGES.with(|changes| changes.update(|count| *count += 1));
    }
}
