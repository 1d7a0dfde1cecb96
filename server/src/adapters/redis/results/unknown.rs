//! Reservations that the ledger does not know: either the gate holds their unit, or they are lost.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use app::wire::{AccountId, ItemId, Rejection, ReservationId, ReservationState};
use futures::future::{join_all, try_join_all};
use moka::future::Cache;

use super::super::{RedisGate, gate::GateHold};
use crate::engine::ports::{
    Catalogue, Clock, Lookup, OrderWriter, PortError, QueuedReservation, ReservationRecord, Unit,
    Window,
};

/// The longest that a hold is on its way to the ledger without waiting anywhere: a relay's confirm
/// (3 s), a broker that takes a dead worker's messages back (20 s), a commit (10 s).
const UNDER_WAY_MS: i64 = 40_000;
/// How long reservations are searched for at the gate.
const LOOKED_FOR_MS: i64 = 24 * 3_600_000;
/// A reservation of which only the id is known is searched for in at most this many items…
const MAX_ITEMS: usize = 100;
/// …that were on sale when its id was made, plus or minus this: the id may be from another
/// machine's clock.
const CLOCK_SLACK_MS: i64 = 600_000;
/// Thousands may ask at once: whether anything of an item is under way is checked about once in this
/// time…
const QUIET_GOOD_FOR: Duration = Duration::from_secs(1);
/// …and the list of items is read about once in this time.
const ITEMS_GOOD_FOR: Duration = Duration::from_secs(5);
/// Most items whose checks are cached.
const MAX_QUIET: u64 = 10_000;
/// Searches per buyer and second. Anyone can invent ids, and each makes the gate read every item
/// that was on sale. A buyer with a lost reservation asks about once a second.
const SEARCHES_PER_S: u32 = 5;
/// Most buyers whose searches are counted: more than can ask in a second.
const MAX_SEARCHING: u64 = 100_000;

type Items = Arc<HashMap<ItemId, Window>>;

/// The gate's answers about reservations that the ledger does not know. One per process.
pub struct UnknownReservations {
    gate: Arc<RedisGate>,
    catalogue: Arc<dyn Catalogue>,
    writer: Arc<dyn OrderWriter>,
    clock: Arc<dyn Clock>,
    items: Cache<(), Items>,
    quiet: Cache<ItemId, bool>,
    /// Each buyer's searches in this second.
    searches: Cache<AccountId, Arc<AtomicU32>>,
}

impl UnknownReservations {
    /// Lost reservations are ended through `writer`.
    pub fn new(
        gate: Arc<RedisGate>,
        catalogue: Arc<dyn Catalogue>,
        writer: Arc<dyn OrderWriter>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let quiet = Cache::builder().max_capacity(MAX_QUIET);
        let searches = Cache::builder().max_capacity(MAX_SEARCHING);
        Self {
            gate,
            catalogue,
            writer,
            clock,
            items: Cache::builder().time_to_live(ITEMS_GOOD_FOR).build(),
            quiet: quiet.time_to_live(QUIET_GOOD_FOR).build(),
            searches: searches.time_to_live(Duration::from_secs(1)).build(),
        }
    }

    /// Returns a queued reservation; ends it if nothing holds its unit any more. It ends in the
    /// ledger, so that a late entry changes nothing.
    pub(super) async fn follow(
        &self,
        queued: ReservationRecord,
    ) -> Result<ReservationRecord, PortError> {
        let age_ms = self.clock.now_ms() - queued.held_at_ms;
        if age_ms < UNDER_WAY_MS || !self.is_lost(queued.unit).await? {
            return Ok(queued);
        }
        let entry = QueuedReservation {
            unit: queued.unit,
            // Only the gate knew it.
            path: String::new(),
            position: queued.position,
            held_at_ms: queued.held_at_ms,
            replayed: false,
        };
        let now_ms = self.clock.now_ms();
        let ended = self.writer.fail(&[entry], Rejection::Busy, now_ms).await?;
        let Some(outcome) = ended.first() else {
            return Ok(queued);
        };
        let (state, order_id, reason) = outcome.told();
        if state == ReservationState::Failed {
            tracing::error!(
                reservation_id = %queued.unit.reservation_id,
                item_id = %queued.unit.item_id,
                "a reservation was lost before it became an order; its buyer is told that it failed"
            );
        }
        Ok(ReservationRecord {
            state,
            order_id,
            reason,
            ..queued
        })
    }

