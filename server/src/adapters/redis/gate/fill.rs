//! LoadEpoch an item from the ledger: the ledger hears of the new epoch first, then everything is put
//! under names that nobody reads, and the last step per segment opens it.

use std::time::{Duration, Instant};

use app::wire::ItemId;
use futures::future::try_join_all;
use tokio::time::timeout;
use uuid::Uuid;

use super::{
    super::{Arg, scripts, segment, segment::Segment},
    KEEP_MS, Open, PORT, RedisGate,
};
use crate::engine::ports::{Holder, ItemSnapshot, ItemSummary, LoadEpoch, PortError, Window};

/// Holders put by one command: a command of some 50 kB.
const CHUNK: usize = 500;
/// What was put and not opened vanishes after this long.
const ABANDONED_MS: i64 = 600_000;
/// Whoever fills says so at every chunk; after this long in silence it counts as dead.
const MARK_MS: i64 = 15_000;
/// How long a caller waits for another item's filling.
const WAIT: Duration = Duration::from_secs(2);

/// What one segment is to hold.
struct Share {
    sellable: i64,
    locked: i64,
    sold: i64,
    holders: Vec<Holder>,
}

impl RedisGate {
    /// Fills an item that never was; false when it is filled, or another copy is at it.
    pub(super) async fn fill_new(&self, item_id: ItemId) -> Result<bool, PortError> {
        let asked_at = Instant::now();
        let Ok(_one) = timeout(WAIT, self.filling.lock()).await else {
            return Err(PortError::busy(PORT, "another item is being filled"));
        };
        match self.fillings.refresh(item_id, asked_at).await? {
            Some(LoadEpoch { epoch: None, .. }) => self.fill(item_id, None).await,
            _ => Ok(false),
        }
    }

    /// The caller holds `self.filling`. False when another copy of the server was faster.
    pub(super) async fn fill(
        &self,
        item_id: ItemId,
        instead_of: Option<Uuid>,
    ) -> Result<bool, PortError> {
        let epoch = Uuid::now_v7();
        let mut mark = redis::cmd("SET");
        mark.arg(self.mark(item_id)).arg(epoch.to_string());
        mark.arg("NX").arg("PX").arg(MARK_MS);
        if self.redis.ask::<Option<String>>(&mark).await?.is_none() {
            return Ok(false);
        }
        let filled = self.fill_as(item_id, epoch, instead_of).await;
        let mut unmark = redis::cmd("DEL");
        unmark.arg(self.mark(item_id));
        self.redis.ask::<i64>(&unmark).await?;
        filled
    }

    /// Whether a copy of the server is filling the item.
    pub(super) async fn is_being_filled(&self, item_id: ItemId) -> Result<bool, PortError> {
        let mut exists = redis::cmd("EXISTS");
        exists.arg(self.mark(item_id));
        self.redis.ask(&exists).await
    }

    fn mark(&self, item_id: ItemId) -> String {
        Segment::new(item_id, 0).key(&self.redis, "filling")
    }

    async fn fill_as(
        &self,
        item_id: ItemId,
        epoch: Uuid,
        instead_of: Option<Uuid>,
    ) -> Result<bool, PortError> {
        if !self.ledger.begin_epoch(item_id, epoch, instead_of).await? {
            return Ok(false);
        }
        let Some(snapshot) = self.ledger.snapshot(item_id).await? else {
            return Ok(false);
        };
        let summary = &snapshot.summary;
        let open = Open {
            item_id,
            epoch,
            segments: summary.segments,
        };
        self.list_outboxes(&open, summary.window).await?;
        let shares = split(&snapshot);
        for (segment, share) in open.all().zip(&shares) {
            self.put_holders(&segment, &open, &share.holders).await?;
        }
        for (segment, share) in open.all().zip(&shares) {
            self.open(&segment, &open, summary, share).await?;
        }
        let filling = LoadEpoch {
            epoch: Some(epoch),
            segments: open.segments,
        };
        self.fillings.put(item_id, filling).await;
        tracing::info!(%item_id, %epoch, "the gate is filled from the ledger");
        Ok(true)
    }

    /// Puts a segment's outboxes on the list that relays look at.
    pub(super) async fn list_outboxes(&self, open: &Open, window: Window) -> Result<(), PortError> {
        let mut list = redis::cmd("ZADD");
        list.arg(segment::outboxes(&self.redis));
        for segment in open.all() {
            list.arg(window.ends_at_ms).arg(segment.tag());
        }
        self.redis.ask::<i64>(&list).await.map(drop)
    }

