//! The gate on Redis, shared by all instances: a script decides by Redis's own clock, and writes
//! the hold and its outbox entry in one step.
//!
//! Redis may lose data. Every load of an item has an epoch, which the ledger stores. If Redis has
//! no epoch or a different one, buyers get no answer until the item is loaded again from the
//! ledger, and that waits until nothing is under way (see `reload`).

mod audit;
mod clock;
mod diff;
mod hold;
mod holder_record;
mod load;
mod load_epochs;
mod parked;
mod quiet;
mod read_state;
mod reconcile;
mod reload;
mod repair;
mod reserve;
mod told_positions;
mod transfer;
mod unknown_holds;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use app::wire::{AccountId, ItemId, ReservationId};
use async_trait::async_trait;
use futures::future::try_join_all;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{Arg, Redis, keys, scripts, segment, segment::Segment};
use crate::{
    chain::Chain,
    engine::ports::{
        Decision, GateLedger, GateStock, OrderQueue, PortError, Reconciled, Release, Released,
        Reserve, ReserveRequest, Restock, StockGate, Unit, Window,
    },
};
use load_epochs::LoadEpochs;
use read_state::Counters;
use reconcile::SeenDifferences;
use told_positions::ToldPositions;

pub use clock::GateClock;
pub use parked::ParkingQueue;
pub use read_state::GateHold;
pub use reserve::Answer;

/// The port's name in errors.
const PORT: &str = "gate";
/// An item's keys are kept this long after its window: for late payments, and for troubleshooting.
pub(crate) const KEEP_MS: i64 = 7 * 24 * 3_600_000;
/// A release or a payment that arrives while a segment is closed is kept this long for the load:
/// longer than a load takes.
const LATE_CALL_LIFE_MS: i64 = 600_000;

/// Nothing must have been under way for this long before Redis is changed to match the ledger.
pub const QUIET: Duration = Duration::from_secs(5);
/// A consumer that was silent for this long and then disappeared may have been a paused process: its
/// relay is given time, see [`Timeouts::after_silence`]. A starting instance, or one whose Redis comes
/// back, reports sooner than this.
pub const SILENCE: Duration = Duration::from_secs(5);
/// With a shorter heartbeat the broker may drop a paused process before [`SILENCE`] has elapsed.
pub const USUAL_HEARTBEAT: Duration = Duration::from_secs(10);

/// How long the gate waits before it acts without being called.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// See [`QUIET`].
    pub quiet: Duration,
    /// A hold that the ledger still does not know after this time, while nothing waits in the
    /// queue, was lost on the way.
    pub lost_after: Duration,
    /// A consumer that has not reported its entries for this long is silent.
    pub silence_after: Duration,
    /// Nothing counts as quiet for this long after a silent consumer has disappeared: its process's
    /// publishing connection may outlive the consuming one.
    pub after_silence: Duration,
}

impl Timeouts {
    /// For a broker that closes a connection after two to three heartbeats without data. The last
    /// data on a paused process's two connections may be half a heartbeat apart, and the broker
    /// checks them once a heartbeat.
    pub fn with_heartbeat(heartbeat: Duration) -> Self {
        Self {
            quiet: QUIET,
            lost_after: Duration::from_secs(10),
            silence_after: match heartbeat < USUAL_HEARTBEAT {
                true => Duration::ZERO,
                false => SILENCE,
            },
            after_silence: heartbeat.max(USUAL_HEARTBEAT) * 3 / 2,
        }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self::with_heartbeat(USUAL_HEARTBEAT)
    }
}

pub struct RedisGate {
    redis: Redis,
    clock: GateClock,
    ledger: Arc<dyn GateLedger>,
    queue: Arc<dyn OrderQueue>,
    timeouts: Timeouts,
    epochs: LoadEpochs,
    /// One load at a time in this process; a caller that waited finds the item loaded.
    loading: Mutex<()>,
    /// One transfer at a time in this process; other callers decide again after it.
    transferring: Mutex<()>,
    differences: SeenDifferences,
    told: ToldPositions,
    created_at: Instant,
}

