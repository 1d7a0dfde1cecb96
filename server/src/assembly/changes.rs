//! What a change of the catalogue does in this process, beside the cache of the catalogue.

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

/// Changes invalidate the pages that say what changed. To be called once the shop is put together:
/// pages are made of what its cache of the catalogue answers.
pub fn page_invalidation(changes: &CatalogueChanges) -> PageInvalidation {
    let invalidation = PageInvalidation::default();
    let pages = invalidation.clone();
    changes.listen(move |changed| {
        let items = changed.items.iter().copied().map(Page::Item);
        pages.invalidate(items.chain([Page::Home]));
    });
    invalidation
}
