//! The two languages of the shop, and text that exists in both.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

/// A language of the shop. Chinese is the default, for visitors without a preference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// 简体中文
    #[default]
    Zh,
    /// English
    En,
}

impl Language {
    /// Every language, in the order the switch shows them.
    pub const ALL: [Language; 2] = [Language::Zh, Language::En];

    /// The short code used in the cookie and in cache keys.
    pub fn code(self) -> &'static str {
        match self {
            Language::Zh => "zh",
            Language::En => "en",
        }
    }

    /// The value of the `lang` attribute and of `Content-Language` (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Language::Zh => "zh-CN",
            Language::En => "en",
        }
    }

    /// The language with this short code.
    pub fn from_code(code: &str) -> Option<Language> {
        Language::ALL
            .into_iter()
            .find(|language| language.code() == code)
    }

    /// The best of our languages for an `Accept-Language` header (RFC 9110 §12.5.4): the highest weight wins,
    /// the earlier one on a tie. `*` matches languages that are not named. Without a match: English for a
    /// browser that names another language, Chinese for one that names none.
    pub fn negotiate(accept_language: &str) -> Language {
        // Weights by language, in the order of `ALL`.
        let mut named = [None; Self::ALL.len()];
        let mut others = None;
        let mut names_another = false;
        for (place, range) in accept_language.split(',').enumerate() {
            let mut parts = range.split(';').map(str::trim);
            let tag = parts.next().unwrap_or_default().to_ascii_lowercase();
            let weight = parts.find_map(weight_in_thousandths).unwrap_or(1000);
            let preference = Some((weight, Reverse(place)));
            match tag.split(['-', '_']).next() {
                Some("*") => others = others.or(preference),
                // Mandarin, by its own code.
                Some("zh" | "cmn") => named[0] = named[0].max(preference),
                Some("en") => named[1] = named[1].max(preference),
                Some("") | None => {}
                Some(_) => names_another |= weight > 0,
            }
        }
        let mut wanted: Vec<_> = Self::ALL.into_iter().zip(named).collect();
        if names_another {
            wanted.reverse();
        }
        // A refused language is no fallback.
        wanted.retain(|(_, named)| named.is_none_or(|(weight, _)| weight > 0));
        let fallback = wanted.first().map(|(language, _)| *language);
        let weighed = wanted
            .into_iter()
            .filter_map(|(language, preference)| Some((preference.or(others)?, language)))
            .filter(|((weight, _), _)| *weight > 0);
        // Among languages matched by `*` the first one counts.
        let best = weighed.reduce(|best, other| if other.0 > best.0 { other } else { best });
        let best = best.map(|(_, language)| language);
        best.or(fallback).unwrap_or_default()
    }
}

/// The weight of a parameter `q=…`: at most three decimals; anything else counts as "not wanted".
fn weight_in_thousandths(parameter: &str) -> Option<u16> {
    let (name, weight) = parameter.split_once('=')?;
    name.trim()
        .eq_ignore_ascii_case("q")
        .then(|| match weight.trim().parse::<f32>() {
            Ok(weight) if (0.0..=1.0).contains(&weight) => (weight * 1000.0) as u16,
            _ => 0,
        })
}

/// Marks of the Unicode bidirectional algorithm that change the direction of the text after them.
pub fn turns_text(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text of the shop's own content in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalText {
    /// 简体中文; never empty.
    pub zh: String,
    /// English; empty without a translation.
    pub en: String,
}

/// The text for a stopped round unless the operator writes another: Chinese, English.
pub const DEFAULT_STOP_TEXT: (&str, &str) = (
    "本场暂停，恢复后会在本页显示。",
    "This round is paused. It will go on here.",
);

impl LocalText {
    /// The text in `language`, or the Chinese one without a translation.
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::En if !self.en.is_empty() => &self.en,
            _ => &self.zh,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_weight_wins_and_other_languages_get_english() {
        for (header, expected) in [
            ("en-GB,en;q=0.9", Language::En),
            ("zh-CN,zh;q=0.9,en;q=0.8", Language::Zh),
            ("en;q=0.2, zh;q=0.7", Language::Zh),
            ("fr,de;q=0.8", Language::En),
            ("fr, en;q=0.5", Language::En),
            ("fr, zh;q=0.5", Language::Zh),
            ("fr, en;q=0", Language::Zh),
            ("fr;q=0", Language::Zh),
            ("en;q=0", Language::Zh),
            ("en;q=banana", Language::Zh),
            ("en_US", Language::En),
            ("zh;Q=0.1, en;q=0.8", Language::En),
            ("de, *;q=0.5, zh;q=0", Language::En),
            ("de, *;q=0.5", Language::En),
            ("*", Language::Zh),
            ("cmn-Hans-CN, en;q=0.3", Language::Zh),
            ("", Language::Zh),
        ] {
            assert_eq!(Language::negotiate(header), expected, "{header}");
        }
    }
}
