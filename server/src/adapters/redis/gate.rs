//! [`StockGate`] on Redis, shared by all copies of the server: a script decides, Redis's own clock
//! counts, and the hold and its outbox entry are one step.
//!
//! Redis may forget. Every filling has an epoch, which the ledger knows: where Redis has none or
//! another one, nobody is answered until the item was filled again from the ledger, and that waits
//! until nothing is under way (see `rebuild`).

mod fill;
mod fillings;
mod findings;
mod rebuild;
mod reconcile;
mod repair;
mod stocktaking;
mod transfer;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use app::wire::{ItemId, Rejection, ReservationId};
use async_trait::async_trait;
use futures::future::try_join_all;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{Arg, Redis, scripts, segment, segment::Segment};
use crate::chain::Chain;
use crate::engine::ports::{
    Clock, Decision, GateLedger, GateStock, OrderQueue, PortError, Reconciled, Released, Reserve,
    ReserveRequest, Restock, StockGate, Unit, Window,
};
use fillings::Fillings;
use reconcile::Seen;

const PORT: &str = "gate";

/// An item's keys outlive its window by this long: for late payments and for whoever looks for a
/// fault.
pub(super) const KEEP_MS: i64 = 7 * 24 * 3_600_000;
/// What was released or paid while the item was not open is remembered for the filling this long:
/// longer than a filling takes.
const LATE_MS: i64 = 600_000;
/// Attempts at one decision while stock moves between segments or the item is filled.
const ATTEMPTS: u32 = 12;

/// Whose clock decides the window.
#[derive(Clone)]
pub enum GateClock {
    /// Redis's own.
    Server,
    /// This one, for tests.
    Given(Arc<dyn Clock>),
}

impl GateClock {
    /// Now, epoch milliseconds.
    pub(super) async fn now_ms(&self, redis: &Redis) -> Result<i64, PortError> {
        match self {
            GateClock::Given(clock) => Ok(clock.now_ms()),
            GateClock::Server => {
                let (seconds, micros): (i64, i64) = redis.ask(&redis::cmd("TIME")).await?;
                Ok(seconds * 1000 + micros / 1000)
            }
        }
    }

    /// The first argument of every script that needs the time.
    fn argument(&self) -> String {
        match self {
            GateClock::Server => String::new(),
            GateClock::Given(clock) => clock.now_ms().to_string(),
        }
    }
}

/// How long the gate waits before it acts on its own.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Nothing must have been under way for so long before Redis is made to agree with the ledger:
    /// longer than a relay waits for a confirm, and than an order writer needs for a batch.
    pub quiet: Duration,
    /// A hold that the ledger has not heard of for so long, while nothing waits in the queue, was
    /// lost on the way.
    pub lost_after: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            quiet: Duration::from_secs(5),
            lost_after: Duration::from_secs(10),
        }
    }
}

/// The gate.
pub struct RedisGate {
    redis: Redis,
    clock: GateClock,
    ledger: Arc<dyn GateLedger>,
    queue: Arc<dyn OrderQueue>,
    patience: Patience,
    fillings: Fillings,
    /// One filling at a time in this process; whoever waits for it finds the item open.
    filling: Mutex<()>,
    /// One move of stock at a time in this process; the others try again after it.
    moving: Mutex<()>,
    seen: Seen,
    began: Instant,
}

/// An item as the ledger says it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Open {
    item_id: ItemId,
    epoch: Uuid,
    segments: u8,
}

impl Open {
    fn all(&self) -> impl Iterator<Item = Segment> + use<> {
        let item_id = self.item_id;
        (0..self.segments).map(move |number| Segment::new(item_id, number))
    }

    fn epoch(&self) -> String {
        self.epoch.to_string()
    }
}

impl RedisGate {
    /// A gate that is filled from `ledger`, and filled again when `queue` is empty.
    pub fn new(
        redis: Redis,
        clock: GateClock,
        ledger: Arc<dyn GateLedger>,
        queue: Arc<dyn OrderQueue>,
        patience: Patience,
    ) -> Self {
        Self {
            redis,
            clock,
            fillings: Fillings::new(Arc::clone(&ledger)),
            ledger,
            queue,
            patience,
            filling: Mutex::default(),
            moving: Mutex::default(),
            seen: Seen::default(),
            began: Instant::now(),
        }
    }

