//! One page in the cache: its bytes in every encoding, its tag, its life.

use std::{
    io::Write,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use app::wire::Language;
use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use flate2::{Compression, write::GzEncoder};
use headers::{ETag, HeaderMapExt, IfNoneMatch};
use sha2::{Digest, Sha256};

use crate::{
    hex,
    http::renderer::{Page, describe},
};

/// A shared cache keeps a page at most this long, in seconds.
const SHARED_LIFE_S: u64 = 30;
/// A shared cache may send it this much longer while it fetches the new one.
const SHARED_STALE_S: u64 = 5;
const NOT_KEPT: HeaderValue = HeaderValue::from_static("no-store");

/// The page in one encoding, with the headers common to all answers.
struct Form {
    tag: Option<ETag>,
    headers: HeaderMap,
    body: Bytes,
}

/// How long a page may be shown.
#[derive(Clone, Copy, Debug)]
pub struct Life {
    /// Counted from its rendering.
    pub fresh: Duration,
    /// The start or end of a round that makes it false, by the shop's clock.
    pub outdated_from_ms: Option<i64>,
}

pub struct Entry {
    pub status: StatusCode,
    /// The number of changes before its rendering began.
    pub version: u64,
    pub fresh_until: Instant,
    /// Counted from its rendering; longer than it is fresh.
    pub usable_for: Duration,
    outdated_from_ms: Option<i64>,
    refreshing: AtomicBool,
    /// Best first.
    compressed: [(&'static str, Form); 2],
    plain: Form,
}

impl Entry {
    /// Compresses a page: takes some milliseconds, not for an async thread.
    pub fn new(page: Page, language: Language, life: Life, version: u64) -> Self {
        let now = Instant::now();
        let digest = Sha256::digest(&page.html);
        let tag = hex::digits(&digest[..8]);
        let compressed = |coding: &'static str, body: Vec<u8>| {
            let mut form = form(&page, language, &format!("\"{tag}-{coding}\""), body.into());
            let coding_header = HeaderValue::from_static(coding);
            form.headers.insert(header::CONTENT_ENCODING, coding_header);
            (coding, form)
        };
        Self {
            status: page.status,
            version,
            fresh_until: now + life.fresh,
            usable_for: life.fresh * 2,
            outdated_from_ms: life.outdated_from_ms,
            refreshing: AtomicBool::new(false),
            compressed: [
                compressed("br", brotli(&page.html)),
                compressed("gzip", gzip(&page.html)),
            ],
            plain: form(&page, language, &format!("\"{tag}\""), page.html.clone()),
        }
    }

    /// Whether a round has started or ended since it was rendered.
    pub fn is_outdated(&self, now_ms: i64) -> bool {
        self.outdated_from_ms
            .is_some_and(|from_ms| from_ms <= now_ms)
    }

    /// True for the one caller that must render it anew.
    pub fn claim_refresh(&self) -> bool {
        !self.refreshing.swap(true, Ordering::AcqRel)
    }

    /// The new rendering failed; another caller may try.
    pub fn release_refresh(&self) {
        self.refreshing.store(false, Ordering::Release);
    }

    /// The page, or `304` for a caller that has it.
    pub fn answer(&self, request: &HeaderMap, now_ms: i64) -> Response {
        let form = self.best_form(request);
        let known = match (&form.tag, request.typed_get::<IfNoneMatch>()) {
            (Some(tag), Some(known)) => self.status.is_success() && !known.precondition_passes(tag),
            _ => false,
        };
        let mut response = Response::new(match known {
            true => Body::empty(),
            false => Body::from(form.body.clone()),
        });
        *response.headers_mut() = form.headers.clone();
        *response.status_mut() = self.status;
        if known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response.headers_mut().remove(header::CONTENT_ENCODING);
        }
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, self.cache_control(now_ms));
        response
    }

    /// Our first encoding that the caller accepts.
    fn best_form(&self, request: &HeaderMap) -> &Form {
        let mut compressed = self.compressed.iter();
        let taken = compressed.find(|(coding, _)| takes(request, coding));
        taken.map_or(&self.plain, |(_, form)| form)
    }

    /// A shared cache may keep a page while it is fresh here, but not beyond a start or an end. A
    /// browser asks each time, and gets `304`.
    fn cache_control(&self, now_ms: i64) -> HeaderValue {
        if !self.status.is_success() {
            return NOT_KEPT;
        }
        let fresh = self.fresh_until.saturating_duration_since(Instant::now());
        let true_s = self.outdated_from_ms.map_or(u64::MAX, |from_ms| {
            u64::try_from((from_ms - now_ms) / 1_000).unwrap_or(0)
        });
        let shared_s = fresh.as_secs().min(SHARED_LIFE_S).min(true_s);
        let stale_s = SHARED_STALE_S.min(true_s - shared_s);
        let text =
            format!("public, max-age=0, s-maxage={shared_s}, stale-while-revalidate={stale_s}");
        HeaderValue::from_str(&text).unwrap_or(NOT_KEPT)
    }
}

/// The page in one encoding, with its own tag.
fn form(page: &Page, language: Language, tag: &str, body: Bytes) -> Form {
    let tag: Option<ETag> = tag.parse().ok();
    let mut headers = HeaderMap::new();
    describe(&mut headers, language);
    headers.insert(header::CONTENT_SECURITY_POLICY, page.policy.clone());
    if let Some(tag) = &tag {
        headers.typed_insert(tag.clone());
    }
    Form { tag, headers, body }
}

/// Whether the caller accepts a content coding. Weights are not compared: no client prefers gzip.
fn takes(request: &HeaderMap, coding: &str) -> bool {
    let accepted = request
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok());
    accepted.unwrap_or_default().split(',').any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        name.trim() == coding && weight.trim().trim_end_matches(['0', '.']) != "q="
    })
}

/// The highest: a page is compressed once and sent many times.
const BROTLI_QUALITY: u32 = 11;
/// 64 kB, more than a page: a larger window costs memory and gains nothing.
const BROTLI_WINDOW: u32 = 16;
const BUFFER: usize = 4096;

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut compressed = Vec::new();
    let mut writer =
        brotli::CompressorWriter::new(&mut compressed, BUFFER, BROTLI_QUALITY, BROTLI_WINDOW);
    // Writing to memory does not fail.
    let _ = writer.write_all(bytes);
    drop(writer);
    compressed
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::best());
    let _ = writer.write_all(bytes);
    writer.finish().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_encoding_that_the_caller_takes_is_used() {
        for (accepted, name) in [
            ("gzip, deflate, br, zstd", Some("br")),
            ("gzip;q=0.5", Some("gzip")),
            ("br;q=0, gzip", Some("gzip")),
            ("br;q=0.0", None),
            ("identity", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, accepted.parse().unwrap());
            let taken = ["br", "gzip"]
                .into_iter()
                .find(|ours| takes(&headers, ours));
            assert_eq!(taken, name, "{accepted}");
        }
    }
}
