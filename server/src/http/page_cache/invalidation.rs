//! Pages that do not count any more, because what they say has changed.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use app::routes::Page;

/// Pages whose last change is remembered. With more of them every page counts as changed.
const PAGES: usize = 10_000;

/// Counts changes. A rendering notes the count at its beginning ([`version`](Self::version)), and its
/// page counts for as long as its address has not changed since: one that was under way at the
/// change is not shown, however late it comes. Clones are the same.
#[derive(Clone, Default)]
pub struct PageInvalidation(Arc<RwLock<Changes>>);

#[derive(Default)]
struct Changes {
    /// How many there have been.
    version: u64,
    /// The last one of every page.
    of_all: u64,
    /// The last one of some pages, where it is later.
    of_page: HashMap<Page, u64>,
}

impl PageInvalidation {
    /// What these pages say has changed: whoever asks from now on gets a new rendering.
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

    /// To be asked before what is rendered is read.
    pub(super) fn version(&self) -> u64 {
        let changes = self.0.read().unwrap_or_else(PoisonError::into_inner);
        changes.version
    }

    /// Whether a rendering of `page` that began at `version` still counts.
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
