//! Checks whether a round can be sold as written.

use std::collections::HashSet;

use app::wire::{LocalText, Money, turns_text};

use crate::engine::ports::{NewItem, NewRound};

/// What is wrong with a round, and in which of its items, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {reason}", self.field())]
pub struct InvalidRound {
    pub item: Option<usize>,
    pub reason: Reason,
}

impl InvalidRound {
    /// The wire name of the wrong field, such as `title` or `items[1].stock`.
    pub fn field(self) -> String {
        let field = self.reason.field();
        match self.item {
            Some(item) => format!("items[{item}].{field}"),
            None => field.to_owned(),
        }
    }
}

impl From<Reason> for InvalidRound {
    fn from(reason: Reason) -> Self {
        Self { item: None, reason }
    }
}

/// The problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    #[error(
        "a title has 1 to {MAX_TITLE} characters in both languages, no control characters and nothing \
         that turns the direction of the text"
    )]
    Title,
    #[error(
        "a description has at most {MAX_DESCRIPTION} characters, one in Chinese at least, and no \
         control characters but line ends"
    )]
    Description,
    #[error(
        "a picture is a file of the shop: a path of at most {MAX_TITLE} letters, digits and / - _ ."
    )]
    Picture,
    #[error("a round ends after it starts, at an instant between 1970 and the year 5138")]
    Window,
    #[error("a round that is over sells nothing")]
    Over,
    #[error("there are 1 to {MAX_PAY_WINDOW_S} seconds to pay")]
    PayWindow,
    #[error("a round has 1 to {MAX_ITEMS} items")]
    Items,
    #[error("a round has a product once")]
    Twice,
    #[error("the shop has this product with another title, description, picture or list price")]
    OtherProduct,
    #[error("there is another round with this key")]
    OtherRound,
    #[error("the price in the round is at least 1 fen, and not above the list price")]
    SalePrice,
    #[error("the list price is at most {MAX_PRICE} fen")]
    ListPrice,
    #[error("an item has 1 to {MAX_STOCK} units")]
    Stock,
    #[error("a stock is split into 1 to {MAX_SEGMENTS} segments")]
    Segments,
}

impl Reason {
    fn field(self) -> &'static str {
        match self {
            Reason::Title => "title",
            Reason::Description => "description",
            Reason::Picture => "picture_url",
            Reason::Window | Reason::Over => "ends_at_ms",
            Reason::PayWindow => "pay_window_s",
            Reason::Items => "items",
            Reason::Twice | Reason::OtherProduct => "product",
            Reason::OtherRound => "key",
            Reason::SalePrice => "sale_price",
            Reason::ListPrice => "list_price",
            Reason::Stock => "stock",
            Reason::Segments => "segments",
        }
    }
}

/// Most characters of a title and of a picture's address: what the ledger's columns hold.
const MAX_TITLE: usize = 200;
/// Most characters of a description: what the ledger's column holds.
const MAX_DESCRIPTION: usize = 2_000;
/// Most items: as many as a page shows without delay.
const MAX_ITEMS: usize = 100;
/// Most units of an item.
const MAX_STOCK: u32 = 10_000_000;
/// Most segments that a cluster's gate splits a stock into.
const MAX_SEGMENTS: u8 = 64;
/// A billion yuan: keeps sums of orders far below the limit of a 64-bit number.
const MAX_PRICE: i64 = 100_000_000_000;
/// Three weeks.
const MAX_PAY_WINDOW_S: u32 = 2_000_000;
/// The year 5138: a later instant was probably written in microseconds.
const MAX_INSTANT_MS: i64 = 100_000_000_000_000;

/// Checks everything that needs no access to the shop's data.
///
/// # Errors
/// The first problem found.
pub fn check(round: &NewRound) -> Result<(), InvalidRound> {
    let instants = 0..=MAX_INSTANT_MS;
    let pay_window_s = round.pay_window_s.unwrap_or(MAX_PAY_WINDOW_S);
    demand(is_title(&round.title), Reason::Title)?;
    demand(round.stopped.as_ref().is_none_or(is_title), Reason::Title)?;
    demand(
        round.starts_at_ms < round.ends_at_ms
            && instants.contains(&round.starts_at_ms)
            && instants.contains(&round.ends_at_ms),
        Reason::Window,
    )?;
    demand(
        (1..=MAX_PAY_WINDOW_S).contains(&pay_window_s),
        Reason::PayWindow,
    )?;
    demand((1..=MAX_ITEMS).contains(&round.items.len()), Reason::Items)?;
    let mut products = HashSet::new();
    for (index, item) in round.items.iter().enumerate() {
        let is_new = products.insert(item.product_id);
        demand(is_new, Reason::Twice)
            .and_then(|()| check_item(item))
            .map_err(|reason| InvalidRound {
                item: Some(index),
                reason,
            })?;
    }
    Ok(())
}

fn demand(holds: bool, wrong: Reason) -> Result<(), Reason> {
    if holds { Ok(()) } else { Err(wrong) }
}

