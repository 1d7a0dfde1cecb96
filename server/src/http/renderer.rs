//! A page of the app as bytes, with the policy for its scripts.

use std::{future::Future, pin::Pin, sync::Arc};

use app::{
    app::shell,
    port::Visitor,
    start::{PageFiles, inline_scripts},
    wire::{ApiError, Language},
};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header, response::Parts},
    response::Response,
};
use leptos_axum::render_app_async_with_context;

use super::{AppState, content_security, envelope::internal};

/// Largest page that is rendered, in bytes; ours are some ten kilobytes.
const MAX_PAGE: usize = 4 * 1024 * 1024;

/// A page as bytes.
pub struct Page {
    pub status: StatusCode,
    /// Headers from the page itself: its type, and perhaps a redirect.
    pub headers: HeaderMap,
    pub policy: HeaderValue,
    pub html: Bytes,
}

type Render = dyn Fn(Request) -> Pin<Box<dyn Future<Output = Response> + Send>> + Send + Sync;

/// Renders pages through the app.
#[derive(Clone)]
pub struct Renderer {
    render: Arc<Render>,
    /// The known inline scripts of pages. See [`content_security::policy`].
    scripts: Arc<[String]>,
    pay_page: Option<Arc<str>>,
}

impl Renderer {
    pub fn new(state: &AppState, files: &PageFiles) -> Self {
        // The first router of a process starts it; an error only means that it runs already.
        let _ = any_spawner::Executor::init_tokio();
        let shown = files.clone();
        let render = render_app_async_with_context(state.context(), move || shell(shown.clone()));
        Self {
            render: Arc::new(render),
            scripts: inline_scripts(files).into(),
            pay_page: state.settings.pay_page.as_deref().map(Arc::from),
        }
    }

    /// Renders the page at `uri` for `visitor`, and computes its policy.
    pub async fn render(&self, uri: Uri, visitor: Visitor) -> Result<Page, ApiError> {
        self.answer(request(uri, visitor)).await
    }

    /// The same for a page with a form, as it was filled in.
    pub async fn render_form<F: Clone + Send + Sync + 'static>(
        &self,
        uri: Uri,
        visitor: Visitor,
        form: F,
    ) -> Result<Page, ApiError> {
        let mut request = request(uri, visitor);
        request.extensions_mut().insert(form);
        self.answer(request).await
    }

    async fn answer(&self, request: Request) -> Result<Page, ApiError> {
        let (
            Parts {
                status, headers, ..
            },
            body,
        ) = (self.render)(request).await.into_parts();
        let html = to_bytes(body, MAX_PAGE)
            .await
            .map_err(|_| internal("a page is too large"))?;
        let html = std::str::from_utf8(&html).map_err(|_| internal("a page is not UTF-8"))?;
        let html = without_nonce(html);
        let policy = content_security::policy(&html, &self.scripts, self.pay_page.as_deref());
        let policy =
            HeaderValue::from_str(&policy).map_err(|_| internal("a page has no policy"))?;
        let html = html.into();
        Ok(Page {
            status,
            headers,
            policy,
            html,
        })
    }
}

fn request(uri: Uri, visitor: Visitor) -> Request {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = uri;
    request.extensions_mut().insert(visitor);
    request
}

/// Leptos marks its scripts with a nonce. Ours are allowed by their hashes; without the nonce an
/// unchanged page has the same bytes on every instance of the server, which allows `304`.
fn without_nonce(html: &str) -> String {
    const ATTRIBUTE: &str = " nonce=\"";
    let mut rest = html.split(ATTRIBUTE);
    let mut plain = rest.next().unwrap_or_default().to_owned();
    for marked in rest {
        plain.push_str(marked.split_once('"').map_or(marked, |(_, after)| after));
    }
    plain
}

/// Headers about the page's language.
pub fn describe(headers: &mut HeaderMap, language: Language) {
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(
        header::CONTENT_LANGUAGE,
        HeaderValue::from_static(language.tag()),
    );
    headers.insert(
        header::VARY,
        HeaderValue::from_static("accept-language, cookie, accept-encoding"),
    );
}
