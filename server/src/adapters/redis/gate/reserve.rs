//! Decisions: the one script of a purchase, and what is done when it cannot decide yet.

use std::time::Instant;

use app::wire::Rejection;

use super::{
    super::{Arg, keys, scripts, segment},
    KEEP_MS, LoadedItem, PORT, RedisGate, id,
    load::log_lost_numbers,
    number,
};
use crate::engine::ports::{Decision, PortError, ReserveRequest};

/// Attempts at one decision while stock moves between segments or the item is loaded.
const ATTEMPTS: u32 = 12;

impl RedisGate {
    /// Runs the script until it decides.
    pub(super) async fn decide(&self, request: ReserveRequest) -> Result<Decision, PortError> {
        for _ in 0..ATTEMPTS {
            let asked_at = Instant::now();
            let item_id = request.unit.item_id;
            let Some(loaded) = self.epochs.get(item_id).await? else {
                return Ok(Decision::UnknownItem);
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
            if let Some(decision) = self.try_to_decide(&request, &item, asked_at).await? {
                return Ok(decision);
            }
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
        request: &ReserveRequest,
        item: &LoadedItem,
        asked_at: Instant,
    ) -> Result<Option<Decision>, PortError> {
        let (word, value) = self.run_reserve(request, item).await?;
        let refused = |rejection| Ok(Some(Decision::Refused(rejection)));
        match word.as_str() {
            "held" => {
                let position = number(&value)?;
                let segment = item.segment_of(request.unit.buyer);
                self.told.note(&segment, item.epoch, position);
                Ok(Some(Decision::Held { position }))
            }
            "already_reserved" => Ok(Some(Decision::AlreadyReserved(id(&value)?))),
            "not_started" => refused(Rejection::NotStarted),
            "ended" => refused(Rejection::Ended),
            "stopped" => refused(Rejection::Stopped),
            "sold_out" if item.segments == 1 => {
                let returns = number(&value)?;
                Ok(Some(Decision::SoldOut { returns }))
            }
            "sold_out" => match self.fetch_stock(request.unit.buyer, item).await? {
                Some(returns) => Ok(Some(Decision::SoldOut { returns })),
                None => Ok(None),
            },
            "forgot" => {
                log_lost_numbers(item);
                self.close_all(item).await?;
                Err(PortError::busy(PORT, "Redis lost holds of the item"))
            }
            // The epoch that this process knows may be an old one.
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

    /// The answer of the script: a word, and what belongs to it.
    async fn run_reserve(
        &self,
        request: &ReserveRequest,
        item: &LoadedItem,
    ) -> Result<(String, String), PortError> {
        let number = segment::of_buyer(request.unit.buyer, item.segments);
        let names = [keys::ITEM, keys::HOLDERS, keys::POSITIONS, keys::OUTBOX];
        let segment = item.segment_of(request.unit.buyer);
        let keys = segment.keys(&self.redis, names);
        let args = [
            Arg::Text(&self.clock.argument()),
            Arg::Text(&item.epoch()),
            Arg::Number(i64::from(item.segments)),
            Arg::Number(i64::from(number)),
            Arg::Text(&request.unit.reservation_id.to_string()),
            Arg::Text(&request.unit.item_id.to_string()),
            Arg::Text(&request.unit.buyer.to_string()),
            Arg::Text(&request.path),
            Arg::Number(KEEP_MS),
            Arg::Number(i64::from(self.told.highest(&segment, item.epoch))),
        ];
        self.redis
            .invoke(&scripts::gate::RESERVE, &keys, &args)
            .await
    }
}