    /// The one script of a purchase: a word and what belongs to it.
    async fn decide(
        &self,
        hold: &ReserveRequest,
        open: &Open,
    ) -> Result<(String, String), PortError> {
        let number = segment::of_buyer(hold.buyer, open.segments);
        let keys = Segment::new(hold.item_id, number)
            .keys(&self.redis, ["item", "holders", "positions", "outbox"]);
        let args = [
            Arg::Text(&self.clock.argument()),
            Arg::Text(&open.epoch()),
            Arg::Number(i64::from(open.segments)),
            Arg::Number(i64::from(number)),
            Arg::Text(&hold.reservation_id.to_string()),
            Arg::Text(&hold.item_id.to_string()),
            Arg::Text(&hold.buyer.to_string()),
            Arg::Text(&hold.path),
            Arg::Number(KEEP_MS),
        ];
        self.redis.run(&scripts::RESERVE, &keys, &args).await
    }

    /// `None`: something has changed, decide again.
    async fn decided(
        &self,
        hold: &ReserveRequest,
        open: &Open,
        asked_at: Instant,
    ) -> Result<Option<Decision>, PortError> {
        let (word, value) = self.decide(hold, open).await?;
        let refused = |rejection| Ok(Some(Decision::Refused(rejection)));
        match word.as_str() {
            "held" => Ok(Some(Decision::Held {
                position: number(&value)?,
            })),
            "already_reserved" => Ok(Some(Decision::AlreadyReserved(id(&value)?))),
            "not_started" => refused(Rejection::NotStarted),
            "ended" => refused(Rejection::Ended),
            "stopped" => refused(Rejection::Stopped),
            "sold_out" if open.segments == 1 => {
                let returns = number(&value)?;
                Ok(Some(Decision::SoldOut { returns }))
            }
            "sold_out" => match self.fetch_stock(hold.buyer, open).await? {
                Some(returns) => Ok(Some(Decision::SoldOut { returns })),
                None => Ok(None),
            },
            // Not there, or of another epoch: our own idea of the epoch may be the old one.
            _ => match self.fillings.refresh(hold.item_id, asked_at).await? {
                Some(filling)
                    if (filling.epoch, filling.segments) == (Some(open.epoch), open.segments) =>
                {
                    Err(PortError::busy(PORT, "the item is not filled"))
                }
                _ => Ok(None),
            },
        }
    }

    /// The segment of a unit, and of how many it is one.
    async fn segment_of(&self, unit: Unit) -> Result<(Segment, u8), PortError> {
        // An item that is not for sale (any more) is nowhere; the first segment is as good as any.
        let filling = self.fillings.get(unit.item_id).await?;
        let segments = filling.map_or(1, |filling| filling.segments);
        let number = segment::of_buyer(unit.buyer, segments);
        Ok((Segment::new(unit.item_id, number), segments))
    }

    /// Runs `release` or `confirm` where the unit is.
    async fn end(&self, script: &redis::Script, unit: Unit) -> Result<String, PortError> {
        let asked_at = Instant::now();
        for _ in 0..2 {
            let (segment, segments) = self.segment_of(unit).await?;
            let keys = segment.keys(&self.redis, ["item", "holders", "late"]);
            let args = [
                Arg::Text(&unit.reservation_id.to_string()),
                Arg::Text(&unit.buyer.to_string()),
                Arg::Number(LATE_MS),
                Arg::Number(i64::from(segments)),
            ];
            let answer: String = self.redis.run(script, &keys, &args).await?;
            if answer != "stale" {
                return Ok(answer);
            }
            self.fillings.refresh(unit.item_id, asked_at).await?;
        }
        Err(PortError::busy(PORT, "the stock is being split anew"))
    }

