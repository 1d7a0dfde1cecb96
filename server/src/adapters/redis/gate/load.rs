//! Loads an item from the ledger: the ledger stores the new epoch first, then the holders are
//! staged under keys that are not read yet, and the last step of each segment opens it.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use app::wire::{AccountId, ItemId, ReservationId};
use futures::future::{join_all, try_join_all};
use tokio::time::timeout;
use uuid::Uuid;

use super::{
    super::{Arg, any_answer, keys, scripts, segment, segment::Segment},
    KEEP_MS, LoadedItem, PORT, RedisGate, holder_record,
    unknown_holds::ParkedHold,
};
use crate::engine::ports::{Holder, ItemSnapshot, ItemSummary, LoadEpoch, PortError, Window};

/// Holders that are staged by one command of some 50 kB.
const CHUNK: usize = 500;
/// Staged holders that are not loaded expire after this long.
const STAGED_LIFE_MS: i64 = 600_000;
/// The lock of a load is extended at every chunk; without that it expires after this long.
const LOCK_LIFE_MS: i64 = 15_000;
/// How long a caller waits while another item is loaded.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// The data that is loaded into one segment.
struct SegmentLoad {
    sellable: i64,
    locked: i64,
    sold: i64,
    holders: Vec<Holder>,
    /// Holds that the ledger does not know.
    parked: Vec<ParkedHold>,
}

impl SegmentLoad {
    /// The records of all holders: buyer, reservation, position, and the stored text.
    fn records(&self) -> impl Iterator<Item = (AccountId, ReservationId, u32, String)> {
        let known = self.holders.iter().map(|holder| {
            let record = holder_record::encode(holder);
            (holder.buyer, holder.reservation_id, holder.position, record)
        });
        let parked = self.parked.iter().map(|ParkedHold { holder, record }| {
            let record = record.clone();
            (holder.buyer, holder.reservation_id, holder.position, record)
        });
        known.chain(parked)
    }
}

/// A segment's answer when its window was refreshed.
pub(super) struct SegmentEpoch {
    /// `current`, `missing`, `stale` or `forgot`.
    word: String,
    /// The segment's epoch.
    epoch: String,
}

impl SegmentEpoch {
    pub(super) fn is_current(&self) -> bool {
        self.word == "current"
    }

    /// The epoch of a segment, if it differs from the ledger's.
    pub(super) fn stale(&self) -> Option<&str> {
        (self.word == "stale").then_some(&self.epoch)
    }
}

impl RedisGate {
    /// Loads an item for the first time; false if it is loaded, or another instance loads it.
    pub(super) async fn load_new(&self, item_id: ItemId) -> Result<bool, PortError> {
        let asked_at = Instant::now();
        let Ok(_one) = timeout(LOCK_TIMEOUT, self.loading.lock()).await else {
            return Err(PortError::busy(
                PORT,
                format!(
                    "another item has been loading for {} s",
                    LOCK_TIMEOUT.as_secs()
                ),
            ));
        };
        match self.epochs.refresh(item_id, asked_at).await? {
            Some(LoadEpoch { epoch: None, .. }) => self.load(item_id, None, &[]).await,
            _ => Ok(false),
        }
    }

    /// The caller must hold `self.loading`. Buyers in `parked` keep their units, which the ledger does
    /// not know yet. False if another instance was faster.
    pub(super) async fn load(
        &self,
        item_id: ItemId,
        instead_of: Option<Uuid>,
        parked: &[ParkedHold],
    ) -> Result<bool, PortError> {
        let epoch = Uuid::now_v7();
        let mut lock = redis::cmd("SET");
        lock.arg(self.lock_key(item_id)).arg(epoch.to_string());
        lock.arg("NX").arg("PX").arg(LOCK_LIFE_MS);
        if self.redis.query::<Option<String>>(&lock).await?.is_none() {
            return Ok(false);
        }
        let loaded = self
            .load_with_epoch(item_id, (epoch, instead_of), parked)
            .await;
        let mut unlock = redis::cmd("DEL");
        unlock.arg(self.lock_key(item_id));
        self.redis.query::<i64>(&unlock).await?;
        loaded
    }

    /// Whether any instance is loading the item.
    pub(super) async fn is_loading(&self, item_id: ItemId) -> Result<bool, PortError> {
        let mut exists = redis::cmd("EXISTS");
        exists.arg(self.lock_key(item_id));
        self.redis.query(&exists).await
    }

    fn lock_key(&self, item_id: ItemId) -> String {
        Segment::new(item_id, 0).key(&self.redis, keys::LOAD_LOCK)
    }

