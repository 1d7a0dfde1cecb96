//! Pages that are the same for everybody, as finished bytes: rendered and compressed once for each path
//! and language, answered from memory.
//!
//! A page is fresh for its life (spread by a tenth, so that pages made together do not expire together).
//! After that one request renders it anew while the others get the old one; after twice its life the old
//! one is dropped. At the next start or end of a round its text becomes false: the old one is no longer
//! sent, one request renders it anew, and the others wait for that. The same happens when its content has
//! changed ([`PageInvalidation`]).

mod entry;
mod invalidation;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use app::{
    routes,
    wire::{ApiError, Language},
};
use axum::{
    http::{HeaderMap, Uri},
    response::{IntoResponse, Redirect, Response},
};
use moka::{Expiry, future::Cache, ops::compute::Op};

pub use self::invalidation::PageInvalidation;

use self::entry::{Entry, Life};
use super::{
    AppState,
    envelope::{Envelope, internal},
    renderer::{Page, Renderer},
    visitor::anybody,
};
use crate::jitter::spread;

/// Cached pages: some 20 kB each with their compressed forms.
const PAGES: u64 = 1_000;
/// A path that does not exist.
const NOT_FOUND_PAGE: &str = "/not-found";
/// A page is rendered again if it changes meanwhile, at most this often for one request: rounds do not
/// start, end or change that close together.
const RENDERINGS: usize = 3;

type Key = (routes::Page, Language);

pub struct PageCache {
    renderer: Renderer,
    state: AppState,
    invalidation: PageInvalidation,
    pages: Cache<Key, Arc<Entry>>,
    not_found: Cache<Language, Arc<Entry>>,
}

impl PageCache {
    pub fn new(renderer: Renderer, state: AppState, invalidation: PageInvalidation) -> Self {
        let pages = Cache::builder()
            .max_capacity(PAGES)
            .expire_after(WhenUnusable)
            .build();
        let not_found = Cache::builder().time_to_live(state.settings.page_life);
        Self {
            renderer,
            state,
            invalidation,
            pages,
            not_found: not_found.build(),
        }
    }

    /// The page at `path`, in the form that the request's headers accept.
    pub async fn answer(
        self: &Arc<Self>,
        language: Language,
        path: &str,
        headers: &HeaderMap,
    ) -> Response {
        let entry = match routes::Page::parse(path) {
            Some(page) => self.entry((page, language)).await,
            // Other spellings are not cached: there is no limit to their number.
            None => match routes::Page::of_other_spelling(path) {
                Some(page) => return Redirect::permanent(&page.to_string()).into_response(),
                None => self.not_found(language).await,
            },
        };
        match entry {
            Ok(entry) => entry.answer(headers, self.state.shop.now_ms()),
            Err(error) => Envelope(error).into_response(),
        }
    }

    async fn entry(self: &Arc<Self>, key: Key) -> Result<Arc<Entry>, ApiError> {
        let mut entry = self.cached_or_rendered(&key).await?;
        for _ in 1..RENDERINGS {
            let has_changed = !self.invalidation.counts(key.0, entry.version);
            if !has_changed && !entry.is_outdated(self.state.shop.now_ms()) {
                break;
            }
            self.remove(&key, &entry).await;
            entry = self.cached_or_rendered(&key).await?;
        }
        let is_old = entry.status.is_success() && Instant::now() >= entry.fresh_until;
        if is_old && entry.claim_refresh() {
            tokio::spawn(Arc::clone(self).refresh(key, Arc::clone(&entry)));
        }
        Ok(entry)
    }

    /// Requests that arrive while a missing page is rendered wait for it.
    async fn cached_or_rendered(&self, key: &Key) -> Result<Arc<Entry>, ApiError> {
        // The usual case. The code below creates a future that can render a page.
        if let Some(entry) = self.pages.get(key).await {
            return Ok(entry);
        }
        match self
            .pages
            .try_get_with_by_ref(key, self.render_known(key))
            .await
        {
            Ok(entry) => Ok(entry),
            Err(error) => match &*error {
                NotCached::Page(entry) => Ok(Arc::clone(entry)),
                NotCached::Error(error) => Err(error.clone()),
            },
        }
    }

