//! The fields of the form of a new round, and the round that they describe.
//!
//! Keys follow from content: the same form sent twice is one round, and items with the same words,
//! picture and list price are the same product.

use std::collections::BTreeMap;

use app::{
    pages::MAX_ITEMS,
    utc_offset,
    wire::{ApiError, ItemDraft, Key, ListedProduct, LocalText, RoundDraft},
};
use jiff::{Timestamp, civil::DateTime};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::{engine::back_office::price, hex};

/// The fields' contents, by name.
pub type Values = BTreeMap<String, String>;

/// Fields of the round itself.
const OF_ROUND: [&str; 5] = [
    "title.zh",
    "title.en",
    "starts_at",
    "ends_at",
    "pay_window_min",
];
/// Fields of an item, without those that the form adds itself.
const OF_ITEM: [&str; 8] = [
    "title.zh",
    "title.en",
    "description.zh",
    "description.en",
    "picture_url",
    "list_price",
    "sale_price",
    "stock",
];
/// The number of segments of an item's stock in a cluster; a copy keeps it.
const SEGMENTS: &str = "segments";
/// Why an item's picture was refused; not on the page.
const PICTURE_PROBLEM: &str = "picture_problem";
const DAY_MS: i64 = 24 * 3_600_000;

fn of_item(row: usize, field: &str) -> String {
    format!("items[{row}].{field}")
}

/// The known fields, trimmed; empty rows are left out.
pub fn values(sent: Vec<(String, String)>) -> Values {
    let sent: Values = sent
        .into_iter()
        .map(|(name, value)| (name, value.trim().replace("\r\n", "\n")))
        .collect();
    let mut values = Values::new();
    for name in OF_ROUND {
        values.insert(name.to_owned(), get(&sent, name).to_owned());
    }
    let is_filled = |row: &usize| {
        OF_ITEM
            .iter()
            .chain([&PICTURE_PROBLEM])
            .any(|field| !get(&sent, &of_item(*row, field)).is_empty())
    };
    for (row, from) in (0..MAX_ITEMS).filter(is_filled).enumerate() {
        for field in OF_ITEM.into_iter().chain([SEGMENTS, PICTURE_PROBLEM]) {
            let value = get(&sent, &of_item(from, field)).to_owned();
            values.insert(of_item(row, field), value);
        }
    }
    values
}

/// The field for a picture's address, from the picture's field: `items[2].picture`.
pub fn picture_url_field(picture: &str) -> String {
    format!("{picture}_url")
}

/// The field for the reason that a picture was refused, from the picture's field.
pub fn picture_problem_field(picture: &str) -> String {
    format!("{picture}_problem")
}

/// Removes the reasons of refused pictures; returns the first as a form field: `items[0].picture_kind`.
pub fn take_picture_problem(values: &mut Values) -> Option<String> {
    let problems: Vec<String> = (0..MAX_ITEMS)
        .filter_map(|row| {
            let problem = values.remove(&of_item(row, PICTURE_PROBLEM))?;
            (!problem.is_empty()).then(|| of_item(row, &problem))
        })
        .collect();
    problems.into_iter().next()
}

fn get<'v>(values: &'v Values, name: &str) -> &'v str {
    values.get(name).map_or("", String::as_str)
}

/// The round that a form describes.
///
/// # Errors
/// The first field that cannot be read.
pub fn draft(values: &Values, utc_offset_min: i32) -> Result<RoundDraft, String> {
    let offset = utc_offset(utc_offset_min);
    let instant = |name: &str| {
        let civil: Result<DateTime, _> = get(values, name).parse();
        let instant = civil.and_then(|civil| offset.to_timestamp(civil));
        instant
            .map(Timestamp::as_millisecond)
            .map_err(|_| name.to_owned())
    };
    let pay_window_s = match get(values, "pay_window_min") {
        "" => None,
        minutes => {
            let minutes: Option<u32> = minutes.parse().ok();
            let seconds = minutes.and_then(|minutes| minutes.checked_mul(60));
            Some(seconds.ok_or("pay_window_min")?)
        }
    };
    let rows = (0..MAX_ITEMS).take_while(|row| values.contains_key(&of_item(*row, "stock")));
    let items: Result<Vec<ItemDraft>, String> = rows.map(|row| item(values, row)).collect();
    let mut draft = RoundDraft {
        key: key("round", &())?,
        title: text(values, "title"),
        starts_at_ms: instant("starts_at")?,
        ends_at_ms: instant("ends_at")?,
        pay_window_s,
        items: items?,
    };
    draft.key = key("round", &draft)?;
    Ok(draft)
}

