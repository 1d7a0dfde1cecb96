//! One shopper's steps: page, hidden path, purchase, and polling until there is a result.

use std::{sync::Arc, time::Duration};

use app::wire::{
    ApiError, HiddenPath, ReservationId, ReservationState, ReservationStatus, Reserved,
};
use bytes::Bytes;
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::time::{Instant, sleep, sleep_until};

use super::{
    shop::{Answer, Request, Shop},
    tally::{Call, Outcome, Tally},
};
use crate::jitter::{Backoff, spread};

/// Between two polls for a result, and before repeating a temporarily refused call, as the pages do.
const FIRST_PAUSE: Duration = Duration::from_millis(300);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// A shopper who wants one unit.
pub struct Shopper {
    pub shop: Arc<Shop>,
    pub token: String,
    /// The planned instant.
    pub due: Instant,
    pub think: Duration,
    pub with_page: bool,
    pub time_limit: Duration,
    pub gives_up: Instant,
}

/// Why a call has no usable answer.
enum Failed {
    Refused(ApiError),
    /// Only "busy" or broken connections until the shopper gave up.
    GaveUp(String),
    Unexpected(String),
}

impl From<Failed> for Outcome {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Refused(ApiError::SoldOut) => Outcome::SoldOut,
            Failed::Refused(error) => Outcome::Refused(error.code().to_owned()),
            Failed::GaveUp(why) => Outcome::GaveUp(why),
            Failed::Unexpected(answer) => Outcome::Unexpected(answer),
        }
    }
}

impl Shopper {
    /// All the steps; the outcome goes into the tally.
    pub async fn buy(mut self, tally: Arc<Tally>) {
        let outcome = match self.held(&tally).await {
            Ok((reserved, is_told)) => {
                if is_told {
                    tally.answered(self.due.elapsed());
                }
                // A late answer leaves as much time for the order as an early one.
                self.gives_up = Instant::now() + self.time_limit;
                self.follow(&reserved, &tally).await
            }
            Err(failed) => {
                let outcome = Outcome::from(failed);
                if outcome == Outcome::SoldOut {
                    tally.answered(self.due.elapsed());
                }
                outcome
            }
        };
        tally.ended(outcome, self.due.elapsed());
    }

    /// The reservation, and whether this call reported it: false if an earlier answer was lost.
    async fn held(&self, tally: &Tally) -> Result<(Reserved, bool), Failed> {
        // The first call's waiting counts from the planned instant.
        let mut since = self.due;
        if self.with_page {
            let path = format!("/items/{}", self.shop.item_id);
            let page = Request::get(&path);
            self.answer(Call::Page, since, tally, &page).await?;
            since = self.think().await;
        }
        let item = json!({ "item_id": self.shop.item_id }).to_string();
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        loop {
            let ask = self.post("/api/path", &item);
            let granted: HiddenPath = parsed(&self.answer(Call::Path, since, tally, &ask).await?)?;
            since = self.think().await;
            let path = format!("/seckill/{}", granted.path);
            let buy = self.post(&path, &item);
            match self.answer(Call::Purchase, since, tally, &buy).await {
                Ok(text) => return Ok((parsed(&text)?, true)),
                // The path expired while the shop was busy: a new one is another try.
                Err(Failed::Refused(ApiError::PathInvalid)) if Instant::now() < self.gives_up => {
                    since = Instant::now() + backoff.next_pause();
                    sleep_until(since).await;
                }
                // An answer was lost, and the shop names its reservation.
                Err(Failed::Refused(ApiError::AlreadyReserved {
                    reservation_id: Some(reservation_id),
                })) => {
                    let position = 0;
                    return Ok((
                        Reserved {
                            reservation_id,
                            position,
                        },
                        false,
                    ));
                }
                Err(failed) => return Err(failed),
            }
        }
    }

    async fn think(&self) -> Instant {
        if !self.think.is_zero() {
            sleep(spread(self.think)).await;
        }
        Instant::now()
    }

