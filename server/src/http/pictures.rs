//! `GET /pictures/{hash}` and `/pictures/{hash}/{side}`: uploaded pictures. An address means the same bytes for
//! ever, so that browsers and caches in front of the shop ask for each once.
//!
//! Pictures in memory are outside the limits per address, like the site's files: a page has many pictures, and an
//! office shares one address. Others count like any request and are read from the ledger, a few at a time, so that
//! requests for missing pictures do not block other readers.

use std::{net::IpAddr, sync::Arc, time::Duration};

use app::{
    routes::pattern,
    wire::{ApiError, PictureSize},
};
use axum::{
    Router,
    extract::{Path, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use moka::future::Cache;
use tokio::{sync::Semaphore, time::timeout};

use super::{AppState, envelope::Envelope, visitor};
use crate::security::{self, Concerned, Event};

/// Pictures kept in memory, in bytes: some hundred pictures.
const KEPT: u64 = 64 * 1024 * 1024;
/// Reads from the ledger at a time.
const READS: usize = 4;
/// Longest wait for a turn to read.
const WAIT: Duration = Duration::from_secs(2);
/// Digits of a hash.
const HASH: usize = 64;
/// As long as caches keep anything.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

#[derive(Clone)]
struct Pictures {
    state: AppState,
    kept: Cache<(String, PictureSize), Bytes>,
    reads: Arc<Semaphore>,
}

pub fn routes(state: &AppState) -> Router {
    let kept = Cache::builder()
        .max_capacity(KEPT)
        .weigher(|_, file: &Bytes| u32::try_from(file.len()).unwrap_or(u32::MAX))
        .build();
    Router::new()
        .route(pattern::PICTURE, get(large))
        .route(pattern::PICTURE_OF_SIZE, get(of_size))
        .with_state(Pictures {
            state: state.clone(),
            kept,
            reads: Arc::new(Semaphore::new(READS)),
        })
}

async fn large(
    State(pictures): State<Pictures>,
    Path(hash): Path<String>,
    request: Request,
) -> Response {
    pictures.answer(hash, PictureSize::Large, request).await
}

async fn of_size(
    State(pictures): State<Pictures>,
    Path((hash, side)): Path<(String, String)>,
    request: Request,
) -> Response {
    if side != PictureSize::Small.side().to_string() {
        return Envelope(ApiError::NotFound).into_response();
    }
    pictures.answer(hash, PictureSize::Small, request).await
}

impl Pictures {
    async fn answer(&self, hash: String, size: PictureSize, request: Request) -> Response {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if hash.len() != HASH || !hash.bytes().all(is_digit) {
            return Envelope(ApiError::NotFound).into_response();
        }
        let tag = format!("\"{hash}-{}\"", size.side());
        let ip = visitor::address(&request, &self.state.settings.trusted_proxies);
        let headers = request.into_parts().0.headers;
        let file = match self.file(hash, size, ip).await {
            Ok(file) => file,
            Err(error) => return Envelope(error).into_response(),
        };
        let known = headers.get_all(header::IF_NONE_MATCH).iter();
        let is_known = known.filter_map(|line| line.to_str().ok()).any(|line| {
            line.split(',')
                .map(|known| known.trim().trim_start_matches("W/"))
                .any(|known| known == tag || known == "*")
        });
        let kept = [
            (header::ETAG, tag.as_str()),
            (header::CACHE_CONTROL, FOR_EVER),
        ];
        if is_known {
            return (StatusCode::NOT_MODIFIED, kept).into_response();
        }
        (kept, [(header::CONTENT_TYPE, "image/jpeg")], file).into_response()
    }

    /// From memory, else from the ledger: one read for all simultaneous requests.
    async fn file(&self, hash: String, size: PictureSize, ip: IpAddr) -> Result<Bytes, ApiError> {
        let mut is_reader = false;
        let read = async {
            is_reader = true;
            self.read(&hash, size, ip).await
        };
        let key = (hash.clone(), size);
        let file = self.kept.try_get_with(key.clone(), read).await;
        match file {
            Ok(file) => Ok(file),
            // Another address exceeded its limit, which does not concern this one.
            Err(error) if !is_reader && matches!(*error, ApiError::RateLimited { .. }) => {
                let read = self.read(&hash, size, ip);
                let file = self.kept.try_get_with(key, read).await;
                file.map_err(|error| (*error).clone())
            }
            Err(error) => Err((*error).clone()),
        }
    }

    async fn read(&self, hash: &str, size: PictureSize, ip: IpAddr) -> Result<Bytes, ApiError> {
        let shop = &self.state.shop;
        if let Err(error) = shop.admit(ip).await {
            if let Some(event) = Event::of_refusal(&error) {
                let concerned = Concerned {
                    ip: Some(ip),
                    route: Some(pattern::PICTURE),
                    ..Concerned::default()
                };
                security::record(event, &concerned);
            }
            return Err(error);
        }
        let turn = timeout(WAIT, self.reads.acquire()).await;
        let Ok(Ok(_turn)) = turn else {
            return Err(ApiError::Busy { retry_after_s: 1 });
        };
        let file = shop.picture(hash, size).await?;
        file.map(Bytes::from).ok_or(ApiError::NotFound)
    }
}
