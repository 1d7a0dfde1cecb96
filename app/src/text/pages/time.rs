//! Days and times as people say them.

use super::messages;
use crate::wire::Language;

messages! {
    today: "今天", "today";
    tomorrow: "明天", "tomorrow";
    yesterday: "昨天", "yesterday";
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A day without its year: `1月5日`, `5 Jan`. `month` counts from 1.
pub fn day_of_month(language: Language, month: i8, day: i8) -> String {
    match language {
        Language::Zh => format!("{month}月{day}日"),
        Language::En => {
            let name = usize::try_from(month - 1)
                .ok()
                .and_then(|index| MONTHS.get(index));
            format!("{day} {}", name.unwrap_or(&""))
        }
    }
}

/// A day with its year: `2026年1月5日`, `5 Jan 2026`.
pub fn date(language: Language, year: i16, month: i8, day: i8) -> String {
    let day = day_of_month(language, month, day);
    match language {
        Language::Zh => format!("{year}年{day}"),
        Language::En => format!("{day} {year}"),
    }
}

/// A day and a time of it, as a part of a longer time: `2026年1月5日 20:00`, `5 Jan 2026, 20:00`.
pub fn day_and_clock(language: Language, day: &str, clock: &str) -> String {
    match language {
        Language::Zh => format!("{day} {clock}"),
        Language::En => format!("{day}, {clock}"),
    }
}

/// A time with its two ends.
pub fn from_to(language: Language, from: &str, to: &str) -> String {
    match language {
        Language::Zh => format!("{from} 至 {to}"),
        Language::En => format!("{from} to {to}"),
    }
}

const BEIJING_MIN: i32 = 8 * 60;

/// The zone of a time, after it: `（北京时间）`, ` (UTC+8)`.
pub fn zone(language: Language, offset_min: i32) -> String {
    let (hours, minutes) = (offset_min.abs() / 60, offset_min.abs() % 60);
    let sign = if offset_min < 0 { '-' } else { '+' };
    let name = match (offset_min, minutes) {
        (0, _) => "UTC".to_owned(),
        (_, 0) => format!("UTC{sign}{hours}"),
        (_, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
    };
    match language {
        Language::Zh if offset_min == BEIJING_MIN => "（北京时间）".to_owned(),
        Language::Zh => format!("（{name}）"),
        Language::En => format!(" ({name})"),
    }
}

/// A day and a time of it, inside a sentence: `今天 20:00`, `today at 20:00`.
pub fn day_at(language: Language, day: &str, clock: &str) -> String {
    match language {
        Language::Zh => format!("{day} {clock}"),
        Language::En => format!("{day} at {clock}"),
    }
}

/// The same as a label of its own: `明天 12:00`, `Tomorrow 12:00`.
pub fn day_label(day: &str, clock: &str) -> String {
    let mut letters = day.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    format!("{}{} {clock}", first.unwrap_or_default(), letters.as_str())
}