    /// Tells every copy of the server that the item may be sellable again.
    async fn publish(&self, item_id: ItemId, returns: u64) {
        let mut publish = redis::cmd("PUBLISH");
        publish.arg(self.redis.key("returns"));
        publish.arg(format!("{item_id} {returns}"));
        // Only a hint: marks also fade by themselves.
        if let Err(error) = self.redis.ask::<i64>(&publish).await {
            tracing::warn!(%item_id, error = %Chain(&error),
                "a returned unit was not announced to other copies");
        }
    }
}

#[async_trait]
impl Reserve for RedisGate {
    async fn reserve(&self, hold: ReserveRequest) -> Result<Decision, PortError> {
        for _ in 0..ATTEMPTS {
            let asked_at = Instant::now();
            let item_id = hold.item_id;
            let Some(filling) = self.fillings.get(item_id).await? else {
                return Ok(Decision::UnknownItem);
            };
            let Some(epoch) = filling.epoch else {
                self.fill_new(item_id).await?;
                continue;
            };
            let open = Open {
                item_id,
                epoch,
                segments: filling.segments,
            };
            if let Some(decision) = self.decided(&hold, &open, asked_at).await? {
                return Ok(decision);
            }
        }
        Err(PortError::busy(
            PORT,
            "the stock keeps moving between segments",
        ))
    }

    fn is_sold_out(&self, _: ItemId) -> bool {
        false
    }
}

#[async_trait]
impl Restock for RedisGate {
    async fn release(&self, unit: Unit) -> Result<Released, PortError> {
        let returns = number(&self.end(&scripts::RELEASE, unit).await?)?;
        self.publish(unit.item_id, returns).await;
        Ok(Released { returns })
    }

    async fn reconcile(&self, item_id: ItemId) -> Result<Reconciled, PortError> {
        self.compare(item_id).await
    }
}

#[async_trait]
impl StockGate for RedisGate {
    async fn warm_up(&self, item_id: ItemId, window: Window) -> Result<bool, PortError> {
        let filling = self.fillings.refresh(item_id, Instant::now()).await?;
        let Some(filling) = filling else {
            return Ok(false);
        };
        let Some(epoch) = filling.epoch else {
            return self.fill_new(item_id).await;
        };
        let open = Open {
            item_id,
            epoch,
            segments: filling.segments,
        };
        let known = |found: &Vec<(String, String)>| found.iter().all(|(word, _)| word == "known");
        if known(&self.refresh_windows(&open, window).await?) {
            self.list_outboxes(&open, window).await?;
            return Ok(false);
        }
        self.rebuild(&open, window).await
    }

    async fn confirm(&self, unit: Unit) -> Result<(), PortError> {
        self.end(&scripts::CONFIRM, unit).await.map(drop)
    }

    async fn stock(&self, item_id: ItemId) -> Result<Option<GateStock>, PortError> {
        let Some(filling) = self.fillings.get(item_id).await? else {
            return Ok(None);
        };
        let segments = (0..filling.segments).map(|number| Segment::new(item_id, number));
        let counts = try_join_all(segments.map(|segment| self.counters(segment))).await?;
        let Some(counts) = counts.into_iter().collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        let sum = |of: fn(&stocktaking::Counters) -> i64| {
            let sum = counts.iter().map(of).sum::<i64>().max(0);
            u32::try_from(sum).map_err(|_| malformed("a counter out of bounds"))
        };
        // What moves between segments belongs to none of them for a moment.
        Ok(Some(GateStock {
            total: sum(|counters| counters.total + counters.moving)?,
            sellable: sum(|counters| counters.sellable + counters.moving)?,
            locked: sum(|counters| counters.locked)?,
            sold: sum(|counters| counters.sold)?,
        }))
    }
}

/// Something in Redis that none of our scripts writes.
fn malformed(what: &str) -> PortError {
    PortError::failed(PORT, format!("Redis holds {what}"))
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, PortError> {
    text.parse().map_err(|_| malformed("no number"))
}

fn id(text: &str) -> Result<ReservationId, PortError> {
    text.parse().map_err(|_| malformed("no id"))
}
