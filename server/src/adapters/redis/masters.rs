//! A connection to each master of a Redis Cluster. The library's cluster client refreshes its slots under a
//! lock that all calls need, and tries to connect to failed nodes meanwhile, so that calls to the other
//! masters wait. Here each master is one Redis, with a circuit breaker of its own. The library's client does
//! the rest: redirects, and calls with keys of several slots.

use std::{
    collections::HashMap,
    ops::Range,
    sync::{
        Arc, LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures::future::join_all;
use redis::{RedisResult, Value, cluster_routing::Slot};
use url::Url;

use super::{PORT, Redis, request::Request, servers::Servers};
use crate::{chain::Chain, engine::ports::PortError};

/// Shortest time between two reads of the slots.
const READ_AGAIN: Duration = Duration::from_millis(100);
/// Of a Redis Cluster.
const SLOTS: u16 = 16_384;
const DEFAULT_PORT: u16 = 6379;

/// The number of each slot, which the library computes and does not show.
static NUMBERS: LazyLock<HashMap<Slot, u16>> = LazyLock::new(|| {
    (0..SLOTS)
        .filter_map(|n| Some((Slot::new(n)?, n)))
        .collect()
});

/// The masters by slot. Clones share them.
#[derive(Clone)]
pub(super) struct Masters(Arc<Shared>);

struct Shared {
    servers: Arc<Servers>,
    state: Mutex<State>,
    /// One reads the slots at a time.
    reading: AtomicBool,
}

#[derive(Default)]
struct State {
    /// By host and port: the masters, and the nodes in the settings.
    nodes: HashMap<String, Redis>,
    /// The master of each slot, by the slot's number.
    by_slot: Vec<Option<Redis>>,
    read_at: Option<Instant>,
}

/// A node's statement about a range of slots.
struct Claim {
    slots: Range<usize>,
    /// Host and port of the master.
    master: String,
    /// Its configuration epoch: of two masters that claim a slot, the one with the higher epoch has it.
    epoch: u64,
}

/// While one reads the slots.
struct Reading<'a>(&'a AtomicBool);

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Masters {
    pub(super) fn new(servers: Arc<Servers>) -> Masters {
        Masters(Arc::new(Shared {
            servers,
            state: Mutex::default(),
            reading: AtomicBool::new(false),
        }))
    }

    /// The master of a key's slot, if it is known.
    pub(super) fn of_key(&self, key: &[u8]) -> Option<Redis> {
        let slot = usize::from(*NUMBERS.get(&Slot::for_key(key))?);
        let master = self.0.state().by_slot.get(slot).cloned().flatten();
        if master.is_none() {
            self.read_soon();
        }
        master
    }

    /// Any node whose last call was answered.
    pub(super) fn any(&self) -> Option<Redis> {
        let any = self
            .0
            .state()
            .nodes
            .values()
            .find(|node| node.answers())
            .cloned();
        if any.is_none() {
            self.read_soon();
        }
        any
    }

    /// Reads the slots again, in the background: a master did not answer, or has lost a slot.
    pub(super) fn read_soon(&self) {
        let is_fresh = |at: Instant| at.elapsed() < READ_AGAIN;
        if self.0.state().read_at.is_some_and(is_fresh)
            || self.0.reading.swap(true, Ordering::Relaxed)
        {
            return;
        }
        let shared = Arc::clone(&self.0);
        tokio::spawn(async move {
            let _reading = Reading(&shared.reading);
            shared.read().await;
        });
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks all known nodes. Slots of which none tells keep the master that they had.
    async fn read(&self) {
        let mut nodes = self.state().nodes.clone();
        for url in &self.servers.urls {
            if let Some(place) = place_of(url) {
                self.servers.add_node(&mut nodes, &place);
            }
        }
        let mut ask = redis::pipe();
        ask.cmd("CLUSTER").arg("SLOTS").cmd("CLUSTER").arg("NODES");
        let asked = nodes.iter().map(async |(place, node)| {
            let answer = node.answer(&Request::Pipeline(&ask)).await;
            let claims = answer.map_err(PortError::from).and_then(|(slots, nodes)| {
                claims(place, slots, nodes).map_err(|error| PortError::failed(PORT, error))
            });
            claims.unwrap_or_else(|error| {
                tracing::debug!(node = place, error = %Chain(&error), "a node of the Redis Cluster does not tell its slots");
                Vec::new()
            })
        });
        let mut claims: Vec<Claim> = join_all(asked).await.into_iter().flatten().collect();
        // A master with a higher epoch takes the slot of one with a lower one.
        claims.sort_by_key(|claim| claim.epoch);
        let mut by_slot = self.state().by_slot.clone();
        by_slot.resize(usize::from(SLOTS), None);
        for claim in &claims {
            let node = self.servers.add_node(&mut nodes, &claim.master);
            by_slot[claim.slots.clone()].fill(node);
        }
        let is_in_settings = |place: &str| {
            let mut places = self.servers.urls.iter().filter_map(|url| place_of(url));
            places.any(|known| known == place)
        };
        let is_master = |place: &str| claims.iter().any(|claim| claim.master == place);
        nodes.retain(|place, _| is_in_settings(place) || is_master(place));
        let mut state = self.state();
        state.nodes = nodes;
        state.by_slot = by_slot;
        state.read_at = Some(Instant::now());
    }
}

impl Servers {
    /// The node at a host and port, added if it is new; `None` if that is no address.
    fn add_node(&self, nodes: &mut HashMap<String, Redis>, place: &str) -> Option<Redis> {
        if let Some(node) = nodes.get(place) {
            return Some(node.clone());
        }
        let node = Redis::node(self.of_node(place)?).ok()?;
        nodes.insert(place.to_owned(), node.clone());
        Some(node)
    }

    /// A node with the scheme, user and password of the first address in the settings.
    fn of_node(&self, place: &str) -> Option<Servers> {
        let mut url = Url::parse(self.urls.first()?).ok()?;
        let (host, port) = place.rsplit_once(':')?;
        url.set_host(Some(host)).ok()?;
        url.set_port(port.parse().ok()).ok()?;
        Some(self.with_urls(vec![url.into()]))
    }
}

/// Host and port of an address.
fn place_of(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    Some(format!(
        "{}:{}",
        url.host_str()?,
        url.port().unwrap_or(DEFAULT_PORT)
    ))
}

/// Reads the answers of the node at `asked` to `CLUSTER SLOTS` and `CLUSTER NODES`. Only the first has the
/// addresses for clients, and only the second has the epochs.
fn claims(asked: &str, slots: Vec<Vec<Value>>, nodes: String) -> RedisResult<Vec<Claim>> {
    let epochs: HashMap<&str, u64> = nodes
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(' ');
            let id = fields.next()?;
            // Between: address, flags, its master, ping sent, pong received.
            Some((id, fields.nth(5)?.parse().ok()?))
        })
        .collect();
    let mut claims = Vec::with_capacity(slots.len());
    for range in slots {
        let mut fields = range.into_iter();
        let mut next = || fields.next().unwrap_or(Value::Nil);
        let first: u16 = redis::from_redis_value(next())?;
        let last: u16 = redis::from_redis_value(next())?;
        let mut fields = redis::from_redis_value::<Vec<Value>>(next())?.into_iter();
        let mut next = || fields.next().unwrap_or(Value::Nil);
        let host: Option<String> = redis::from_redis_value(next())?;
        let port: u16 = redis::from_redis_value(next())?;
        let id: String = redis::from_redis_value(next())?;
        let asked_host = asked.rsplit_once(':').map_or(asked, |(host, _)| host);
        let host = match host.as_deref() {
            // The node does not know that master's host.
            Some("?") => continue,
            // Its own, which it does not know.
            None | Some("" | "0.0.0.0" | "::") => asked_host.to_owned(),
            Some(host) if host.contains(':') => format!("[{host}]"),
            Some(host) => host.to_owned(),
        };
        claims.push(Claim {
            slots: usize::from(first)..usize::from(last.min(SLOTS - 1)) + 1,
            master: format!("{host}:{port}"),
            epoch: epochs.get(&*id).copied().unwrap_or(0),
        });
    }
    claims.retain(|claim| !claim.slots.is_empty());
    Ok(claims)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(first: i64, last: i64, host: Value, port: i64, id: &str) -> Vec<Value> {
        let id = Value::BulkString(id.into());
        let master = vec![host, Value::Int(port), id, Value::Array(Vec::new())];
        vec![Value::Int(first), Value::Int(last), Value::Array(master)]
    }

    fn text(text: &str) -> Value {
        Value::BulkString(text.into())
    }

    #[test]
    fn a_node_tells_masters_with_their_slots_and_epochs() {
        let slots = vec![
            range(0, 5460, text("10.0.0.2"), 7001, "a"),
            range(5461, 5461, Value::Nil, 7002, "b"),
            range(5462, 9000, text("?"), 7003, "c"),
            range(9001, 99_99, text("2001:db8::1"), 7004, "d"),
        ];
        let nodes = "a 10.0.0.2:7001@17001,name myself,master - 0 1 12 connected 0-5460\n\
                     b :7002@17002 master - 0 1 3 connected 5461\n"
            .to_owned();
        let claims = claims("redis.example:6379", slots, nodes).unwrap();
        let claims: Vec<_> = claims
            .iter()
            .map(|claim| (claim.slots.clone(), claim.master.as_str(), claim.epoch))
            .collect();
        assert_eq!(
            claims,
            [
                (0..5461, "10.0.0.2:7001", 12),
                (5461..5462, "redis.example:7002", 3),
                (9001..10_000, "[2001:db8::1]:7004", 0),
            ]
        );
    }

    #[test]
    fn an_answer_of_another_form_is_an_error() {
        for slots in [vec![vec![]], vec![vec![Value::Int(0), Value::Int(1)]]] {
            assert!(claims("127.0.0.1:6379", slots, String::new()).is_err());
        }
    }

    #[test]
    fn a_node_has_the_scheme_and_the_password_of_the_settings() {
        let urls = vec!["rediss://shop:secret@gate.example/".to_owned()];
        let servers = Servers::new(urls, None);
        let node = servers.of_node("[2001:db8::1]:7004").unwrap();
        assert_eq!(node.urls, ["rediss://shop:secret@[2001:db8::1]:7004/"]);
        assert_eq!(place_of(&servers.urls[0]).unwrap(), "gate.example:6379");
    }
}
