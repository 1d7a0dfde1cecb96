//! The form of a new round: what was typed, what is wrong with it, and what it would do.

use std::collections::BTreeMap;

use crate::{
    api,
    wire::{ApiError, RoundDraft},
};

/// Most items that the form takes; longer rounds are applied from a file.
pub const MAX_ITEMS: usize = 20;

/// A form that came back, or that is filled in beforehand. The server puts it into the request whose
/// page is rendered.
#[derive(Clone, Debug, Default)]
pub struct RoundForm {
    /// What stands in the fields, by their names: `title.zh`, `items[0].stock`.
    pub values: BTreeMap<String, String>,
    /// Empty rows for more items.
    pub empty_rows: usize,
    /// Why the round was not added.
    pub problem: Option<ApiError>,
    /// The round as it was understood, when nothing is wrong with it.
    pub checked: Option<RoundDraft>,
}

impl RoundForm {
    /// The form of the page being rendered.
    pub fn of_page() -> Self {
        api::extension().unwrap_or_default()
    }

    /// What stands in a field.
    pub fn value(&self, name: &str) -> String {
        self.values.get(name).cloned().unwrap_or_default()
    }

    /// Rows of items, filled and empty.
    pub fn rows(&self) -> usize {
        (self.filled_rows() + self.empty_rows).clamp(1, MAX_ITEMS)
    }

    /// Rows in which something stands. They are the first ones.
    fn filled_rows(&self) -> usize {
        let is_filled = |row: &usize| {
            let prefix = format!("items[{row}].");
            self.values
                .iter()
                .any(|(name, value)| name.starts_with(&prefix) && !value.is_empty())
        };
        (0..MAX_ITEMS).take_while(is_filled).count()
    }

    /// The field that says why the picture at `name` was not taken: `items[0].picture_kind`.
    pub fn refused_picture(&self, name: &str) -> Option<String> {
        match &self.problem {
            Some(ApiError::Invalid { field }) => {
                let problem = field.strip_prefix(name)?.strip_prefix('_')?;
                (problem != "url").then(|| field.clone())
            }
            _ => None,
        }
    }

    /// Whether this field, by its wire name, is what is wrong.
    pub fn is_wrong(&self, field: &str) -> bool {
        matches!(&self.problem, Some(ApiError::Invalid { field: wrong }) if wrong == field)
    }
}
