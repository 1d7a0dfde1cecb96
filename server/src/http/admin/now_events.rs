//! `GET /api/admin/now/events`: the live page's server-sent events: one message a second, while the caller is
//! signed in and has the permission.

use std::{convert::Infallible, sync::Arc, time::Duration};

use app::{
    port::Visitor,
    wire::{ApiError, Now},
};
use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{
        IntoResponse as _, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::stream;
use tokio::{
    sync::{OwnedSemaphorePermit, watch},
    time::{Instant, sleep},
};

use super::super::{AppState, envelope::Envelope};
use crate::chain::Chain;

/// Streams of an instance at a time. Each is a connection and some kilobytes a second; no shop has more staff
/// than that. Pages without a stream ask every few seconds.
pub const MAX_STREAMS: usize = 64;
/// Between two messages: as often as the shop's state is read.
const PERIOD: Duration = Duration::from_secs(1);
/// A stream ends at most this long after its log-in, once this instance knows that the log-in has ended.
const CHECK_PERIOD: Duration = Duration::from_secs(5);
/// A comment in place of a message, so that proxies keep the connection.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// Retry time sent when all streams are taken.
const RETRY_S: u32 = 10;
/// Tells nginx to pass each message on at once.
const UNBUFFERED: (HeaderName, HeaderValue) = (
    HeaderName::from_static("x-accel-buffering"),
    HeaderValue::from_static("no"),
);

/// Begins a stream. A caller that has the newest message (`Last-Event-ID`) first gets the next one.
pub async fn events(
    State(state): State<AppState>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
) -> Response {
    // Callers without permission take no stream.
    if let Err(error) = state.office.now(&visitor).await {
        return Envelope(error).into_response();
    }
    let Ok(place) = state.streams.clone().try_acquire_owned() else {
        return Envelope(ApiError::Busy {
            retry_after_s: RETRY_S,
        })
        .into_response();
    };
    let last_id = headers.get("last-event-id");
    let last_id = last_id.and_then(|id| id.to_str().ok()?.parse().ok());
    let follower = Follower {
        stopped: state.stopped.clone(),
        state,
        visitor,
        last_id,
        checked_at: Instant::now(),
        begun: false,
        _place: place,
    };
    let messages = stream::unfold(follower, |mut follower| async move {
        let message = follower.next().await?;
        Some((Ok::<_, Infallible>(message), follower))
    });
    let kept = KeepAlive::new().interval(HEARTBEAT);
    let no_store = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    ([UNBUFFERED, no_store], Sse::new(messages).keep_alive(kept)).into_response()
}

/// A caller of a stream.
struct Follower {
    state: AppState,
    visitor: Visitor,
    stopped: watch::Receiver<bool>,
    /// The message sent last.
    last_id: Option<i64>,
    /// When the log-in was checked last.
    checked_at: Instant,
    begun: bool,
    _place: OwnedSemaphorePermit,
}

impl Follower {
    /// The next message, or `None` at the end.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if std::mem::replace(&mut self.begun, true) {
                self.pause().await?;
            }
            self.check_log_in().await?;
            let now = self.state.office.now(&self.visitor).await.ok()?;
            // Not "later than": another instance's clock, or one that was set back, would stop the stream.
            if self.last_id != Some(now.at_ms) {
                self.last_id = Some(now.at_ms);
                return message(&now);
            }
        }
    }

    /// Waits; `None` when the process is about to stop: other instances take over.
    async fn pause(&mut self) -> Option<()> {
        tokio::select! {
            () = sleep(PERIOD) => Some(()),
            Ok(_) = self.stopped.wait_for(|stopped| *stopped) => None,
        }
    }

    /// `None` when the caller is no longer signed in. The next read checks the role.
    async fn check_log_in(&mut self) -> Option<()> {
        if self.checked_at.elapsed() < CHECK_PERIOD {
            return Some(());
        }
        self.checked_at = Instant::now();
        let token = self.visitor.login_token.as_deref()?;
        match self.state.shop.authenticate(token).await {
            Ok(me) => self.visitor.me = Some(me?),
            // The ledger does not answer: that signs nobody out.
            Err(error) => {
                tracing::debug!(
                    error = %Chain(&error),
                    "cannot read the log-in of a caller of the live page; it stays valid until it can be read"
                );
            }
        }
        Some(())
    }
}

fn message(now: &Arc<Now>) -> Option<Event> {
    let event = Event::default().id(now.at_ms.to_string());
    event.json_data(&**now).ok()
}