    async fn load_with_epoch(
        &self,
        item_id: ItemId,
        (epoch, instead_of): (Uuid, Option<Uuid>),
        parked: &[ParkedHold],
    ) -> Result<bool, PortError> {
        if !self.ledger.begin_epoch(item_id, epoch, instead_of).await? {
            return Ok(false);
        }
        let Some(mut snapshot) = self.ledger.snapshot(item_id).await? else {
            return Ok(false);
        };
        let parked = keep_units(&mut snapshot, parked);
        let summary = &snapshot.summary;
        let item = LoadedItem {
            item_id,
            epoch,
            segments: summary.segments,
        };
        self.list_outboxes(&item, summary.window).await?;
        let loads = split(&snapshot, parked);
        for (segment, load) in item.all_segments().zip(&loads) {
            self.stage_holders(&segment, &item, load).await?;
        }
        for (segment, load) in item.all_segments().zip(&loads) {
            self.open(&segment, &item, summary, load).await?;
        }
        let loaded = LoadEpoch {
            epoch: Some(epoch),
            segments: item.segments,
        };
        self.epochs.put(item_id, loaded).await;
        tracing::info!(
            %item_id,
            %epoch,
            holders = snapshot.holders.len(),
            segments = item.segments,
            "loaded the item from the ledger into Redis; the gate decides about it again"
        );
        Ok(true)
    }

    /// Adds an item's outboxes to the lists that relays read. One of the copies is enough.
    pub(super) async fn list_outboxes(
        &self,
        item: &LoadedItem,
        window: Window,
    ) -> Result<(), PortError> {
        let lists = keys::outboxes(&self.redis).map(async |key| {
            let mut list = redis::cmd("ZADD");
            list.arg(key);
            for segment in item.all_segments() {
                list.arg(window.ends_at_ms).arg(segment.tag());
            }
            self.redis.query::<i64>(&list).await
        });
        any_answer(join_all(lists).await).map(drop)
    }

    async fn stage_holders(
        &self,
        segment: &Segment,
        item: &LoadedItem,
        load: &SegmentLoad,
    ) -> Result<(), PortError> {
        let [by_buyer, by_id] = self.staged_keys(segment, item);
        let mut records = load.records().peekable();
        while records.peek().is_some() {
            let (mut buyers, mut ids) = (redis::cmd("HSET"), redis::cmd("HSET"));
            buyers.arg(&by_buyer);
            ids.arg(&by_id);
            for (buyer, reservation_id, position, record) in records.by_ref().take(CHUNK) {
                buyers.arg(buyer.to_string()).arg(record);
                ids.arg(reservation_id.to_string()).arg(position);
            }
            let mut commands = vec![buyers, ids];
            for (key, life_ms) in [
                (by_buyer.clone(), STAGED_LIFE_MS),
                (by_id.clone(), STAGED_LIFE_MS),
                (self.lock_key(item.item_id), LOCK_LIFE_MS),
            ] {
                let mut expire = redis::cmd("PEXPIRE");
                expire.arg(key).arg(life_ms);
                commands.push(expire);
            }
            for command in &commands {
                self.redis.query::<i64>(command).await?;
            }
        }
        Ok(())
    }

    async fn open(
        &self,
        segment: &Segment,
        item: &LoadedItem,
        summary: &ItemSummary,
        load: &SegmentLoad,
    ) -> Result<(), PortError> {
        let names = [
            keys::ITEM,
            keys::HOLDERS,
            keys::POSITIONS,
            keys::TRANSFERS,
            keys::RECEIVED,
            keys::OUTBOX,
            keys::LATE,
        ];
        let keys = [
            &segment.keys(&self.redis, names)[..],
            &self.staged_keys(segment, item),
        ]
        .concat();
        let args = [
            Arg::Text(&self.clock.argument()),
            Arg::Text(&item.epoch()),
            Arg::Number((load.holders.len() + load.parked.len()) as i64),
            Arg::Number(summary.window.starts_at_ms),
            Arg::Number(summary.window.ends_at_ms),
            Arg::Number(i64::from(summary.window.stopped)),
            Arg::Number(load.sellable + load.locked + load.sold),
            Arg::Number(load.sellable),
            Arg::Number(load.locked),
            Arg::Number(load.sold),
            // All positions that this segment will give are above the last one that any buyer has.
            Arg::Number(i64::from(
                summary.last_position.div_ceil(u32::from(item.segments)),
            )),
            Arg::Number(i64::from(item.segments)),
            Arg::Number(KEEP_MS),
        ];
        let word: String = self
            .redis
            .invoke(&scripts::gate::LOAD, &keys, &args)
            .await?;
        match word.as_str() {
            "loaded" | "current" => Ok(()),
            other => Err(PortError::busy(
                PORT,
                format!("the item was not loaded: its segment is {other}"),
            )),
        }
    }

