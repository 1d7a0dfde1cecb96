//! Segments: the parts of an item's stock. All keys of a segment have one hash tag, so that one
//! script can use them; different segments may be on different nodes of a Redis Cluster.

use app::wire::{AccountId, ItemId};

use super::Redis;

/// Most segments an item can have.
pub const MAX_SEGMENTS: u8 = 64;

/// One part of an item's stock.
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

    /// Its hash tag, which is unique among all segments.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// One of its keys, by a name of [`keys`](super::keys).
    pub fn key(&self, redis: &Redis, name: &str) -> String {
        redis.key(&format!("{{{}}}:{name}", self.tag))
    }

    /// Several of its keys.
    pub fn keys<const N: usize>(&self, redis: &Redis, names: [&str; N]) -> [String; N] {
        names.map(|name| self.key(redis, name))
    }
}

/// The segment of a buyer's reservation: always the same one of `segments` (FNV-1a).
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

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn buyers_are_spread_over_all_segments_and_keep_their_segment() {
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