/// An item with the load epoch that the ledger stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct LoadedItem {
    item_id: ItemId,
    epoch: Uuid,
    segments: u8,
}

impl LoadedItem {
    fn all_segments(&self) -> impl Iterator<Item = Segment> + use<> {
        let item_id = self.item_id;
        (0..self.segments).map(move |number| Segment::new(item_id, number))
    }

    fn segment_of(&self, buyer: AccountId) -> Segment {
        Segment::new(self.item_id, segment::of_buyer(buyer, self.segments))
    }

    fn epoch(&self) -> String {
        self.epoch.to_string()
    }
}

impl RedisGate {
    /// A gate loaded from `ledger`, and loaded again when an item is quiet, also in `queue`.
    pub fn new(
        redis: Redis,
        clock: GateClock,
        ledger: Arc<dyn GateLedger>,
        queue: Arc<dyn OrderQueue>,
        timeouts: Timeouts,
    ) -> Self {
        Self {
            redis,
            clock,
            epochs: LoadEpochs::new(Arc::clone(&ledger)),
            ledger,
            queue,
            timeouts,
            loading: Mutex::default(),
            transferring: Mutex::default(),
            differences: SeenDifferences::default(),
            told: ToldPositions::default(),
            created_at: Instant::now(),
        }
    }

    /// The segment of an item's buyer, and the item's number of segments.
    pub(super) async fn segment_of(
        &self,
        item_id: ItemId,
        buyer: AccountId,
    ) -> Result<(Segment, u8), PortError> {
        // An item that is not on sale is not loaded; then any segment will do.
        let loaded = self.epochs.get(item_id).await?;
        let segments = loaded.map_or(1, |loaded| loaded.segments);
        let number = segment::of_buyer(buyer, segments);
        Ok((Segment::new(item_id, number), segments))
    }

    /// Runs `release` or `confirm` in the segment of the unit, with the arguments `more` after the
    /// common ones.
    async fn end_hold(
        &self,
        script: &redis::Script,
        unit: Unit,
        more: &[Arg<'_>],
    ) -> Result<String, PortError> {
        let asked_at = Instant::now();
        for _ in 0..2 {
            let (segment, segments) = self.segment_of(unit.item_id, unit.buyer).await?;
            let keys = segment.keys(&self.redis, [keys::ITEM, keys::HOLDERS, keys::LATE]);
            let reservation_id = unit.reservation_id.to_string();
            let buyer = unit.buyer.to_string();
            let both = [
                Arg::Text(&reservation_id),
                Arg::Text(&buyer),
                Arg::Number(LATE_CALL_LIFE_MS),
                Arg::Number(i64::from(segments)),
            ];
            let args = [&both[..], more].concat();
            let answer: String = self.redis.invoke(script, &keys, &args).await?;
            if answer != "stale" {
                return Ok(answer);
            }
            self.epochs.refresh(unit.item_id, asked_at).await?;
        }
        Err(PortError::busy(
            PORT,
            "the item is being loaded with another number of segments",
        ))
    }

    /// A new process has told no position yet. The ledger's highest one that did not fail was given by
    /// this load, or by an earlier load and is then lower than all of this load's.
    async fn learn_told_positions(&self, item: &LoadedItem) -> Result<(), PortError> {
        let first = Segment::new(item.item_id, 0);
        if self.told.knows(&first, item.epoch) {
            return Ok(());
        }
        let summary = self.ledger.summary(item.item_id).await?;
        let highest = summary.map_or(0, |summary| summary.last_good_position);
        let given_by = highest.saturating_sub(1) % u32::from(item.segments);
        let given_by = Segment::new(item.item_id, given_by as u8);
        self.told.note(&given_by, item.epoch, highest);
        self.told.note(&first, item.epoch, 0);
        Ok(())
    }

    /// Tells every instance that the item may be sellable again.
    async fn publish_return(&self, item_id: ItemId, returns: u64) {
        let mut publish = redis::cmd("PUBLISH");
        publish.arg(self.redis.key(keys::RETURNS));
        publish.arg(format!("{item_id} {returns}"));
        if let Err(error) = self.redis.query::<i64>(&publish).await {
            tracing::warn!(
                %item_id,
                error = %Chain(&error),
                "cannot publish that a unit came back; other instances may answer \"sold out\" for \
                 some seconds, until they clear their cache"
            );
        }
    }
}

#[async_trait]
impl Reserve for RedisGate {
    async fn reserve(&self, request: ReserveRequest) -> Result<Decision, PortError> {
        self.decide(request).await
    }

