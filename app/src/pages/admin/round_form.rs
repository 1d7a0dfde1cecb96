//! The form of a new round: the typed text, its mistakes, and its effect.

use std::collections::BTreeMap;

use crate::{
    api,
    wire::{ApiError, RoundDraft},
};

/// Most items of the form; longer rounds are applied from a file.
pub const MAX_ITEMS: usize = 20;

/// A form that is shown again, or filled in beforehand. The server puts it into the request whose
/// page is rendered.
#[derive(Clone, Debug, Default)]
pub struct RoundForm {
    /// The fields' contents by name: `title.zh`, `items[0].stock`.
    pub values: BTreeMap<String, String>,
    /// Empty rows for more items.
    pub empty_rows: usize,
    /// Why the round was not added.
    pub problem: Option<ApiError>,
    /// The round as parsed, if it is valid.
    pub checked: Option<RoundDraft>,
}

impl RoundForm {
    /// The form of the page being rendered.
    pub fn of_page() -> Self {
        api::extension().unwrap_or_default()
    }

    /// A field's content.
    pub fn value(&self, name: &str) -> String {
        self.values.get(name).cloned().unwrap_or_default()
    }

    /// Rows of items, filled and empty.
    pub fn rows(&self) -> usize {
        (self.filled_rows() + self.empty_rows).clamp(1, MAX_ITEMS)
    }

    /// Rows with content. They are the first ones.
    fn filled_rows(&self) -> usize {
        let is_filled = |row: &usize| {
            let prefix = format!("items[{row}].");
            self.values
                .iter()
                .any(|(name, value)| name.starts_with(&prefix) && !value.is_empty())
        };
        (0..MAX_ITEMS).take_while(is_filled).count()
    }

    /// The field with the reason that the picture at `name` was refused: `items[0].picture_kind`.
    pub fn refused_picture(&self, name: &str) -> Option<String> {
        match &self.problem {
            Some(ApiError::Invalid { field }) => {
                let problem = field.strip_prefix(name)?.strip_prefix('_')?;
                (problem != "url").then(|| field.clone())
            }
            _ => None,
        }
    }

    /// Whether this field, by its wire name, has the mistake.
    pub fn is_wrong(&self, field: &str) -> bool {
        matches!(&self.problem, Some(ApiError::Invalid { field: wrong }) if wrong == field)
    }
}
