//! Timers that end with their owner, and random jitter.

use std::{future::poll_fn, pin::Pin, task::Poll};

use leptos::task::spawn_local;

use super::web;

/// A timer that is cancelled when it is dropped.
pub type Alarm = web::Alarm;

/// A browser's timer can wait at most 2³¹ − 1 ms; an hour is enough, since callers look at the
/// clock again when woken.
const LONGEST_MS: i64 = 3_600_000;

fn bounded(ms: i64) -> u32 {
    u32::try_from(ms.clamp(0, LONGEST_MS)).unwrap_or(0)
}

/// Calls `then` once, `ms` milliseconds from now (an hour at most).
pub fn after(ms: i64, then: impl FnOnce() + 'static) -> Alarm {
    web::alarm(bounded(ms), then)
}

/// Ends `ms` milliseconds from now (an hour at most).
pub fn pause(ms: i64) -> impl Future<Output = ()> {
    web::pause(bounded(ms))
}

/// A uniformly random number in `0..1000`.
pub fn chance_in_thousand() -> u32 {
    (web::random() * 1000.0) as u32
}

/// Uniformly random from `least_ms` to `most_ms`: for actions that everybody would take at once.
pub fn between(least_ms: i64, most_ms: i64) -> i64 {
    least_ms + (most_ms - least_ms) * i64::from(chance_in_thousand()) / 1000
}

/// `ms`, plus or minus up to a fifth.
pub fn spread(ms: i64) -> i64 {
    ms * (800 + i64::from(chance_in_thousand()) * 2 / 5) / 1000
}

/// The result of `work`, or `None` after `ms` milliseconds; a request still in flight is then
/// abandoned.
pub async fn within<T>(ms: i64, work: impl Future<Output = T> + 'static) -> Option<T> {
    first(&mut (Box::pin(work) as Work<T>), ms).await
}

/// The result of `work`, or `None` after `ms` milliseconds; then it continues for `late_ms` more,
/// for its effects only.
pub async fn answer_soon<T: 'static>(
    ms: i64,
    late_ms: i64,
    work: impl Future<Output = T> + 'static,
) -> Option<T> {
    let mut work: Work<T> = Box::pin(work);
    let answer = first(&mut work, ms).await;
    if answer.is_none() {
        spawn_local(async move {
            within(late_ms, work).await;
        });
    }
    answer
}

type Work<T> = Pin<Box<dyn Future<Output = T>>>;

async fn first<T>(work: &mut Work<T>, ms: i64) -> Option<T> {
    let mut over = Box::pin(pause(ms));
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(answer) => Poll::Ready(Some(answer)),
        Poll::Pending => over.as_mut().poll(context).map(|()| None),
    })
    .await
}
