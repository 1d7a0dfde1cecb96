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
