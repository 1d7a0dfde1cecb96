//! Decisions: the script of a purchase, and the steps when it cannot decide yet.

use std::time::Instant;

use app::wire::{AccountId, ItemId, Rejection, ReservationId};

use super::{
    super::{Arg, keys, scripts, segment},
    KEEP_MS, LoadedItem, PORT, RedisGate, id,
    load::log_lost_positions,
    number,
};
use crate::{
    adapters::quotas::Quota,
    engine::ports::{Decision, PathClaim, PortError, ReserveRequest, RetryAfter},
};

/// Attempts at one decision while stock moves between segments or the item is loaded.
const ATTEMPTS: u32 = 12;

/// The arguments of a decision.
struct Question<'a> {
    buyer: AccountId,
    item_id: ItemId,
    path: &'a str,
    /// `None`: use the path's, and use up the path.
    reservation_id: Option<ReservationId>,
    /// The buyer's limit, if the call is counted.
    quota: Option<Quota>,
    /// The same in all calls of one purchase: they may use its path again. Empty without a path.
    purchase_id: &'a str,
    /// A repeated call: not counted again. If the path is gone, a hold may have been made.
    again: bool,
}

/// The script's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// This reservation holds a unit.
    Held {
        reservation_id: ReservationId,
        position: u32,
    },
    /// No unit is held.
    Decided(Decision),
    /// The path is unknown, used up, expired, or not this buyer's for this item.
    PathInvalid,
    /// The buyer tried too often.
    Limited(RetryAfter),
}

impl RedisGate {
    /// Makes a purchase: counts the call if there is a quota, and exchanges the path. A repeat has the
    /// same `purchase_id`; with `again` it is not counted.
    ///
    /// # Errors
    /// The result is unknown: a unit may be held.
    pub async fn purchase(
        &self,
        claim: &PathClaim<'_>,
        quota: Option<Quota>,
        purchase_id: &str,
        again: bool,
    ) -> Result<Answer, PortError> {
        self.ask(Question {
            buyer: claim.buyer,
            item_id: claim.item_id,
            path: claim.path,
            reservation_id: None,
            quota,
            purchase_id,
            again,
        })
        .await
    }

    /// Decides for a reservation chosen by the caller, without a path.
    pub(super) async fn decide(&self, request: ReserveRequest) -> Result<Decision, PortError> {
        let answer = self.ask(Question {
            buyer: request.unit.buyer,
            item_id: request.unit.item_id,
            path: &request.path,
            reservation_id: Some(request.unit.reservation_id),
            quota: None,
            purchase_id: "",
            again: request.asked_before,
        });
        match answer.await? {
            Answer::Held { position, .. } => Ok(Decision::Held { position }),
            Answer::Decided(decision) => Ok(decision),
            unexpected @ (Answer::PathInvalid | Answer::Limited(_)) => Err(PortError::failed(
                PORT,
                format!("{unexpected:?}, although neither a path nor a limit was given"),
            )),
        }
    }

    /// Runs the script until it decides.
    async fn ask(&self, mut question: Question<'_>) -> Result<Answer, PortError> {
        for _ in 0..ATTEMPTS {
            let asked_at = Instant::now();
            let item_id = question.item_id;
            let Some(loaded) = self.epochs.get(item_id).await? else {
                return Ok(Answer::Decided(Decision::UnknownItem));
            };
            let Some(epoch) = loaded.epoch else {
                self.load_new(item_id).await?;
                continue;
            };
            let item = LoadedItem {
                item_id,
                epoch,
                segments: loaded.segments,
            };
            if let Some(answer) = self.try_to_decide(&question, &item, asked_at).await? {
                return Ok(answer);
            }
            question.again = true;
        }
        Err(PortError::busy(
            PORT,
            format!(
                "no decision after {ATTEMPTS} attempts: stock moves between segments, or the item is \
             being loaded"
            ),
        ))
    }