    /// Whether the gate does not hold its unit, and it cannot be on its way to the ledger.
    async fn is_lost(&self, unit: Unit) -> Result<bool, PortError> {
        let held = match self.gate.hold_of(unit.item_id, unit.buyer).await? {
            Lookup::Found(hold) => hold.holder.reservation_id == unit.reservation_id,
            Lookup::Nothing => false,
            // The item will be loaded again, unless its round is over.
            Lookup::Unknown => !self.is_over(unit.item_id).await?,
        };
        Ok(!held && self.is_quiet(unit.item_id).await)
    }

    /// Searches every item that was on sale when the reservation was made, with one read of the gate
    /// each. `Nothing` if it was lost; also `Unknown` when its buyer asks too often.
    pub(super) async fn find(
        &self,
        id: ReservationId,
        buyer: AccountId,
    ) -> Result<Lookup<(ItemId, GateHold)>, PortError> {
        let Some(made_at_ms) = made_at_ms(id) else {
            return Ok(Lookup::Unknown);
        };
        let age_ms = self.clock.now_ms() - made_at_ms;
        if !(0..LOOKED_FOR_MS).contains(&age_ms) || !self.may_search(buyer).await {
            return Ok(Lookup::Unknown);
        }
        let was_on_sale = |window: &Window| {
            let from_ms = window.starts_at_ms - CLOCK_SLACK_MS;
            (from_ms..window.ends_at_ms + CLOCK_SLACK_MS).contains(&made_at_ms)
        };
        let items = self.items().await?;
        let on_sale = items.iter().filter(|(_, window)| was_on_sale(window));
        let on_sale: Vec<ItemId> = on_sale.map(|(item_id, _)| *item_id).collect();
        if on_sale.len() > MAX_ITEMS {
            return Ok(Lookup::Unknown);
        }
        let holds = on_sale
            .iter()
            .map(|item_id| self.gate.hold_of(*item_id, buyer));
        let holds = try_join_all(holds).await?;
        let mut all_read = true;
        for (item_id, hold) in on_sale.iter().zip(holds) {
            match hold {
                Lookup::Found(hold) if hold.holder.reservation_id == id => {
                    return Ok(Lookup::Found((*item_id, hold)));
                }
                Lookup::Found(_) | Lookup::Nothing => {}
                Lookup::Unknown => all_read &= self.is_over(*item_id).await?,
            }
        }
        if !all_read || age_ms < UNDER_WAY_MS {
            return Ok(Lookup::Unknown);
        }
        let quiet = on_sale.iter().map(|item_id| self.is_quiet(*item_id));
        let quiet = join_all(quiet).await.into_iter().all(|quiet| quiet);
        Ok(match quiet {
            true => Lookup::Nothing,
            false => Lookup::Unknown,
        })
    }

    /// Counts a search of this buyer, and returns whether it is allowed.
    async fn may_search(&self, buyer: AccountId) -> bool {
        let searches = self.searches.get_with(buyer, async { Arc::default() });
        searches.await.fetch_add(1, Ordering::Relaxed) < SEARCHES_PER_S
    }

    /// Whether the item's sale ended so long ago that nothing of it can be under way.
    async fn is_over(&self, item_id: ItemId) -> Result<bool, PortError> {
        let window = self.items().await?.get(&item_id).copied();
        let long_ago_ms = self.clock.now_ms() - UNDER_WAY_MS;
        Ok(window.is_none_or(|window| window.ends_at_ms <= long_ago_ms))
    }

    async fn items(&self) -> Result<Items, PortError> {
        if let Some(items) = self.items.get(&()).await {
            return Ok(items);
        }
        let since_ms = self.clock.now_ms() - LOOKED_FOR_MS;
        let items = self.catalogue.sellable_items(since_ms).await?;
        let items: Items = Arc::new(items.into_iter().collect());
        self.items.insert((), items.clone()).await;
        Ok(items)
    }

    /// Whether nothing of the item is on its way to the ledger; false if that cannot be read.
    async fn is_quiet(&self, item_id: ItemId) -> bool {
        let look = async { self.gate.is_quiet(item_id).await.unwrap_or(false) };
        self.quiet.get_with(item_id, look).await
    }
}

/// When the id was made: ids contain their time.
fn made_at_ms(id: ReservationId) -> Option<i64> {
    let (seconds, nanoseconds) = id.0.get_timestamp()?.to_unix();
    let ms = i64::try_from(seconds).ok()?.checked_mul(1000)?;
    Some(ms + i64::from(nanoseconds / 1_000_000))
}