    /// Renders an existing page. All missing pages share one: their number is unlimited, and each
    /// rendering and compression costs some ten milliseconds.
    async fn render_known(&self, (page, language): &Key) -> Result<Arc<Entry>, NotCached> {
        if let routes::Page::Item(item_id) = page
            && matches!(
                self.state.shop.item(*item_id).await,
                Err(ApiError::NotFound)
            )
        {
            return Err(NotCached::Page(self.not_found(*language).await?));
        }
        let entry = Arc::new(self.render(&page.to_string(), *language).await?);
        match entry.status.is_success() {
            true => Ok(entry),
            false => Err(NotCached::Page(entry)),
        }
    }

    async fn not_found(&self, language: Language) -> Result<Arc<Entry>, ApiError> {
        let render = async { self.render(NOT_FOUND_PAGE, language).await.map(Arc::new) };
        let entry = self.not_found.try_get_with(language, render).await;
        entry.map_err(|error: Arc<ApiError>| ApiError::clone(&error))
    }

    /// Removes `outdated`, but not an entry that replaced it meanwhile.
    async fn remove(&self, key: &Key, outdated: &Arc<Entry>) {
        let decide = |known: Option<moka::Entry<Key, Arc<Entry>>>| {
            let is_same = known.is_some_and(|known| Arc::ptr_eq(known.value(), outdated));
            std::future::ready(if is_same { Op::Remove } else { Op::Nop })
        };
        self.pages.entry_by_ref(key).and_compute_with(decide).await;
    }

    async fn refresh(self: Arc<Self>, key: Key, old: Arc<Entry>) {
        match self.render(&key.0.to_string(), key.1).await {
            Ok(entry) if entry.status.is_success() => {
                self.pages.insert(key, Arc::new(entry)).await;
            }
            // The page no longer exists.
            Ok(entry) if !entry.status.is_server_error() => self.remove(&key, &old).await,
            // The old one stays for the rest of its life; the next request tries again.
            _ => old.release_refresh(),
        }
    }

    async fn render(&self, path: &str, language: Language) -> Result<Entry, ApiError> {
        let uri: Uri = path.parse().map_err(|_| ApiError::NotFound)?;
        // The page may show the state from when its rendering began.
        let version = self.invalidation.version();
        let begun_ms = self.state.shop.now_ms();
        let page = self.renderer.render(uri, anybody(language)).await?;
        let life = self.life(&page, begun_ms).await;
        let compress = move || Entry::new(page, language, life, version);
        let compressed = tokio::task::spawn_blocking(compress).await;
        compressed.map_err(|_| internal("a page was not compressed"))
    }

    /// The life of a page whose rendering began at `begun_ms`.
    async fn life(&self, page: &Page, begun_ms: i64) -> Life {
        if !page.status.is_success() {
            return Life {
                fresh: self.state.settings.page_life,
                outdated_from_ms: None,
            };
        }
        let rounds = self.state.shop.rounds().await.unwrap_or_default();
        let boundaries = rounds
            .iter()
            .flat_map(|round| [round.starts_at_ms, round.ends_at_ms]);
        Life {
            fresh: spread(self.state.settings.page_life),
            outdated_from_ms: boundaries.filter(|at_ms| *at_ms > begun_ms).min(),
        }
    }
}

/// Drops a page when it is too old even while a new one is rendered.
struct WhenUnusable;

impl Expiry<Key, Arc<Entry>> for WhenUnusable {
    fn expire_after_create(&self, _: &Key, entry: &Arc<Entry>, _: Instant) -> Option<Duration> {
        Some(entry.usable_for)
    }

    fn expire_after_update(
        &self,
        _: &Key,
        entry: &Arc<Entry>,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(entry.usable_for)
    }
}

/// Rendered and sent to all requests that waited for it, but not cached.
enum NotCached {
    Page(Arc<Entry>),
    Error(ApiError),
}

impl From<ApiError> for NotCached {
    fn from(error: ApiError) -> Self {
        NotCached::Error(error)
    }
}