    /// `None`: something has changed, decide again.
    async fn try_to_decide(
        &self,
        question: &Question<'_>,
        item: &LoadedItem,
        asked_at: Instant,
    ) -> Result<Option<Answer>, PortError> {
        let answer = self.run_reserve(question, item).await?;
        let field = |place: usize| answer.get(place).map_or("", String::as_str);
        let decided = |decision| Ok(Some(Answer::Decided(decision)));
        let refused = |rejection| decided(Decision::Refused(rejection));
        match field(0) {
            "held" => {
                let position = number(field(1))?;
                let segment = item.segment_of(question.buyer);
                self.told.note(&segment, item.epoch, position);
                Ok(Some(Answer::Held {
                    reservation_id: id(field(2))?,
                    position,
                }))
            }
            "already_reserved" => decided(Decision::AlreadyReserved(id(field(1))?)),
            "limited" => {
                let wait_us: i64 = number(field(1))?;
                // Rounded up: a caller who waits exactly this long is allowed.
                let wait_ms = (wait_us + 999) / 1000;
                Ok(Some(Answer::Limited(RetryAfter { wait_ms })))
            }
            "path_invalid" => Ok(Some(Answer::PathInvalid)),
            "not_started" => refused(Rejection::NotStarted),
            "ended" => refused(Rejection::Ended),
            "stopped" => refused(Rejection::Stopped),
            "sold_out" if item.segments == 1 => decided(Decision::SoldOut {
                returns: number(field(1))?,
            }),
            "sold_out" => match self.fetch_stock(question.buyer, item).await? {
                Some(returns) => decided(Decision::SoldOut { returns }),
                None => Ok(None),
            },
            "forgot" => {
                log_lost_positions(item);
                self.close_all(item).await?;
                Err(PortError::busy(PORT, "Redis lost holds of the item"))
            }
            // This process may know an old epoch.
            "missing" | "stale" => match self.epochs.refresh(item.item_id, asked_at).await? {
                Some(loaded)
                    if (loaded.epoch, loaded.segments) == (Some(item.epoch), item.segments) =>
                {
                    Err(PortError::busy(PORT, "the item is not loaded in Redis"))
                }
                _ => Ok(None),
            },
            other => Err(PortError::failed(
                PORT,
                format!("the purchase script answered {other:?}"),
            )),
        }
    }

    /// Runs the script. The answer is a word and its values.
    async fn run_reserve(
        &self,
        question: &Question<'_>,
        item: &LoadedItem,
    ) -> Result<Vec<String>, PortError> {
        let buyer = question.buyer;
        let segment_index = segment::of_buyer(buyer, item.segments);
        let (path_key, limit_key) = (keys::path(buyer), keys::purchase_limit(buyer));
        let names = [
            keys::ITEM,
            keys::HOLDERS,
            keys::POSITIONS,
            keys::OUTBOX,
            &path_key,
            &limit_key,
        ];
        let segment = item.segment_of(buyer);
        let keys = segment.keys(&self.redis, names);
        let reservation_id = question.reservation_id.map(|id| id.to_string());
        let counted = question.quota.filter(|_| !question.again);
        let args = [
            Arg::Text(&self.clock.argument()),
            Arg::Text(&item.epoch()),
            Arg::Number(i64::from(item.segments)),
            Arg::Number(i64::from(segment_index)),
            Arg::Text(reservation_id.as_deref().unwrap_or_default()),
            Arg::Text(&question.item_id.to_string()),
            Arg::Text(&buyer.to_string()),
            Arg::Text(question.path),
            Arg::Number(KEEP_MS),
            Arg::Number(i64::from(self.told.highest(&segment, item.epoch))),
            counted.map_or(Arg::Text(""), |quota| Arg::Number(quota.period_us())),
            Arg::Number(counted.map_or(0, |quota| quota.burst.get().into())),
            Arg::Text(question.purchase_id),
            Arg::Number(i64::from(question.again)),
        ];
        self.redis
            .invoke(&scripts::gate::RESERVE, &keys, &args)
            .await
    }
}
