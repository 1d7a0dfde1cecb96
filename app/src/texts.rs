//! The shop's own texts, such as its terms, as pages show them. Where they come from is the server's to know.

use std::sync::Arc;

use leptos::prelude::use_context;

use crate::{routes::TextPage, wire::Language};

/// A text, as it may stand in a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Its heading.
    pub title: String,
    /// What follows. Nothing in it has to be escaped any more.
    pub html: String,
    /// In which language it is: not the page's, where nobody has translated it.
    pub language: Language,
    /// It only says what the shop has to write there.
    pub is_placeholder: bool,
}

/// One for each page and language. A clone is the same.
#[derive(Clone, Debug)]
pub struct Texts(Arc<[(TextPage, Language, Text)]>);

impl Texts {
    /// Those that `text` gives.
    pub fn new(text: impl Fn(TextPage, Language) -> Text) -> Self {
        let pages = TextPage::ALL.into_iter();
        let all = pages.flat_map(|page| Language::ALL.map(|language| (page, language)));
        Self(
            all.map(|(page, language)| (page, language, text(page, language)))
                .collect(),
        )
    }

    /// Those of the page being rendered; none while routes are listed at start.
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
