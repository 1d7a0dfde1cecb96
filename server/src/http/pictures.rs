//! `GET /pictures/{hash}` and `/pictures/{hash}/{side}`: pictures that were uploaded. An address means the same
//! bytes for ever, so that browsers and caches in front of the shop ask for each once.
//!
//! Outside of the limits per address, like the files of the site: a page has many pictures, and an office one
//! address. What is in memory costs nothing; what is not is read from the ledger, a few at a time.

use std::{sync::Arc, time::Duration};

use app::{
    port::Shop,
    routes::pattern,
    wire::{ApiError, PictureSize},
};
use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use moka::future::Cache;
use tokio::{sync::Semaphore, time::timeout};

use super::envelope::Envelope;

/// Bytes of pictures in memory: some hundreds.
const KEPT: u64 = 64 * 1024 * 1024;
/// Read from the ledger at once: whoever asks for pictures that do not exist takes no more of it.
const READS: usize = 4;
/// Longest wait for a turn to read.
const WAIT: Duration = Duration::from_secs(2);
/// Digits of a hash.
const HASH: usize = 64;
/// As long as caches keep anything.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

#[derive(Clone)]
struct Pictures {
    shop: Shop,
    kept: Cache<(String, PictureSize), Bytes>,
    reads: Arc<Semaphore>,
}

/// The pictures' routes.
pub fn routes(shop: Shop) -> Router {
    let kept = Cache::builder()
        .max_capacity(KEPT)
        .weigher(|_, file: &Bytes| u32::try_from(file.len()).unwrap_or(u32::MAX))
        .build();
    Router::new()
        .route(pattern::PICTURE, get(large))
        .route(pattern::PICTURE_OF_SIZE, get(of_size))
        .with_state(Pictures {
            shop,
            kept,
            reads: Arc::new(Semaphore::new(READS)),
        })
}

async fn large(
    State(pictures): State<Pictures>,
    Path(hash): Path<String>,
    headers: HeaderMap,
) -> Response {
    pictures.answer(hash, PictureSize::Large, &headers).await
}

async fn of_size(
    State(pictures): State<Pictures>,
    Path((hash, side)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    if side != PictureSize::Small.side().to_string() {
        return Envelope(ApiError::NotFound).into_response();
    }
    pictures.answer(hash, PictureSize::Small, &headers).await
}

impl Pictures {
    async fn answer(&self, hash: String, size: PictureSize, headers: &HeaderMap) -> Response {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if hash.len() != HASH || !hash.bytes().all(is_digit) {
            return Envelope(ApiError::NotFound).into_response();
        }
        let tag = format!("\"{hash}-{}\"", size.side());
        let file = match self.file(hash, size).await {
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

    /// From memory, else from the ledger: once, however many ask at the same time.
    async fn file(&self, hash: String, size: PictureSize) -> Result<Bytes, ApiError> {
        let read = async {
            let turn = timeout(WAIT, self.reads.acquire()).await;
            let Ok(Ok(_turn)) = turn else {
                return Err(ApiError::Busy { retry_after_s: 1 });
            };
            let file = self.shop.picture(&hash, size).await?;
            file.map(Bytes::from).ok_or(ApiError::NotFound)
        };
        let file = self.kept.try_get_with((hash.clone(), size), read).await;
        file.map_err(|error| (*error).clone())
    }
}
