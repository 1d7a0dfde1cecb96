//! The server functions under `/api`.

use app::{api::Purchase, wire::ApiError};
use axum::{
    Router,
    body::HttpBody as _,
    extract::Request,
    http::{HeaderValue, Method, header},
    response::{IntoResponse, Response},
    routing::{any, on},
};
use leptos_axum::handle_server_fns_with_context;
use server_fn::ServerFn;

use super::{
    Doors,
    envelope::{self, Envelope},
};

/// Cacheable by anybody for a moment: the catalogue.
const CACHEABLE: [&str; 2] = ["/api/rounds", "/api/item"];
/// Called by forms that work without JavaScript: form-encoded, and answered with a redirect.
const FORMS: [&str; 3] = ["/api/register", "/api/login", "/api/logout"];

/// A route for each server function but the purchase: that one has no static address.
pub fn routes(doors: &Doors) -> Router<Doors> {
    let mut router = Router::new();
    for (path, method) in server_fn::axum::server_fn_paths() {
        if path == Purchase::PATH {
            continue;
        }
        let doors = doors.clone();
        let method = match method {
            Method::GET => axum::routing::MethodFilter::GET,
            _ => axum::routing::MethodFilter::POST,
        };
        let handler = on(method, move |request: Request| run(doors, request));
        router = router.route(path, handler.fallback(wrong_method));
    }
    router.route("/api/{*rest}", any(nothing))
}

/// Runs the server function at the request's address.
pub async fn run(doors: Doors, request: Request) -> Response {
    let mut request = match envelope::bounded(request).await {
        Ok(request) => request,
        Err(refusal) => return refusal,
    };
    let is_form = FORMS.contains(&request.uri().path());
    if !is_readable(&request, is_form) {
        return Envelope(ApiError::Invalid {
            field: "body".to_owned(),
        })
        .into_response();
    }
    if !is_form {
        // Whoever asks for HTML is sent to the `Referer` by the framework: any site could have
        // itself led back to. Only forms redirect, and they say themselves where to.
        request
            .headers_mut()
            .insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    }
    let cacheable = CACHEABLE.contains(&request.uri().path());
    let answer = handle_server_fns_with_context(doors.context(), request).await;
    let mut response = envelope::finish(answer.into_response()).await;
    if cacheable && response.status().is_success() {
        let moment = HeaderValue::from_static("public, max-age=5");
        response.headers_mut().insert(header::CACHE_CONTROL, moment);
    }
    response
}

/// The framework reads any body as what it hopes for; here it must say what it is.
fn is_readable(request: &Request, is_form: bool) -> bool {
    let expected = match is_form {
        true => "application/x-www-form-urlencoded",
        false => "application/json",
    };
    match request.headers().get(header::CONTENT_TYPE) {
        Some(said) => {
            let said = said.to_str().unwrap_or_default();
            let essence = said.split(';').next().unwrap_or_default().trim();
            request.method().is_safe() || essence.eq_ignore_ascii_case(expected)
        }
        None => request.method().is_safe() || request.body().size_hint().exact() == Some(0),
    }
}

async fn nothing() -> Envelope {
    Envelope(ApiError::NotFound)
}

/// There is something here, but not for this verb.
async fn wrong_method() -> Response {
    let mut response = Envelope(ApiError::NotFound).into_response();
    *response.status_mut() = axum::http::StatusCode::METHOD_NOT_ALLOWED;
    response
}