fn check_item(item: &NewItem) -> Result<(), Reason> {
    let Money(list_price) = item.list_price;
    let Money(sale_price) = item.sale_price;
    demand(is_title(&item.title), Reason::Title)?;
    demand(is_description(&item.description), Reason::Description)?;
    demand(is_picture(&item.picture_url), Reason::Picture)?;
    demand(list_price <= MAX_PRICE, Reason::ListPrice)?;
    demand((1..=list_price).contains(&sale_price), Reason::SalePrice)?;
    demand((1..=MAX_STOCK).contains(&item.stock), Reason::Stock)?;
    demand(
        (1..=MAX_SEGMENTS).contains(&item.segments),
        Reason::Segments,
    )
}

/// Whether this can be a title, or an operator's message.
pub fn is_title(text: &LocalText) -> bool {
    [&text.zh, &text.en].into_iter().all(|text| {
        !text.trim().is_empty()
            && text.chars().count() <= MAX_TITLE
            && !text.chars().any(|c| c.is_control() || turns_text(c))
    })
}

/// The English text may be missing: readers then get the Chinese one.
fn is_description(text: &LocalText) -> bool {
    let is_plain = |c: char| matches!(c, '\n' | '\r' | '\t') || !(c.is_control() || turns_text(c));
    let fits = |text: &str| text.chars().count() <= MAX_DESCRIPTION && text.chars().all(is_plain);
    !text.zh.trim().is_empty() && fits(&text.zh) && fits(&text.en)
}

/// Pages load pictures from the shop only.
fn is_picture(url: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.');
    url.starts_with('/')
        && !url.starts_with("//")
        && url.len() <= MAX_TITLE
        && url.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use app::wire::{ItemId, ProductId, RoundId};
    use uuid::Uuid;

    use super::*;

    fn both(text: &str) -> LocalText {
        LocalText {
            zh: text.to_owned(),
            en: text.to_owned(),
        }
    }

    fn item(number: u128) -> NewItem {
        NewItem {
            item_id: ItemId(Uuid::from_u128(number)),
            product_id: ProductId(Uuid::from_u128(number)),
            title: both("Lamp"),
            description: both("Shines."),
            picture_url: "/products/lamp.svg".to_owned(),
            list_price: Money(2),
            sale_price: Money(1),
            stock: 5,
            segments: 1,
        }
    }

    fn round() -> NewRound {
        NewRound {
            round_id: RoundId(Uuid::from_u128(1)),
            title: both("Noon"),
            starts_at_ms: 1,
            ends_at_ms: 2,
            stopped: None,
            pay_window_s: None,
            items: vec![item(1), item(2)],
        }
    }

    #[test]
    fn a_round_at_its_limits_is_valid() {
        let bounds: [fn(&mut NewRound); 5] = [
            |_| {},
            |round| round.title = both(&"长".repeat(200)),
            |round| round.pay_window_s = Some(1),
            |round| round.items = (1..=100).map(item).collect(),
            |round| {
                let item = &mut round.items[0];
                (item.stock, item.segments) = (10_000_000, 64);
                (item.list_price, item.sale_price) = (Money(MAX_PRICE), Money(MAX_PRICE));
                item.description = LocalText {
                    zh: "长".repeat(2_000),
                    en: String::new(),
                };
            },
        ];
        for change in bounds {
            let mut round = round();
            change(&mut round);
            assert_eq!(check(&round), Ok(()), "{round:?}");
        }
    }

    #[test]
    fn an_invalid_field_is_named() {
        type Change = fn(&mut NewRound);
        let wrong: [(&str, Change); 22] = [
            ("title", |round| round.title.zh = " ".into()),
            ("title", |round| round.title.en = String::new()),
            ("title", |round| round.title.en = "a\nb".into()),
            ("title", |round| round.title.en = "a\u{202e}b".into()),
            ("items[0].description", |round| {
                round.items[0].description.en = "a\0b".into();
            }),
            ("items[1].title", |round| {
                round.items[1].title = both(&"x".repeat(201));
            }),
            ("items[0].description", |round| {
                round.items[0].description.zh = String::new();
            }),
            ("items[0].description", |round| {
                round.items[0].description.en = "x".repeat(2_001);
            }),
            ("items[0].picture_url", |round| {
                round.items[0].picture_url = "https://evil/a.png".into();
            }),
            ("items[0].picture_url", |round| {
                round.items[0].picture_url = "//evil/a.png".into();
            }),
            ("ends_at_ms", |round| round.ends_at_ms = round.starts_at_ms),
            ("ends_at_ms", |round| round.starts_at_ms = -1),
            ("ends_at_ms", |round| round.ends_at_ms = i64::MAX),
            ("pay_window_s", |round| round.pay_window_s = Some(0)),
            ("items", |round| round.items.clear()),
            ("items", |round| round.items = (1..=101).map(item).collect()),
            ("items[1].product", |round| {
                round.items = vec![item(1), item(1)];
            }),
            ("items[0].sale_price", |round| {
                round.items[0].sale_price = Money(0);
            }),
            ("items[0].sale_price", |round| {
                round.items[0].sale_price = Money(3);
            }),
            ("items[0].list_price", |round| {
                round.items[0].list_price = Money(i64::MAX);
            }),
            ("items[0].stock", |round| round.items[0].stock = 0),
            ("items[1].segments", |round| round.items[1].segments = 65),
        ];
        for (field, change) in wrong {
            let mut round = round();
            change(&mut round);
            let error = check(&round).expect_err(field);
            assert_eq!(error.field(), field, "{round:?}");
        }
    }
}
