//! Server time in the browser. The device's own clock is never used: it may be wrong by minutes, and
//! people change it. The server is asked a few times, the quickest answer counts, and from there the
//! page's monotonic clock continues. One clock for the whole page.
//!
//! A late answer is imprecise but better than none: it counts until a better one comes.

use std::cell::{Cell, RefCell};

use leptos::{prelude::*, task::spawn_local};

use super::{
    estimate::{Estimate, Sample},
    timers::{Alarm, after, answer_soon, chance_in_thousand, pause, spread},
    web,
};
use crate::{api, backoff, wire::ApiError};

/// Pauses before each request of a synchronisation.
const BURST_MS: [i64; 4] = [0, 150, 300, 600];
/// A synchronisation begins this long after the one before.
const PERIOD_MS: i64 = 60_000;
/// A request without an answer after this time counts as failed…
const SILENT_MS: i64 = 2_000;
/// …but its answer is used for this much longer. With the growing pauses between failing requests,
/// at most some ten are in flight.
const LATE_MS: i64 = 60_000;

/// The state of the server's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// The first answer is still awaited.
    Awaited,
    /// No answer so far, and the last try has failed.
    Missed {
        /// Why; `None` if there was no answer at all.
        error: Option<ApiError>,
        /// The next try, by the page's clock.
        retry_at_ms: i64,
    },
    /// It is known.
    Set,
}

thread_local! {
    static ESTIMATE: Cell<Option<Estimate>> = const { Cell::new(None) };
    static READING: RefCell<Reading> = const { RefCell::new(Reading::Awaited) };
    /// Counts the changes of both.
    static CHANGES: ArcRwSignal<u32> = ArcRwSignal::new(0);
    static KEPT: Cell<bool> = const { Cell::new(false) };
    static BUSY: Cell<bool> = const { Cell::new(false) };
    /// Synchronisations in a row without an answer.
    static FAILURES: Cell<u32> = const { Cell::new(0) };
    /// The next synchronisation.
    static NEXT: RefCell<Option<Alarm>> = const { RefCell::new(None) };
}

/// The server's time, epoch milliseconds; `None` until its first answer.
pub fn now_ms() -> Option<i64> {
    ESTIMATE
        .get()
        .map(|estimate| estimate.server_ms(web::monotonic_ms()))
}

/// The page's own time: milliseconds since it began.
pub fn page_ms() -> i64 {
    web::monotonic_ms() as i64
}

/// Like [`now_ms`], and starts the clock; the calling effect runs again when the clock is set. For
/// effects only.
pub fn watch_ms() -> Option<i64> {
    watch();
    now_ms()
}

/// The state of the clock, which this starts; the calling effect runs again when that changes. For
/// effects only.
pub fn watch() -> Reading {
    keep();
    CHANGES.with(|changes| changes.track());
    READING.with_borrow(Reading::clone)
}

/// Asks the server for the time now: it contradicted us, or a caller does not want to wait. Does
/// nothing during a synchronisation, or while the page is hidden.
pub fn synchronise() {
    if !web::is_visible() || BUSY.replace(true) {
        return;
    }
    NEXT.take();
    spawn_local(async {
        let answered = burst().await;
        BUSY.set(false);
        let ms = match answered {
            Ok(()) => spread(PERIOD_MS),
            Err(error) => missed(error),
        };
        NEXT.replace(Some(after(ms, synchronise)));
    });
}

/// Keeps the clock synchronised as long as the page lives; the first call starts it.
fn keep() {
    if KEPT.replace(true) {
        return;
    }
    synchronise();
    // While the computer slept, the page's clock stopped.
    web::on_visibility(|_| synchronise());
}

/// One synchronisation; it ends at the first failed request. Fails if none was answered.
async fn burst() -> Result<(), Option<ApiError>> {
    let mut answered = Err(None);
    for pause_ms in BURST_MS {
        pause(pause_ms).await;
        let asked = ask().await;
        let failed = asked.is_err();
        if answered.is_err() {
            answered = asked;
        }
        if failed {
            break;
        }
    }
    answered
}

/// One request.
async fn ask() -> Result<(), Option<ApiError>> {
    let asked_ms = web::monotonic_ms();
    let question = async move {
        let time = api::clock().await?;
        believe(Estimate::of(Sample {
            asked_ms,
            answered_ms: web::monotonic_ms(),
            server_ms: time.now_ms,
        }));
        Ok(())
    };
    match answer_soon(SILENT_MS, LATE_MS, question).await {
        Some(answered) => answered.map_err(Some),
        None => Err(None),
    }
}

fn believe(newer: Estimate) {
    FAILURES.set(0);
    let older = ESTIMATE.get();
    let estimate = older.map_or(newer, |older| older.revised(newer));
    if older != Some(estimate) {
        ESTIMATE.set(Some(estimate));
        changed(Reading::Set);
    }
}

/// The pause after a synchronisation without any answer. A clock that is set stays set.
fn missed(error: Option<ApiError>) -> i64 {
    let failures = FAILURES.get();
    FAILURES.set(failures + 1);
    let ms = backoff::ms(failures, error.as_ref(), chance_in_thousand());
    if ESTIMATE.get().is_none() {
        let retry_at_ms = page_ms() + ms;
        changed(Reading::Missed { error, retry_at_ms });
    }
    ms
}

fn changed(reading: Reading) {
    READING.replace(reading);
    CHANGES.with(|changes| changes.update(|count| *count += 1));
}
