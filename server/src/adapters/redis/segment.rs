//! Segments: the pieces of an item's stock. All keys of a segment carry one hash tag, so that one
//! script may touch them all; different segments may live on different nodes of a Redis Cluster.

use app::wire::{AccountId, ItemId};

use super::Redis;

/// Most segments an item can have.
pub const MOST: u8 = 64;

/// One piece of an item's stock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    tag: String,
}

impl Segment {
    /// The `number`th segment of an item, from 0.
    pub fn new(item_id: ItemId, number: u8) -> Self {
        let tag = match number {
            0 => item_id.to_string(),
            number => format!("{item_id}/{number}"),
        };
        Self { tag }
    }

    /// The segment with this tag.
    pub fn tagged(tag: &str) -> Self {
        Self {
            tag: tag.to_owned(),
        }
    }

    /// What names it among all segments.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// The name of one of its keys.
    pub fn key(&self, redis: &Redis, what: &str) -> String {
        redis.key(&format!("{{{}}}:{what}", self.tag))
    }

    /// The names of some of its keys.
    pub fn keys<const N: usize>(&self, redis: &Redis, what: [&str; N]) -> [String; N] {
        what.map(|what| self.key(redis, what))
    }
}

/// Where a buyer's reservation of an item is: always in the same of `segments` segments (FNV-1a).
pub fn of_buyer(buyer: AccountId, segments: u8) -> u8 {
    let hash = buyer
        .0
        .as_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    (hash % u64::from(segments.max(1))) as u8
}

/// The key of the list of outboxes: a sorted set of tags by the end of their item's window.
pub fn outboxes(redis: &Redis) -> String {
    redis.key("items")
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn buyers_are_spread_over_all_segments_and_stay_where_they_are() {
        for segments in [1, 3, 64] {
            let mut buyers = vec![0; usize::from(segments)];
            for number in 0..10_000 {
                let buyer = AccountId(Uuid::from_u128(number));
                buyers[usize::from(of_buyer(buyer, segments))] += 1;
            }
            let fair = 10_000 / i32::from(segments);
            assert!(
                buyers
                    .iter()
                    .all(|&count| (fair / 2..=fair * 2).contains(&count)),
                "{buyers:?}"
            );
        }
        let buyer = AccountId(Uuid::from_u128(7));
        assert_eq!(of_buyer(buyer, 5), of_buyer(buyer, 5));
    }
}
