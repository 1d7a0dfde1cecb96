//! Reservations that the ledger does not know: whether the gate holds their unit, or nobody knows
//! them any more.

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

/// The longest that a hold is under way to the ledger without waiting anywhere: a relay's confirm
/// (3 s), a broker that takes a dead worker's messages back (20 s), a commit (10 s).
const UNDER_WAY_MS: i64 = 40_000;
/// Reservations are looked for at the gate for so long.
const LOOKED_FOR_MS: i64 = 24 * 3_600_000;
/// A reservation of which nothing but its id is known is looked for in at most so many items…
const MAX_ITEMS: usize = 100;
/// …that were on sale when its id was made, give or take this: the clock of whoever made it may be
/// another one.
const CLOCK_SLACK_MS: i64 = 600_000;
/// Thousands may ask at once: whether anything of an item is under way is looked at about once in this
/// time…
const QUIET_GOOD_FOR: Duration = Duration::from_secs(1);
/// …and the list of items once in this.
const ITEMS_GOOD_FOR: Duration = Duration::from_secs(5);
/// Items that were looked at lately.
const MAX_QUIET: u64 = 10_000;
/// Anybody can invent ids, and each makes the gate read every item that was on sale: so many of one
/// buyer are looked for in a second. Whoever lost a reservation asks about once a second.
const SEARCHES_PER_S: u32 = 5;
/// Buyers whose searches are counted: more than can ask in a second.
const MAX_SEARCHING: u64 = 100_000;

type Items = Arc<HashMap<ItemId, Window>>;

/// What the gate says of reservations that the ledger does not know. One per process.
pub struct UnknownReservations {
    gate: Arc<RedisGate>,
    catalogue: Arc<dyn Catalogue>,
    writer: Arc<dyn OrderWriter>,
    clock: Arc<dyn Clock>,
    items: Cache<(), Items>,
    quiet: Cache<ItemId, bool>,
    /// Each buyer's searches of this second.
    searches: Cache<AccountId, Arc<AtomicU32>>,
}

impl UnknownReservations {
    /// What is lost is ended through `writer`.
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

    /// A reservation that was queued, as it is: ended when nothing holds its unit any more. It ends in
    /// the ledger, so that whatever still comes changes nothing.
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

    /// Neither does the gate hold its unit, nor can it be on its way to the ledger.
    async fn is_lost(&self, unit: Unit) -> Result<bool, PortError> {
        let held = match self.gate.hold_of(unit.item_id, unit.buyer).await? {
            Lookup::Found(hold) => hold.holder.reservation_id == unit.reservation_id,
            Lookup::Nothing => false,
            // It is loaded again, unless its round is over.
            Lookup::Unknown => !self.is_over(unit.item_id).await?,
        };
        Ok(!held && self.is_quiet(unit.item_id).await)
    }

    /// Looks for a reservation in everything that was on sale when it was made: a read of the gate each.
    /// `Nothing` of one that was lost; `Unknown` also when its buyer asks too often.
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

    /// Counts a search of this buyer.
    async fn may_search(&self, buyer: AccountId) -> bool {
        let searches = self.searches.get_with(buyer, async { Arc::default() });
        searches.await.fetch_add(1, Ordering::Relaxed) < SEARCHES_PER_S
    }

    /// What is under way of an item has long come to an end.
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

    /// Nothing of the item is on its way to the ledger; false where nobody answers.
    async fn is_quiet(&self, item_id: ItemId) -> bool {
        let look = async { self.gate.is_quiet(item_id).await.unwrap_or(false) };
        self.quiet.get_with(item_id, look).await
    }
}

/// Ids tell when they were made.
fn made_at_ms(id: ReservationId) -> Option<i64> {
    let (seconds, nanoseconds) = id.0.get_timestamp()?.to_unix();
    let ms = i64::try_from(seconds).ok()?.checked_mul(1000)?;
    Some(ms + i64::from(nanoseconds / 1_000_000))
}