    fn post<'r>(&'r self, path: &'r str, body: &'r str) -> Request<'r> {
        Request {
            method: Method::POST,
            path,
            token: Some(&self.token),
            body: Some(body),
        }
    }

    /// Repeats the call until it is answered: temporary refusals and broken connections are retried.
    async fn answer(
        &self,
        call: Call,
        since: Instant,
        tally: &Tally,
        request: &Request<'_>,
    ) -> Result<Bytes, Failed> {
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        let mut since = since;
        loop {
            let answer = self.shop.call(request).await;
            tally.called(call, since.elapsed());
            let (why, pause) = match answer {
                Answer::Done(text) => return Ok(text),
                Answer::Refused(
                    error @ (ApiError::Busy { .. } | ApiError::RateLimited { .. }),
                    after,
                ) => {
                    tally.busy(call);
                    let pause = after.map_or_else(|| backoff.next_pause(), spread);
                    (error.to_string(), pause)
                }
                Answer::Refused(error @ ApiError::Internal { .. }, _) => {
                    return Err(Failed::Unexpected(error.to_string()));
                }
                Answer::Refused(error, _) => return Err(Failed::Refused(error)),
                Answer::Broken(why) => {
                    tally.broken(call);
                    (why, backoff.next_pause())
                }
                Answer::Unexpected(answer) => return Err(Failed::Unexpected(answer)),
            };
            let again = Instant::now() + pause;
            if again >= self.gives_up {
                return Err(Failed::GaveUp(format!("{}: {why}", call.name())));
            }
            sleep_until(again).await;
            since = again;
        }
    }

    /// Polls until there is a result.
    async fn follow(&self, reserved: &Reserved, tally: &Tally) -> Outcome {
        let id = reserved.reservation_id;
        let path = format!("/api/reservation?reservation_id={id}");
        let look = Request {
            token: Some(&self.token),
            ..Request::get(&path)
        };
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        let mut since = Instant::now();
        loop {
            let text = self.answer(Call::Result, since, tally, &look).await;
            match text.and_then(|text| parsed(&text)) {
                Ok(status) => {
                    if let Some(outcome) = ended(id, reserved.position, &status) {
                        return outcome;
                    }
                }
                // Not known yet.
                Err(Failed::Refused(ApiError::NotFound)) => {}
                Err(Failed::GaveUp(_)) => return Outcome::NoEnd(id),
                // They were told of the reservation: no refusal is an answer to them any more.
                Err(Failed::Refused(error)) => {
                    return Outcome::Unexpected(format!("{} to the owner of {id}", error.code()));
                }
                Err(failed @ Failed::Unexpected(_)) => return failed.into(),
            }
            let again = Instant::now() + backoff.next_pause();
            if again >= self.gives_up {
                return Outcome::NoEnd(id);
            }
            sleep_until(again).await;
            since = again;
        }
    }
}

fn parsed<T: DeserializeOwned>(text: &[u8]) -> Result<T, Failed> {
    let unexpected = |error| Failed::Unexpected(format!("a good answer with {error}"));
    serde_json::from_slice(text).map_err(unexpected)
}

/// The outcome of a final status.
fn ended(id: ReservationId, position: u32, status: &ReservationStatus) -> Option<Outcome> {
    match (status.state, status.order_id) {
        (ReservationState::Queued, _) => None,
        (ReservationState::Ordered, Some(order_id)) => {
            Some(Outcome::Ordered { position, order_id })
        }
        (ReservationState::Ordered, None) => Some(Outcome::Unexpected(format!(
            "{id} is ordered without an order"
        ))),
        (ReservationState::Failed, _) => Some(Outcome::Failed {
            position,
            reason: status.reason,
        }),
    }
}

#[cfg(test)]
mod tests {
    use app::wire::{OrderId, Rejection};

    use super::*;

    #[test]
    fn a_result_without_its_order_is_no_order() {
        let id = ReservationId(uuid::Uuid::nil());
        let mut status = ReservationStatus {
            reservation_id: id,
            item_id: None,
            state: ReservationState::Queued,
            position: None,
            order_id: None,
            reason: None,
        };
        assert_eq!(ended(id, 1, &status), None);
        status.state = ReservationState::Ordered;
        assert!(matches!(
            ended(id, 1, &status),
            Some(Outcome::Unexpected(_))
        ));
        let order_id = OrderId(uuid::Uuid::nil());
        status.order_id = Some(order_id);
        let ordered = Outcome::Ordered {
            position: 1,
            order_id,
        };
        assert_eq!(ended(id, 1, &status), Some(ordered));
        status.state = ReservationState::Failed;
        status.reason = Some(Rejection::SoldOut);
        let failed = Outcome::Failed {
            position: 1,
            reason: Some(Rejection::SoldOut),
        };
        assert_eq!(ended(id, 1, &status), Some(failed));
    }
}
