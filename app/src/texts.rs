//! The shop's own texts, such as its terms, as pages show them. The server knows their source.

use std::sync::Arc;

use leptos::prelude::use_context;

use crate::{routes::TextPage, wire::Language};

/// A text, ready for a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    pub title: String,
    /// The rest, already escaped.
    pub html: String,
    /// Its language: not the page's if there is no translation.
    pub language: Language,
    /// Whether it is only a placeholder for the shop's text.
    pub is_placeholder: bool,
}

/// One for each page and language. Clones share them.
#[derive(Clone, Debug)]
pub struct Texts(Arc<[(TextPage, Language, Text)]>);

impl Texts {
    /// The texts returned by `text`.
    pub fn new(text: impl Fn(TextPage, Language) -> Text) -> Self {
        let pages = TextPage::ALL.into_iter();
        let all = pages.flat_map(|page| Language::ALL.map(|language| (page, language)));
        Self(
            all.map(|(page, language)| (page, language, text(page, language)))
                .collect(),
        )
    }

    /// The texts for the page being rendered; none while routes are listed at start-up.
    pub fn of_page() -> Option<Self> {
        use_context()
    }

    /// The text of a page.
    pub fn get(&self, page: TextPage, language: Language) -> &Text {
        let found = self
            .0
            .iter()
            .find(|(of, written_in, _)| (*of, *written_in) == (page, language));
        // There is one of each.
        let (_, _, text) = found.unwrap_or(&self.0[0]);
        text
    }

    /// Pages that the shop has not written.
    pub fn placeholders(&self) -> Vec<TextPage> {
        let is_missing = |page: &TextPage| {
            let in_any = Language::ALL.into_iter();
            in_any
                .map(|language| self.get(*page, language))
                .any(|text| text.is_placeholder)
        };
        TextPage::ALL.into_iter().filter(is_missing).collect()
    }
}
