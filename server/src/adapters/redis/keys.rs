//! The names of all keys and channels in Redis. They begin with the namespace and a colon.
//!
//! | name | what it is |
//! |---|---|
//! | `{<segment>}:item` | hash: the counters and the window of a segment |
//! | `{<segment>}:holders` | hash by buyer: holders of units, see [`holder_record`](super::gate) |
//! | `{<segment>}:positions` | hash by reservation: its position, also after its unit was released |
//! | `{<segment>}:outbox` | stream: entries that are not in the queue yet |
//! | `{<segment>}:transfers`, `:received` | hashes by transfer: units on their way to and from other segments |
//! | `{<segment>}:late` | hash by reservation: releases and payments that came while the segment was closed |
//! | `{<segment>}:fill:<epoch>:…` | holders and positions staged for a load |
//! | `{<item>}:filling` | the lock of an item's load |
//! | `{<item>}:under-way` | hash: since when nothing of an item has been under way |
//! | `in-flight`, `{in-flight-3}:in-flight`, `{in-flight-58}:in-flight` | hashes by instance: its queue entries in flight; three copies |
//! | `items`, `{in-flight-3}:items`, `{in-flight-58}:items` | sorted sets: the segments whose outboxes relays read, by the end of their window; three copies |
//! | `results:<buyer>` | hash by reservation: results of the buyer's latest ones, for polling |
//! | `{<segment>}:path:<buyer>` | a buyer's hidden path, see the prelude |
//! | `{<segment>}:limit:<buyer>` | a buyer's use of the limit of purchases |
//! | `captcha:…`, `captcha-of:…`, `captcha-spelt:…` | questions |
//! | `limit:<kind>:<caller>` | a caller's use of another limit |
//! | `login:{<hash>}`, `:fresh`, `:out` | a log-in, a mark that it is fresh, a mark that it ended |
//! | `clock` | never written; selects the node of a Redis Cluster whose time is used |
//! | `{counts}:<instance>`, `{counts}:instances` | an instance's counts of a sale; sorted set: when each instance last wrote them |
//! | `returns`, `wake`, `catalogue` | channels: a unit came back, there is work, the catalogue changed |

use app::wire::AccountId;
use uuid::Uuid;

use super::Redis;

/// Keys of a segment, see [`Segment::key`](super::segment::Segment::key).
pub const ITEM: &str = "item";
pub const HOLDERS: &str = "holders";
pub const POSITIONS: &str = "positions";
pub const OUTBOX: &str = "outbox";
pub const TRANSFERS: &str = "transfers";
pub const RECEIVED: &str = "received";
pub const LATE: &str = "late";
/// A buyer's path, also a key of a segment.
pub fn path(buyer: AccountId) -> String {
    format!("path:{buyer}")
}

/// A buyer's use of the limit of purchases, also a key of a segment.
pub fn purchase_limit(buyer: AccountId) -> String {
    format!("limit:{buyer}")
}

/// Keys of an item, with the tag of its first segment.
pub const LOAD_LOCK: &str = "filling";
pub const UNDER_WAY: &str = "under-way";

/// Channel: a unit came back. Message: the item, a space, the number of its last return.
pub const RETURNS: &str = "returns";
/// Channel: there is work. Message: the job, a space, the instance that sent it.
pub const WAKE: &str = "wake";
/// Channel: the catalogue changed. Message: the changed items, separated by spaces.
pub const CATALOGUE: &str = "catalogue";

/// Holders and positions that are staged to be loaded with `epoch`.
pub fn staged(epoch: &str) -> [String; 2] {
    [HOLDERS, POSITIONS].map(|name| format!("fill:{epoch}:{name}"))
}

/// How many copies there are of what must outlive one master.
pub const COPIES: usize = 3;

/// Keys with the same content. In a Redis Cluster with several masters, the slots of the last two (13543 and
/// 3114 of 16384) are on different ones, so that one failed master does not take them all.
fn copies(redis: &Redis, name: &str) -> [String; COPIES] {
    ["", "{in-flight-3}:", "{in-flight-58}:"].map(|tag| redis.key(&format!("{tag}{name}")))
}

/// The segments whose outboxes relays read.
pub fn outboxes(redis: &Redis) -> [String; COPIES] {
    copies(redis, "items")
}

/// The entries that instances have in flight between the queue and the ledger.
pub fn in_flight(redis: &Redis) -> [String; COPIES] {
    copies(redis, "in-flight")
}

/// The results of a buyer's latest reservations, for polling.
pub fn results(redis: &Redis, buyer: AccountId) -> String {
    redis.key(&format!("results:{buyer}"))
}

/// When each instance last wrote its counts. Same tag as those: both are written together.
pub fn instances(redis: &Redis) -> String {
    redis.key("{counts}:instances")
}

/// The counts of an instance, under the tag of `instances`.
pub fn counts_of(redis: &Redis, instance_id: Uuid) -> String {
    redis.key(&format!("{{counts}}:{instance_id}"))
}