    fn is_sold_out(&self, _: ItemId) -> bool {
        false
    }
}

#[async_trait]
impl Restock for RedisGate {
    async fn release(&self, unit: Unit, release: Release) -> Result<Released, PortError> {
        let withdrawn = [Arg::Number(i64::from(release == Release::Withdraw))];
        let answer = self.end_hold(&scripts::gate::RELEASE, unit, &withdrawn);
        let answer = answer.await?;
        if answer == "closed" {
            self.close_after_withdrawal(unit.item_id).await?;
            // No unit has come back.
            return Ok(Released { returns: 0 });
        }
        let returns = number(&answer)?;
        if release == Release::Return {
            self.publish_return(unit.item_id, returns).await;
        }
        Ok(Released { returns })
    }

    async fn reconcile(&self, item_id: ItemId) -> Result<Reconciled, PortError> {
        self.compare_with_ledger(item_id).await
    }
}

#[async_trait]
impl StockGate for RedisGate {
    async fn warm_up(&self, item_id: ItemId, window: Window) -> Result<bool, PortError> {
        let loaded = self.epochs.refresh(item_id, Instant::now()).await?;
        let Some(loaded) = loaded else {
            return Ok(false);
        };
        let Some(epoch) = loaded.epoch else {
            return self.load_new(item_id).await;
        };
        let item = LoadedItem {
            item_id,
            epoch,
            segments: loaded.segments,
        };
        self.learn_told_positions(&item).await?;
        let segments = self.refresh_windows(&item, window).await?;
        if segments.iter().all(|segment| segment.is_current()) {
            self.list_outboxes(&item, window).await?;
            return Ok(false);
        }
        self.reload(&item, window).await
    }

    async fn confirm(&self, unit: Unit) -> Result<(), PortError> {
        let answer = self.end_hold(&scripts::gate::CONFIRM, unit, &[]);
        answer.await.map(drop)
    }

    async fn stock(&self, item_id: ItemId) -> Result<Option<GateStock>, PortError> {
        let Some(loaded) = self.epochs.get(item_id).await? else {
            return Ok(None);
        };
        let segments = (0..loaded.segments).map(|number| Segment::new(item_id, number));
        let counters = try_join_all(segments.map(|segment| self.counters(segment))).await?;
        let Some(counters) = counters.into_iter().collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        let sum = |of: fn(&Counters) -> i64| {
            let sum = counters.iter().map(of).sum::<i64>().max(0);
            u32::try_from(sum).map_err(|_| malformed("a counter that is too large"))
        };
        // Units being transferred are counted by neither segment.
        Ok(Some(GateStock {
            total: sum(|counters| counters.total + counters.moving)?,
            sellable: sum(|counters| counters.sellable + counters.moving)?,
            locked: sum(|counters| counters.locked)?,
            sold: sum(|counters| counters.sold)?,
        }))
    }
}

/// Redis contains data that no script writes.
fn malformed(what: &str) -> PortError {
    PortError::failed(PORT, format!("cannot read what Redis stores: {what}"))
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, PortError> {
    let error = |_| malformed(&format!("{text:?} where a number was expected"));
    text.parse().map_err(error)
}

fn id(text: &str) -> Result<ReservationId, PortError> {
    let error = |_| malformed(&format!("{text:?} where an id was expected"));
    text.parse().map_err(error)
}