fn item(values: &Values, row: usize) -> Result<ItemDraft, String> {
    let name = |field: &str| of_item(row, field);
    let price = |field: &str| price::parse(get(values, &name(field))).ok_or_else(|| name(field));
    let (title, description) = (
        text(values, &name("title")),
        text(values, &name("description")),
    );
    let picture_url = get(values, &name("picture_url")).to_owned();
    let list_price = price("list_price")?;
    let sale_price = price("sale_price")?;
    let stock = get(values, &name("stock")).parse();
    Ok(ItemDraft {
        product: key("product", &(&title, &description, &picture_url, list_price))?,
        title,
        description,
        picture_url,
        list_price,
        sale_price,
        stock: stock.map_err(|_| name("stock"))?,
        segments: match get(values, &name(SEGMENTS)) {
            "" => 1,
            segments => segments.parse().map_err(|_| name(SEGMENTS))?,
        },
    })
}

fn text(values: &Values, name: &str) -> LocalText {
    LocalText {
        zh: get(values, &format!("{name}.zh")).to_owned(),
        en: get(values, &format!("{name}.en")).to_owned(),
    }
}

/// A key that follows from content.
fn key(kind: &str, content: &impl Serialize) -> Result<Key, String> {
    let wrong = || "key".to_owned();
    let content = serde_json::to_vec(content).map_err(|_| wrong())?;
    let hash = Sha256::digest(content);
    let hash = hex::digits(&hash[..16]);
    format!("{kind}-{hash}").parse().map_err(|_| wrong())
}

/// The form of a round that sells this product.
pub fn with_product(product: &ListedProduct) -> Values {
    let fields = [
        ("title.zh", product.title.zh.clone()),
        ("title.en", product.title.en.clone()),
        ("description.zh", product.description.zh.clone()),
        ("description.en", product.description.en.clone()),
        ("picture_url", product.picture_url.clone()),
        ("list_price", price::print(product.list_price)),
    ];
    let fields = fields.into_iter();
    fields
        .map(|(field, value)| (of_item(0, field), value))
        .collect()
}

/// The form of a copy of this round at the same time of day, on the first later day on which it has not
/// begun at `now_ms`. At most [`MAX_ITEMS`] items.
pub fn copy(draft: &RoundDraft, now_ms: i64, utc_offset_min: i32) -> Values {
    let days = (now_ms - draft.starts_at_ms).div_euclid(DAY_MS) + 1;
    let later_ms = days.max(1) * DAY_MS;
    let at = |instant_ms: i64| {
        let at = Timestamp::from_millisecond(instant_ms + later_ms).unwrap_or_default();
        let at = utc_offset(utc_offset_min).to_datetime(at);
        at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
    };
    let mut values = Values::new();
    let mut set = |name: String, value: String| values.insert(name, value);
    set("title.zh".to_owned(), draft.title.zh.clone());
    set("title.en".to_owned(), draft.title.en.clone());
    set("starts_at".to_owned(), at(draft.starts_at_ms));
    set("ends_at".to_owned(), at(draft.ends_at_ms));
    let minutes = draft.pay_window_s.map(|seconds| seconds.div_ceil(60));
    set(
        "pay_window_min".to_owned(),
        minutes.map_or_else(String::new, |minutes| minutes.to_string()),
    );
    for (row, item) in draft.items.iter().take(MAX_ITEMS).enumerate() {
        let fields = [
            ("title.zh", item.title.zh.clone()),
            ("title.en", item.title.en.clone()),
            ("description.zh", item.description.zh.clone()),
            ("description.en", item.description.en.clone()),
            ("picture_url", item.picture_url.clone()),
            ("list_price", price::print(item.list_price)),
            ("sale_price", price::print(item.sale_price)),
            ("stock", item.stock.to_string()),
            (SEGMENTS, item.segments.to_string()),
        ];
        for (field, value) in fields {
            set(of_item(row, field), value);
        }
    }
    values
}