    async fn put_holders(
        &self,
        segment: &Segment,
        open: &Open,
        holders: &[Holder],
    ) -> Result<(), PortError> {
        let [by_buyer, by_id] = self.filled_keys(segment, open);
        for chunk in holders.chunks(CHUNK) {
            let (mut buyers, mut ids) = (redis::cmd("HSET"), redis::cmd("HSET"));
            buyers.arg(&by_buyer);
            ids.arg(&by_id);
            for holder in chunk {
                buyers.arg(holder.buyer.to_string()).arg(stored(holder));
                ids.arg(holder.reservation_id.to_string());
                ids.arg(holder.position);
            }
            let mut all = vec![buyers, ids];
            for (key, life_ms) in [
                (by_buyer.clone(), ABANDONED_MS),
                (by_id.clone(), ABANDONED_MS),
                (self.mark(open.item_id), MARK_MS),
            ] {
                let mut expire = redis::cmd("PEXPIRE");
                expire.arg(key).arg(life_ms);
                all.push(expire);
            }
            for command in &all {
                self.redis.ask::<i64>(command).await?;
            }
        }
        Ok(())
    }

    async fn open(
        &self,
        segment: &Segment,
        open: &Open,
        summary: &ItemSummary,
        share: &Share,
    ) -> Result<(), PortError> {
        let [item, holders, positions, transfers, received, outbox, late] = segment.keys(
            &self.redis,
            [
                "item",
                "holders",
                "positions",
                "transfers",
                "received",
                "outbox",
                "late",
            ],
        );
        let [by_buyer, by_id] = self.filled_keys(segment, open);
        let keys = [
            item, holders, positions, transfers, received, outbox, late, by_buyer, by_id,
        ];
        let segments = i64::from(open.segments);
        let args = [
            Arg::Text(&self.clock.argument()),
            Arg::Text(&open.epoch()),
            Arg::Number(share.holders.len() as i64),
            Arg::Number(summary.window.starts_at_ms),
            Arg::Number(summary.window.ends_at_ms),
            Arg::Number(i64::from(summary.window.stopped)),
            Arg::Number(share.sellable + share.locked + share.sold),
            Arg::Number(share.sellable),
            Arg::Number(share.locked),
            Arg::Number(share.sold),
            // Every number that this segment gives is above the last one that anybody has.
            Arg::Number(i64::from(
                summary.last_position.div_ceil(u32::from(open.segments)),
            )),
            Arg::Number(segments),
            Arg::Number(KEEP_MS),
        ];
        let word: String = self.redis.run(&scripts::LOAD, &keys, &args).await?;
        match word.as_str() {
            "opened" | "known" => Ok(()),
            other => Err(PortError::busy(PORT, format!("filled in vain: {other}"))),
        }
    }

    fn filled_keys(&self, segment: &Segment, open: &Open) -> [String; 2] {
        ["holders", "positions"]
            .map(|what| segment.key(&self.redis, &format!("fill:{}:{what}", open.epoch)))
    }

    /// Refreshes the window of every segment that is there; a word and an epoch for each.
    pub(super) async fn refresh_windows(
        &self,
        open: &Open,
        window: Window,
    ) -> Result<Vec<(String, String)>, PortError> {
        let refreshed = open.all().map(async |segment| {
            let keys = segment.keys(
                &self.redis,
                ["item", "holders", "positions", "transfers", "received"],
            );
            let args = [
                Arg::Text(&self.clock.argument()),
                Arg::Text(&open.epoch()),
                Arg::Number(i64::from(open.segments)),
                Arg::Number(window.starts_at_ms),
                Arg::Number(window.ends_at_ms),
                Arg::Number(i64::from(window.stopped)),
                Arg::Number(KEEP_MS),
            ];
            self.redis.run(&scripts::WARM_UP, &keys, &args).await
        });
        try_join_all(refreshed).await
    }
}

/// A holder that the ledger knows, as the scripts store it: there is nothing to send again.
pub(super) fn stored(holder: &Holder) -> String {
    let state = if holder.paid { 's' } else { 'h' };
    format!("{}|{}|0|{state}|0|", holder.reservation_id, holder.position)
}

/// Holders go where their buyers are; what is sellable is split evenly.
fn split(snapshot: &ItemSnapshot) -> Vec<Share> {
    let summary = &snapshot.summary;
    let segments = i64::from(summary.segments);
    let sellable = i64::from(summary.stock.sellable);
    let mut shares: Vec<_> = (0..segments)
        .map(|number| Share {
            sellable: sellable / segments + i64::from(number < sellable % segments),
            locked: 0,
            sold: 0,
            holders: Vec::new(),
        })
        .collect();
    for holder in &snapshot.holders {
        let share = &mut shares[usize::from(segment::of_buyer(holder.buyer, summary.segments))];
        match holder.paid {
            true => share.sold += 1,
            false => share.locked += 1,
        }
        share.holders.push(*holder);
    }
    // The ledger's counters count, even where its rows do not add up to them.
    let rows = |of: fn(&Share) -> i64| shares.iter().map(of).sum::<i64>();
    let locked = i64::from(summary.stock.locked) - rows(|share| share.locked);
    let sold = i64::from(summary.stock.sold) - rows(|share| share.sold);
    shares[0].locked += locked;
    shares[0].sold += sold;
    shares
}
