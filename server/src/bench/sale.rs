//! The measured sale: a separate round with one item, and clients that exist only in it.

use std::ops::Range;

use app::wire::{AccountId, ItemId, LocalText, Money, ProductId, ReservationId, RoundId};
use uuid::Uuid;

use crate::{
    adapters::system::SystemIds,
    engine::ports::{Ids, NewItem, NewRound, ReserveRequest, Unit, Window},
};

/// The round's length and the time to pay: longer than any measurement.
const OPEN_S: u32 = 3600;
/// It began this long ago, so that it is open by every server's clock.
const BEGAN_MS: i64 = 60_000;
/// An odd factor: different numbers give different products in another order, as real buyers do not
/// come in the order of their accounts.
const SCATTER: u32 = 2_654_435_761;

/// The round, and its clients. A client is only a number: nothing is stored about it.
pub struct Sale {
    pub round_id: RoundId,
    pub item_id: ItemId,
    /// Units, and as many clients that get one; later ones are refused.
    pub stock: u32,
    window: Window,
    /// The first 96 bits of every id.
    reservations: u128,
    buyers: u128,
}

impl Sale {
    pub fn new(stock: u32, now_ms: i64) -> Sale {
        let starts_at_ms = now_ms - BEGAN_MS;
        // The last 32 bits are the client's number.
        let prefix = || SystemIds.id().as_u128() & !u128::from(u32::MAX);
        Sale {
            round_id: RoundId(SystemIds.id()),
            item_id: ItemId(SystemIds.id()),
            stock,
            window: Window {
                starts_at_ms,
                ends_at_ms: starts_at_ms + i64::from(OPEN_S) * 1000,
                stopped: false,
            },
            reservations: prefix(),
            buyers: prefix(),
        }
    }

    pub fn window(&self) -> Window {
        self.window
    }

    pub fn round(&self) -> NewRound {
        let text = |zh: &str, en: &str| LocalText {
            zh: zh.to_owned(),
            en: en.to_owned(),
        };
        NewRound {
            round_id: self.round_id,
            title: text("测速场（bench）", "Bench round"),
            starts_at_ms: self.window.starts_at_ms,
            ends_at_ms: self.window.ends_at_ms,
            stopped: None,
            pay_window_s: Some(OPEN_S),
            items: vec![NewItem {
                item_id: self.item_id,
                product_id: ProductId(SystemIds.id()),
                title: text("测速商品（bench）", "Bench item"),
                description: text("由 server bench 创建。", "Made by server bench."),
                picture_url: "/products/placeholder.svg".to_owned(),
                list_price: Money(19_900),
                sale_price: Money(9_900),
                stock: self.stock,
                segments: 1,
            }],
        }
    }

    pub fn request(&self, client: u32) -> ReserveRequest {
        let unit = self.unit(client);
        ReserveRequest {
            unit,
            // As long as a real one.
            path: unit.reservation_id.0.simple().to_string(),
            asked_before: false,
        }
    }

    fn unit(&self, client: u32) -> Unit {
        let account = self.buyers | u128::from(client.wrapping_mul(SCATTER));
        let reservation = self.reservations | u128::from(client);
        Unit {
            item_id: self.item_id,
            buyer: AccountId(Uuid::from_u128(account)),
            reservation_id: ReservationId(Uuid::from_u128(reservation)),
        }
    }

    pub fn units(&self, clients: Range<u32>) -> impl Iterator<Item = Unit> {
        clients.map(|client| self.unit(client))
    }
}