/// An engine error with the form's field names.
pub fn named_as_in_the_form(error: ApiError) -> ApiError {
    match error {
        ApiError::Invalid { field } => ApiError::Invalid {
            field: match field.as_str() {
                "ends_at_ms" => "ends_at".to_owned(),
                "pay_window_s" => "pay_window_min".to_owned(),
                _ => field,
            },
        },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use app::wire::Money;

    use super::*;

    /// 2026-11-11 20:00 in Shanghai.
    const EVENING_MS: i64 = 1_794_398_400_000;

    fn sent() -> Vec<(String, String)> {
        let fields = [
            ("title.zh", "晚八点"),
            ("title.en", " Eight o'clock "),
            ("starts_at", "2026-11-11T20:00"),
            ("ends_at", "2026-11-11T22:00:30"),
            ("pay_window_min", ""),
            ("items[2].title.zh", "台灯"),
            ("items[2].title.en", "Lamp"),
            ("items[2].description.zh", "好灯。"),
            ("items[2].picture_url", "/products/lamp.svg"),
            ("items[2].list_price", "299"),
            ("items[2].sale_price", "99.50"),
            ("items[2].stock", "5"),
            ("do", "check"),
            ("items[99].title.zh", "x"),
        ];
        let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        fields.into_iter().map(pair).collect()
    }

    fn with(name: &str, value: &str) -> Values {
        let mut sent = sent();
        sent.push((name.to_owned(), value.to_owned()));
        values(sent)
    }

    #[test]
    fn a_form_is_read_in_the_shop_s_zone_and_empty_rows_are_left_out() {
        let draft = draft(&values(sent()), 480).unwrap();
        assert_eq!(draft.title.en, "Eight o'clock");
        assert_eq!(draft.starts_at_ms, EVENING_MS);
        assert_eq!(draft.ends_at_ms, EVENING_MS + 2 * 3_600_000 + 30_000);
        assert_eq!(draft.pay_window_s, None);
        assert_eq!(draft.items.len(), 1);
        let item = &draft.items[0];
        assert_eq!(
            (item.list_price, item.sale_price),
            (Money(29_900), Money(9_950))
        );
        assert_eq!((item.stock, item.segments), (5, 1));
    }

    #[test]
    fn the_same_content_has_the_same_keys_and_other_content_others() {
        let first = draft(&values(sent()), 480).unwrap();
        assert_eq!(draft(&values(sent()), 480).unwrap(), first);
        let cheaper = draft(&with("items[2].sale_price", "98"), 480).unwrap();
        assert_ne!(cheaper.key, first.key);
        assert_eq!(cheaper.items[0].product, first.items[0].product);
        let other = draft(&with("items[2].title.en", "Desk lamp"), 480).unwrap();
        assert_ne!(other.items[0].product, first.items[0].product);
    }

    #[test]
    fn unreadable_fields_are_named() {
        for (field, value, wrong) in [
            ("starts_at", "", "starts_at"),
            ("ends_at", "tomorrow", "ends_at"),
            ("pay_window_min", "1.5", "pay_window_min"),
            ("pay_window_min", "4294967295", "pay_window_min"),
            ("items[2].list_price", "free", "items[0].list_price"),
            ("items[2].sale_price", "-1", "items[0].sale_price"),
            ("items[2].stock", "many", "items[0].stock"),
        ] {
            assert_eq!(
                draft(&with(field, value), 480).unwrap_err(),
                wrong,
                "{value}"
            );
        }
    }

    #[test]
    fn a_copy_is_the_same_round_on_the_next_day_that_has_not_begun() {
        let original = draft(&values(sent()), 480).unwrap();
        for (now_ms, day) in [
            (EVENING_MS - 1, "2026-11-12T20:00:00"),
            (EVENING_MS, "2026-11-12T20:00:00"),
            (EVENING_MS + 3 * DAY_MS - 1, "2026-11-14T20:00:00"),
        ] {
            assert_eq!(copy(&original, now_ms, 480)["starts_at"], day);
        }
        let mut hot = original.clone();
        hot.items[0].segments = 8;
        let copied = draft(&copy(&hot, EVENING_MS - 1, 480), 480).unwrap();
        assert_eq!(copied.items, hot.items);
        assert_eq!(copied.starts_at_ms, original.starts_at_ms + DAY_MS);
        assert_eq!(copied.ends_at_ms, original.ends_at_ms + DAY_MS);
    }
}
