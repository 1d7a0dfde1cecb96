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

use super::{
    PORT, Redis,
    request::Request,
    servers::{Servers, place_of},
};
use crate::{chain::Chain, engine::ports::PortError};

/// Pause between two reads of the slots, after one that changed something…
const READ_AGAIN: Duration = Duration::from_millis(100);
/// …and the longest one, while nothing changes.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// Of a Redis Cluster.
const SLOTS: u16 = 16_384;
/// No place in a list of masters.
const UNKNOWN: u16 = u16::MAX;

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
    next_read: Mutex<NextRead>,
    /// One reads the slots at a time.
    reading: AtomicBool,
}

#[derive(Clone, Default)]
struct State {
    /// By host and port: the masters, and the nodes in the settings.
    nodes: HashMap<String, Redis>,
    /// Host and port of each master, and its connection.
    masters: Vec<(String, Redis)>,
    /// The place in `masters` of each slot's master, or [`UNKNOWN`]. Empty before the first read.
    by_slot: Vec<u16>,
}

/// When the slots may be read again.
struct NextRead {
    at: Instant,
    /// The pause after the last read.
    pause: Duration,
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
            next_read: Mutex::new(NextRead {
                at: Instant::now(),
                pause: READ_AGAIN,
            }),
            reading: AtomicBool::new(false),
        }))
    }

    /// The master of a key's slot, if it is known.
    pub(super) fn of_key(&self, key: &[u8]) -> Option<Redis> {
        let slot = usize::from(*NUMBERS.get(&Slot::for_key(key))?);
        let master = self.0.state().master_of(slot);
        if master.is_none() {
            self.read_soon();
        }
        master
    }

    /// All masters, those first whose last call was answered. Empty before the first read.
    pub(super) fn all(&self) -> Vec<Redis> {
        let masters = self.0.state().masters.clone();
        let mut masters: Vec<_> = masters.into_iter().map(|(_, master)| master).collect();
        if masters.is_empty() {
            self.read_soon();
        }
        masters.sort_by_key(|master| !master.answers());
        masters
    }

    /// Reads the slots again, in the background: a master did not answer, or has lost a slot.
    pub(super) fn read_soon(&self) {
        let is_early = Instant::now() < self.0.next_read().at;
        if is_early || self.0.reading.swap(true, Ordering::Relaxed) {
            return;
        }
        let shared = Arc::clone(&self.0);
        tokio::spawn(async move {
            let _reading = Reading(&shared.reading);
            let changed = shared.read().await;
            let mut next = shared.next_read();
            next.pause = match changed {
                true => READ_AGAIN,
                false => (next.pause * 2).min(LONGEST_PAUSE),
            };
            next.at = Instant::now() + next.pause;
        });
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_read(&self) -> MutexGuard<'_, NextRead> {
        self.next_read
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks all known nodes. Slots of which none tells keep the master that they had. Returns whether a slot
    /// has another one.
    async fn read(&self) -> bool {
        let mut state = self.state().clone();
        let in_settings = self.servers.urls.iter().filter_map(|url| place_of(url));
        let in_settings: Vec<_> = in_settings.collect();
        for place in &in_settings {
            self.servers.add_node(&mut state.nodes, place);
        }
        let mut ask = redis::pipe();
        ask.cmd("CLUSTER").arg("SLOTS").cmd("CLUSTER").arg("NODES");
        let asked = state.nodes.iter().map(async |(place, node)| {
            let answer = node.answer(&Request::Pipeline(&ask)).await;
            let claims = answer.map_err(PortError::from).and_then(|(slots, nodes)| {
                claims(place, slots, nodes).map_err(|error| PortError::failed(PORT, error))
            });
            claims.unwrap_or_else(|error| {
                tracing::debug!(node = place, error = %Chain(&error), "a node of the Redis Cluster does not tell its slots");
                Vec::new()
            })
        });
        let claims: Vec<Claim> = join_all(asked).await.into_iter().flatten().collect();
        let changed = state.apply(claims, |nodes, place| self.servers.add_node(nodes, place));
        let State { nodes, masters, .. } = &mut state;
        nodes.retain(|place, _| {
            in_settings.contains(place) || masters.iter().any(|(master, _)| master == place)
        });
        // The old connections are dropped after the lock.
        let _old = std::mem::replace(&mut *self.state(), state);
        changed
    }
}

impl State {
    fn master_of(&self, slot: usize) -> Option<Redis> {
        let number = *self.by_slot.get(slot)?;
        let (_, master) = self.masters.get(usize::from(number))?;
        Some(master.clone())
    }

    /// Gives slots to the masters that claim them. Returns whether a slot has another master than before.
    fn apply(
        &mut self,
        mut claims: Vec<Claim>,
        add_node: impl Fn(&mut HashMap<String, Redis>, &str) -> Option<Redis>,
    ) -> bool {
        // A master with a higher epoch takes the slot of one with a lower one.
        claims.sort_by(|one, other| (one.epoch, &one.master).cmp(&(other.epoch, &other.master)));
        let before = self.by_slot.clone();
        self.by_slot.resize(usize::from(SLOTS), UNKNOWN);
        for Claim { slots, master, .. } in claims {
            let known = self.masters.iter().position(|(place, _)| *place == master);
            let number = known.unwrap_or(self.masters.len());
            if known.is_none() {
                let Some(node) = add_node(&mut self.nodes, &master) else {
                    continue;
                };
                self.masters.push((master, node));
            }
            self.by_slot[slots].fill(number as u16);
        }
        let changed = self.by_slot != before;
        self.remove_masters_without_slots();
        changed
    }

    fn remove_masters_without_slots(&mut self) {
        for number in (0..self.masters.len()).rev() {
            if self.by_slot.contains(&(number as u16)) {
                continue;
            }
            self.masters.remove(number);
            for slot in &mut self.by_slot {
                if *slot != UNKNOWN && usize::from(*slot) > number {
                    *slot -= 1;
                }
            }
        }
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
mod tests;