    fn staged_keys(&self, segment: &Segment, item: &LoadedItem) -> [String; 2] {
        keys::staged(&item.epoch()).map(|name| segment.key(&self.redis, &name))
    }

    /// Refreshes the window of every segment that is loaded with the item's epoch.
    pub(super) async fn refresh_windows(
        &self,
        item: &LoadedItem,
        window: Window,
    ) -> Result<Vec<SegmentEpoch>, PortError> {
        let refreshed = (0..item.segments).map(async |number| {
            let segment = Segment::new(item.item_id, number);
            let told = self.told.highest(&segment, item.epoch);
            let names = [
                keys::ITEM,
                keys::HOLDERS,
                keys::POSITIONS,
                keys::TRANSFERS,
                keys::RECEIVED,
            ];
            let keys = segment.keys(&self.redis, names);
            let args = [
                Arg::Text(&self.clock.argument()),
                Arg::Text(&item.epoch()),
                Arg::Number(i64::from(item.segments)),
                Arg::Number(window.starts_at_ms),
                Arg::Number(window.ends_at_ms),
                Arg::Number(i64::from(window.stopped)),
                Arg::Number(KEEP_MS),
                Arg::Number(i64::from(number)),
                Arg::Number(i64::from(told)),
            ];
            let answer = self.redis.invoke(&scripts::gate::WARM_UP, &keys, &args);
            let (word, epoch): (String, String) = answer.await?;
            if word == "forgot" {
                log_lost_positions(item);
            }
            Ok(SegmentEpoch { word, epoch })
        });
        try_join_all(refreshed).await
    }
}

/// Raises the alarm that Redis has lost data.
pub(super) fn log_lost_positions(item: &LoadedItem) {
    tracing::error!(
        item_id = %item.item_id,
        epoch = %item.epoch,
        "Redis has lost positions that buyers were told; the item is closed, and loaded again from \
         the ledger when nothing is under way"
    );
}

/// Moves the units of parked holds from sellable to locked. Skips a hold when no unit is left, or when
/// the ledger has learned of its buyer in the meantime.
fn keep_units(snapshot: &mut ItemSnapshot, parked: &[ParkedHold]) -> Vec<ParkedHold> {
    let known: HashSet<_> = snapshot.holders.iter().map(|holder| holder.buyer).collect();
    let summary = &mut snapshot.summary;
    let mut kept = Vec::new();
    for hold in parked {
        if known.contains(&hold.holder.buyer) || summary.stock.sellable == 0 {
            continue;
        }
        summary.stock.sellable -= 1;
        summary.stock.locked += 1;
        summary.last_position = summary.last_position.max(hold.holder.position);
        kept.push(hold.clone());
    }
    kept
}

/// Puts holders into their buyers' segments, and splits sellable units evenly.
fn split(snapshot: &ItemSnapshot, parked: Vec<ParkedHold>) -> Vec<SegmentLoad> {
    let summary = &snapshot.summary;
    let segments = i64::from(summary.segments);
    let sellable = i64::from(summary.stock.sellable);
    let mut loads: Vec<_> = (0..segments)
        .map(|number| SegmentLoad {
            sellable: sellable / segments + i64::from(number < sellable % segments),
            locked: 0,
            sold: 0,
            holders: Vec::new(),
            parked: Vec::new(),
        })
        .collect();
    for hold in parked {
        let number = segment::of_buyer(hold.holder.buyer, summary.segments);
        let load = &mut loads[usize::from(number)];
        load.locked += 1;
        load.parked.push(hold);
    }
    for holder in &snapshot.holders {
        let load = &mut loads[usize::from(segment::of_buyer(holder.buyer, summary.segments))];
        match holder.paid {
            true => load.sold += 1,
            false => load.locked += 1,
        }
        load.holders.push(*holder);
    }
    // The ledger's counters decide, even if its rows do not match them.
    let sum = |of: fn(&SegmentLoad) -> i64| loads.iter().map(of).sum::<i64>();
    let locked = i64::from(summary.stock.locked) - sum(|load| load.locked);
    let sold = i64::from(summary.stock.sold) - sum(|load| load.sold);
    loads[0].locked += locked;
    loads[0].sold += sold;
    loads
}
