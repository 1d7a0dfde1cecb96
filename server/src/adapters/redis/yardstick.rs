//! The gate's own script on a copy of a warm item, for a program that sends it by itself: what
//! Redis does without us. The copy is no item: nothing reads its outbox, and no ledger knows it.

use std::collections::BTreeMap;

use app::wire::ItemId;
use redis::{Client, ErrorKind, ServerErrorKind};
use uuid::Uuid;

use super::{Arg, Redis, connection::port_error, gate::KEEP_MS, scripts, segment::Segment};
use crate::engine::ports::PortError;

/// What `redis-benchmark` replaces by a number of twelve digits, another one for every call.
const ANY: &str = "__rand_int__";

/// A copy of an item's first segment.
pub struct Yardstick {
    redis: Redis,
    item_id: ItemId,
    keys: [String; 4],
    epoch: String,
    segments: String,
    node: Option<Node>,
}

/// The server that holds the copy.
struct Node {
    url: String,
    version: String,
}

impl Yardstick {
    /// Copies the counters and the window of a warm item, with `units` to sell, and makes Redis
    /// know the script.
    ///
    /// # Errors
    /// When Redis does not answer, or the item is not warm.
    pub async fn of(redis: &Redis, item_id: ItemId, units: i64) -> Result<Yardstick, PortError> {
        let mut read = redis::cmd("HGETALL");
        read.arg(Segment::new(item_id, 0).key(redis, "item"));
        let fields: BTreeMap<String, String> = redis.ask(&read).await?;
        let field = |name| fields.get(name).cloned().unwrap_or_default();

        let copy = ItemId(Uuid::now_v7());
        let keys = Segment::new(copy, 0).keys(redis, ["item", "holders", "positions", "outbox"]);
        let yardstick = Yardstick {
            node: node_of(redis, &keys[0]).await?,
            redis: redis.clone(),
            item_id: copy,
            keys,
            epoch: field("epoch"),
            segments: field("segments"),
        };
        let mut write = redis::cmd("HSET");
        write.arg(&yardstick.keys[0]);
        for (name, value) in &fields {
            write.arg(name).arg(value);
        }
        redis.ask::<i64>(&write).await?;
        // Another epoch than the item's: known to Redis afterwards, and nothing decided.
        let nothing = [""; 9].map(Arg::Text);
        redis
            .run::<(String, String)>(&scripts::RESERVE, &yardstick.keys, &nothing)
            .await?;
        yardstick.offer(units).await?;
        Ok(yardstick)
    }

    /// The server that a program must talk to; `None` when none of the nodes we were told of has
    /// the copy. May hold a password.
    pub fn url(&self) -> Option<&str> {
        self.node.as_ref().map(|node| node.url.as_str())
    }

    /// The version of that server.
    pub fn version(&self) -> Option<&str> {
        self.node.as_ref().map(|node| node.version.as_str())
    }

    /// The command in `redis-benchmark`'s words: each call is another buyer's, with names as long as
    /// real ones. Runs draw their numbers from their process's id and the second, so that two of
    /// them may draw the same ones: `run` keeps their buyers apart.
    pub fn command(&self, run: u16) -> Vec<String> {
        let id = |kind: &str| format!("{kind}{run:04x}-0000-7000-8000-{ANY}");
        let mut words = vec![
            "evalsha".to_owned(),
            scripts::RESERVE.get_hash().to_owned(),
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
            format!("0003{run:04x}000070008000{ANY}"),
            KEEP_MS.to_string(),
        ]);
        words
    }

    /// Sets how many units there are to sell.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn offer(&self, units: i64) -> Result<(), PortError> {
        let mut write = redis::cmd("HSET");
        write.arg(&self.keys[0]).arg("sellable").arg(units);
        self.redis.ask::<i64>(&write).await.map(drop)
    }

    /// How many units were held so far.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn held(&self) -> Result<u64, PortError> {
        let mut read = redis::cmd("HGET");
        read.arg(&self.keys[0]).arg("locked");
        self.redis.ask(&read).await
    }

    /// Removes the copy.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn remove(&self) -> Result<(), PortError> {
        let mut remove = redis::cmd("UNLINK");
        remove.arg(&self.keys);
        self.redis.ask::<i64>(&remove).await.map(drop)
    }
}

/// Which of the servers that we were told of has this key.
async fn node_of(redis: &Redis, key: &str) -> Result<Option<Node>, PortError> {
    for url in redis.urls() {
        let client = Client::open(url.as_str()).map_err(port_error)?;
        let link = client.get_multiplexed_async_connection().await;
        let mut link = link.map_err(port_error)?;
        let mut exists = redis::cmd("EXISTS");
        match exists.arg(key).query_async::<i64>(&mut link).await {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::Moved) => continue,
            Err(error) => return Err(port_error(error)),
        }
        let mut info = redis::cmd("INFO");
        let info: String = info
            .arg("server")
            .query_async(&mut link)
            .await
            .map_err(port_error)?;
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
