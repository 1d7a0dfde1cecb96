//! Effects of a catalogue change in this process, apart from the catalogue's cache.

use app::routes::Page;

use crate::{
    adapters::catalogue_changes::CatalogueChanges,
    engine::ports::{Job, WakeSignal as _},
    http::PageInvalidation,
    workers::WakeSignals,
};

/// Changes load the gate.
pub fn catalogue_changes(wake_signals: &WakeSignals) -> CatalogueChanges {
    let (changes, wake_signals) = (CatalogueChanges::default(), wake_signals.clone());
    changes.listen(move |_| wake_signals.notify(Job::WarmUp));
    changes
}

/// Changes invalidate the affected pages. Must be called after the shop is assembled, so that the
/// catalogue's cache, from which pages are made, hears of a change first.
pub fn page_invalidation(changes: &CatalogueChanges) -> PageInvalidation {
    let invalidation = PageInvalidation::default();
    let pages = invalidation.clone();
    changes.listen(move |changed| {
        let items = changed.items.iter().copied().map(Page::Item);
        pages.invalidate(items.chain([Page::Home]));
    });
    invalidation
}
