//! A round as a file.

use app::wire::{ItemDraft, Key, LocalText, Money, RoundDraft};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
    value::Datetime,
};

use super::money;
use crate::engine::{back_office::draft, ports::NewRound};

/// The file's content.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoundFile {
    key: Key,
    starts_at: Datetime,
    ends_at: Datetime,
    #[serde(skip_serializing_if = "Option::is_none")]
    pay_window_s: Option<u32>,
    title: Words,
    items: Vec<ItemFile>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ItemFile {
    product: Key,
    #[serde(with = "money")]
    list_price: Money,
    #[serde(with = "money")]
    sale_price: Money,
    stock: u32,
    #[serde(default = "one")]
    segments: u8,
    picture_url: String,
    title: Words,
    description: Words,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    zh: String,
    #[serde(default)]
    en: String,
}

fn one() -> u8 {
    1
}

impl From<Words> for LocalText {
    fn from(Words { zh, en }: Words) -> Self {
        LocalText { zh, en }
    }
}

impl From<LocalText> for Words {
    fn from(LocalText { zh, en }: LocalText) -> Self {
        Words { zh, en }
    }
}

impl RoundFile {
    /// Reads a file.
    ///
    /// # Errors
    /// Invalid TOML, unknown or missing fields, or fields of a wrong type; with the line.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// The round, with times at the shop's offset from UTC, in minutes.
    pub fn of(round: &NewRound, utc_offset_min: i32) -> Self {
        let draft = draft::of_round(round);
        let item = |item: ItemDraft| ItemFile {
            product: item.product,
            list_price: item.list_price,
            sale_price: item.sale_price,
            stock: item.stock,
            segments: item.segments,
            picture_url: item.picture_url,
            title: item.title.into(),
            description: item.description.into(),
        };
        Self {
            key: draft.key,
            starts_at: datetime(draft.starts_at_ms, utc_offset_min),
            ends_at: datetime(draft.ends_at_ms, utc_offset_min),
            pay_window_s: draft.pay_window_s,
            title: draft.title.into(),
            items: draft.items.into_iter().map(item).collect(),
        }
    }

    /// As text that [`parse`](Self::parse) reads.
    ///
    /// # Errors
    /// None for a valid round.
    pub fn print(&self) -> Result<String, toml::ser::Error> {
        toml::to_string_pretty(self)
    }

    /// The round that it describes.
    ///
    /// # Errors
    /// A time without a date, a time of day or its offset from UTC.
    pub fn draft(self) -> Result<RoundDraft, String> {
        let item = |item: ItemFile| ItemDraft {
            product: item.product,
            title: item.title.into(),
            description: item.description.into(),
            picture_url: item.picture_url,
            list_price: item.list_price,
            sale_price: item.sale_price,
            stock: item.stock,
            segments: item.segments,
        };
        Ok(RoundDraft {
            key: self.key,
            title: self.title.into(),
            starts_at_ms: instant("starts_at", self.starts_at)?,
            ends_at_ms: instant("ends_at", self.ends_at)?,
            pay_window_s: self.pay_window_s,
            items: self.items.into_iter().map(item).collect(),
        })
    }
}

fn instant(field: &str, written: Datetime) -> Result<i64, String> {
    let instant: Result<Timestamp, _> = written.to_string().parse();
    instant.map(Timestamp::as_millisecond).map_err(|_| {
        format!(
            "{field}: an instant before the year 9999 with its offset from UTC, such as \
             2026-11-11T20:00:00+08:00, not {written}"
        )
    })
}

fn datetime(epoch_ms: i64, utc_offset_min: i32) -> Datetime {
    let offset = app::utc_offset(utc_offset_min);
    let instant = Timestamp::from_millisecond(epoch_ms).unwrap_or_default();
    let text = instant.display_with_offset(offset).to_string();
    text.parse()
        .unwrap_or_else(|_| unreachable!("an instant of RFC 3339: {text}"))
}

/// The line of a field, from 1: of an item, or of the round itself. The item's first line if it
/// lacks the field.
pub fn line_of(text: &str, item: Option<usize>, path: &str) -> Option<usize> {
    let file = DeTable::parse(text).ok()?;
    let field = path.rsplit('.').next()?;
    let span = match item {
        None => at(file.get_ref(), field)?.span(),
        Some(index) => {
            let item = at(file.get_ref(), "items")?.get_ref().get(index)?;
            let found = item.get_ref().as_table().and_then(|table| at(table, field));
            found.map_or_else(|| item.span(), Spanned::span)
        }
    };
    Some(text[..span.start].matches('\n').count() + 1)
}

fn at<'a, 'i>(table: &'a DeTable<'i>, field: &str) -> Option<&'a Spanned<DeValue<'i>>> {
    // The wire's instants are milliseconds, the file's are dates.
    let field = field.trim_end_matches("_ms");
    table
        .iter()
        .find(|(name, _)| name.get_ref() == field)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"key = "double-11-evening"
starts_at = 2026-11-11T20:00:00+08:00
ends_at = 2026-11-11T22:00:00+08:00
title = { zh = "晚八点", en = "Eight o'clock" }

[[items]]
product = "lamp"
list_price = "299.00"
sale_price = "99"
stock = 100
picture_url = "/products/lamp.svg"
title = { zh = "台灯", en = "Lamp" }
description = { zh = "好灯。" }
"#;

    #[test]
    fn a_file_is_read_as_it_is_written_and_printed_as_it_is_read() {
        let draft = RoundFile::parse(FILE).unwrap().draft().unwrap();
        assert_eq!(draft.starts_at_ms, 1_794_398_400_000);
        assert_eq!(draft.items[0].sale_price, Money(9_900));
        assert_eq!(draft.items[0].segments, 1);
        let round = draft::to_round(draft);
        let printed = RoundFile::of(&round, 480).print().unwrap();
        assert!(
            printed.contains("starts_at = 2026-11-11T20:00:00+08:00"),
            "{printed}"
        );
        let again = RoundFile::parse(&printed).unwrap().draft().unwrap();
        assert_eq!(draft::to_round(again), round, "{printed}");
    }

    #[test]
    fn unreadable_fields_are_named_with_their_line() {
        for (from, to, line, words) in [
            ("stock = 100", "stocks = 100", "line 10", "stocks"),
            ("stock = 100", "stock = -1", "line 10", "-1"),
            ("\"99\"", "99", "line 9", "string"),
            ("\"99\"", "\"9.9\"", "line 9", "99.50"),
            ("double-11-evening", "Double 11", "line 1", "lower-case"),
            ("zh = \"好灯。\"", "", "line 13", "zh"),
        ] {
            let error = RoundFile::parse(&FILE.replacen(from, to, 1))
                .unwrap_err()
                .to_string();
            assert!(
                error.contains(line) && error.contains(words),
                "{to}: {error}"
            );
        }
        let no_offset = FILE.replacen("20:00:00+08:00", "20:00:00", 1);
        let error = RoundFile::parse(&no_offset).unwrap().draft().unwrap_err();
        assert!(error.starts_with("starts_at: "), "{error}");
    }

    #[test]
    fn a_field_is_found_at_its_line() {
        for (item, path, line) in [
            (None, "ends_at_ms", Some(3)),
            (None, "title", Some(4)),
            (Some(0), "items[0].stock", Some(10)),
            (Some(0), "items[0].segments", Some(6)),
            (Some(1), "items[1].stock", None),
            (None, "pay_window_s", None),
        ] {
            assert_eq!(line_of(FILE, item, path), line, "{path}");
        }
    }
}
