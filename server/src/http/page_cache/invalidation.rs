//! Pages that are invalid because their content has changed.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use app::routes::Page;

/// Pages whose last change is remembered. Beyond that every page counts as changed.
const PAGES: usize = 10_000;

/// Counts changes. A rendering notes the count at its beginning ([`version`](Self::version)), and its
/// page is valid until its address changes. A rendering in progress during a change is never shown,
/// however late it finishes. Clones share the counts.
#[derive(Clone, Default)]
pub struct PageInvalidation(Arc<RwLock<Changes>>);

#[derive(Default)]
struct Changes {
    /// The number of changes.
    version: u64,
    /// The last change of all pages.
    of_all: u64,
    /// The last change of some pages, where it is later.
    of_page: HashMap<Page, u64>,
}

impl PageInvalidation {
    /// Marks these pages as changed: later requests get a new rendering.
    pub fn invalidate(&self, pages: impl IntoIterator<Item = Page>) {
        let mut changes = self.0.write().unwrap_or_else(PoisonError::into_inner);
        changes.version += 1;
        let version = changes.version;
        changes
            .of_page
            .extend(pages.into_iter().map(|page| (page, version)));
        if changes.of_page.len() > PAGES {
            changes.of_all = version;
            changes.of_page.clear();
        }
    }

    /// Must be read before the data for a rendering is read.
    pub(super) fn version(&self) -> u64 {
        let changes = self.0.read().unwrap_or_else(PoisonError::into_inner);
        changes.version
    }

    /// Whether a rendering of `page` that began at `version` is still valid.
    pub(super) fn counts(&self, page: Page, version: u64) -> bool {
        let changes = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let last = changes.of_page.get(&page).copied().unwrap_or_default();
        version >= last.max(changes.of_all)
    }
}

#[cfg(test)]
mod tests {
    use app::wire::ItemId;
    use uuid::Uuid;

    use super::*;

    fn page(number: usize) -> Page {
        Page::Item(ItemId(Uuid::from_u128(number as u128)))
    }

    #[test]
    fn a_rendering_counts_until_its_page_changes() {
        let invalidation = PageInvalidation::default();
        let before = invalidation.version();
        invalidation.invalidate([Page::Home, page(1)]);
        let after = invalidation.version();
        for changed in [Page::Home, page(1)] {
            assert!(!invalidation.counts(changed, before));
            assert!(invalidation.counts(changed, after));
        }
        assert!(invalidation.counts(page(2), before), "another page");
    }

    #[test]
    fn more_changed_pages_than_are_remembered_are_all_pages() {
        let invalidation = PageInvalidation::default();
        let before = invalidation.version();
        invalidation.invalidate((0..=PAGES).map(page));
        assert!(!invalidation.counts(page(0), before));
        assert!(!invalidation.counts(page(PAGES + 1), before));
        let after = invalidation.version();
        assert!(invalidation.counts(page(0), after));
        assert_eq!(invalidation.0.read().unwrap().of_page.len(), 0);
    }
}
