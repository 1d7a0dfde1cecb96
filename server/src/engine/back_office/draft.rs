//! Rounds as operators write them. Ids are derived from their keys, so that a repeat gives the same
//! round.

use app::wire::{ItemDraft, ItemId, Key, ProductId, RoundDraft, RoundId};
use sha2::{Digest as _, Sha256};
use uuid::{Builder, Uuid};

use crate::engine::ports::{NewItem, NewRound};

/// The id of the round with this key.
pub fn round_id(key: &Key) -> RoundId {
    RoundId(id("round", key))
}

/// Makes a round from a draft.
pub fn to_round(draft: RoundDraft) -> NewRound {
    let round_id = round_id(&draft.key);
    let item = |item: ItemDraft| {
        let product_id = ProductId(id("product", &item.product));
        NewItem {
            item_id: ItemId(hashed("item", &format!("{round_id} {product_id}"))),
            product_id,
            title: item.title,
            description: item.description,
            picture_url: item.picture_url,
            list_price: item.list_price,
            sale_price: item.sale_price,
            stock: item.stock,
            segments: item.segments,
        }
    };
    NewRound {
        round_id,
        title: draft.title,
        starts_at_ms: draft.starts_at_ms,
        ends_at_ms: draft.ends_at_ms,
        stopped: None,
        pay_window_s: draft.pay_window_s,
        items: draft.items.into_iter().map(item).collect(),
    }
}

/// Makes a draft from a round, with ids as keys. Leaves out whether it is stopped.
pub fn of_round(round: &NewRound) -> RoundDraft {
    let item = |item: &NewItem| ItemDraft {
        product: Key::of_id(item.product_id.0),
        title: item.title.clone(),
        description: item.description.clone(),
        picture_url: item.picture_url.clone(),
        list_price: item.list_price,
        sale_price: item.sale_price,
        stock: item.stock,
        segments: item.segments,
    };
    RoundDraft {
        key: Key::of_id(round.round_id.0),
        title: round.title.clone(),
        starts_at_ms: round.starts_at_ms,
        ends_at_ms: round.ends_at_ms,
        pay_window_s: round.pay_window_s,
        items: round.items.iter().map(item).collect(),
    }
}

/// A key that is an id stands for itself.
fn id(kind: &str, key: &Key) -> Uuid {
    key.id().unwrap_or_else(|| hashed(kind, key.as_str()))
}

/// A version 8 id (RFC 9562) made from a hash.
fn hashed(kind: &str, name: &str) -> Uuid {
    let hash = Sha256::digest(format!("{kind} {name}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use app::wire::{LocalText, Money};

    use super::*;

    fn draft(round: &str, product: &str) -> RoundDraft {
        let both = |text: &str| LocalText {
            zh: text.to_owned(),
            en: text.to_owned(),
        };
        let item = ItemDraft {
            product: product.parse().unwrap(),
            title: both("Lamp"),
            description: both("Shines."),
            picture_url: "/products/lamp.svg".to_owned(),
            list_price: Money(2),
            sale_price: Money(1),
            stock: 5,
            segments: 2,
        };
        RoundDraft {
            key: round.parse().unwrap(),
            title: both("Noon"),
            starts_at_ms: 1,
            ends_at_ms: 2,
            pay_window_s: Some(60),
            items: vec![item],
        }
    }

    #[test]
    fn the_same_keys_give_the_same_ids() {
        let round = to_round(draft("noon", "lamp"));
        assert_eq!(to_round(draft("noon", "lamp")), round);
        let other_day = to_round(draft("evening", "lamp"));
        assert_ne!(other_day.round_id, round.round_id);
        assert_ne!(other_day.items[0].item_id, round.items[0].item_id);
        assert_eq!(other_day.items[0].product_id, round.items[0].product_id);
        let same_word = to_round(draft("lamp", "lamp"));
        assert_ne!(same_word.round_id.0, same_word.items[0].product_id.0);
    }

    #[test]
    fn a_round_that_is_written_and_read_again_is_the_same() {
        let round = to_round(draft("noon", "lamp"));
        assert_eq!(to_round(of_round(&round)), round);
    }
}
