//! The baseline: the gate's script on a copy of a loaded item, for `redis-benchmark` to call. It
//! shows the speed of Redis without the gate. The copy belongs to no shop: nothing reads its
//! outbox, and the ledger does not know it.

use std::collections::BTreeMap;

use app::wire::ItemId;
use redis::{ErrorKind, ServerErrorKind};
use uuid::Uuid;

use super::BenchError;
use crate::adapters::redis::{Arg, KEEP_MS, Redis, keys, scripts, segment::Segment};

/// `redis-benchmark` replaces this by a twelve-digit number, a new one for every call.
const RANDOM: &str = "__rand_int__";

/// A copy of an item's first segment.
pub struct Baseline {
    redis: Redis,
    item_id: ItemId,
    keys: [String; 6],
    epoch: String,
    segments: String,
    node: Option<Node>,
}

/// The server that holds the copy.
struct Node {
    url: String,
    version: String,
}

impl Baseline {
    /// Copies the counters and the window of a loaded item, with `stock` units to sell, and loads
    /// the script into Redis.
    pub async fn of(redis: &Redis, item_id: ItemId, stock: i64) -> Result<Baseline, BenchError> {
        let mut read = redis::cmd("HGETALL");
        read.arg(Segment::new(item_id, 0).key(redis, keys::ITEM));
        let fields: BTreeMap<String, String> = redis.query(&read).await?;
        let field = |name| fields.get(name).cloned().unwrap_or_default();

        let copy = ItemId(Uuid::now_v7());
        // Separate reservations: neither path nor limit is checked.
        let names = [
            keys::ITEM,
            keys::HOLDERS,
            keys::POSITIONS,
            keys::OUTBOX,
            "path",
            "limit",
        ];
        let keys = Segment::new(copy, 0).keys(redis, names);
        let baseline = Baseline {
            node: node_of(redis, &keys[0]).await?,
            redis: redis.clone(),
            item_id: copy,
            keys,
            epoch: field("epoch"),
            segments: field("segments"),
        };
        let mut write = redis::cmd("HSET");
        write.arg(&baseline.keys[0]);
        for (name, value) in &fields {
            write.arg(name).arg(value);
        }
        redis.query::<i64>(&write).await?;
        // With a wrong epoch: Redis loads the script, and nothing is decided.
        let nothing = [""; 14].map(Arg::Text);
        redis
            .invoke::<Vec<String>>(&scripts::gate::RESERVE, &baseline.keys, &nothing)
            .await?;
        baseline.set_sellable(stock).await?;
        Ok(baseline)
    }

    /// The server that `redis-benchmark` must connect to; `None` when no configured node holds the
    /// copy. May contain a password.
    pub fn url(&self) -> Option<&str> {
        self.node.as_ref().map(|node| node.url.as_str())
    }

    /// The version of that server.
    pub fn version(&self) -> Option<&str> {
        self.node.as_ref().map(|node| node.version.as_str())
    }

    /// The arguments of `redis-benchmark`: each call has another buyer, with ids as long as real
    /// ones. A run seeds its numbers with its process id and the second, so two runs may use the
    /// same numbers: `run` keeps their buyers apart.
    pub fn command(&self, run: u16) -> Vec<String> {
        let id = |kind: &str| format!("{kind}{run:04x}-0000-7000-8000-{RANDOM}");
        let mut words = vec![
            "evalsha".to_owned(),
            scripts::gate::RESERVE.get_hash().to_owned(),
            self.keys.len().to_string(),
        ];
        words.extend(self.keys.iter().cloned());
        words.extend([
            // The time is Redis's own.
            String::new(),
            self.epoch.clone(),
            self.segments.clone(),
            "0".to_owned(),
            id("0001"),
            self.item_id.to_string(),
            id("0002"),
            format!("0003{run:04x}000070008000{RANDOM}"),
            KEEP_MS.to_string(),
            // No number was given out before.
            "0".to_owned(),
            // Nothing is counted, and there is no path.
            String::new(),
            "0".to_owned(),
            String::new(),
            "0".to_owned(),
        ]);
        words
    }

    /// Sets how many units there are to sell.
    pub async fn set_sellable(&self, units: i64) -> Result<(), BenchError> {
        let mut write = redis::cmd("HSET");
        write.arg(&self.keys[0]).arg("sellable").arg(units);
        self.redis.query::<i64>(&write).await?;
        Ok(())
    }

    /// How many units were held so far.
    pub async fn held(&self) -> Result<u64, BenchError> {
        let mut read = redis::cmd("HGET");
        read.arg(&self.keys[0]).arg("locked");
        Ok(self.redis.query(&read).await?)
    }

    /// Removes the copy.
    pub async fn remove(&self) -> Result<(), BenchError> {
        let mut remove = redis::cmd("UNLINK");
        remove.arg(&self.keys);
        self.redis.query::<i64>(&remove).await?;
        Ok(())
    }
}

/// The configured server that holds this key.
async fn node_of(redis: &Redis, key: &str) -> Result<Option<Node>, BenchError> {
    for url in redis.urls() {
        let client = redis.client(url)?;
        let mut connection = client.get_multiplexed_async_connection().await?;
        let mut exists = redis::cmd("EXISTS");
        match exists.arg(key).query_async::<i64>(&mut connection).await {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::Moved) => continue,
            Err(error) => return Err(error.into()),
        }
        let mut info = redis::cmd("INFO");
        let info: String = info.arg("server").query_async(&mut connection).await?;
        let version = info
            .lines()
            .find_map(|line| line.strip_prefix("redis_version:"));
        return Ok(Some(Node {
            url: url.clone(),
            version: version.unwrap_or("of an unknown version").to_owned(),
        }));
    }
    Ok(None)
}
