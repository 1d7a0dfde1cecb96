//! The server functions under `/api`.

use std::collections::BTreeMap;

use app::{
    api::{
        BeginSecondFactor, ChangePassword, ConfirmSecondFactor, EndLogIn, EndOtherLogIns, GetItem,
        GetRounds, Login, Logout, Register, RemoveSecondFactor,
    },
    routes::pattern,
    wire::ApiError,
};
use axum::{
    Router,
    body::HttpBody as _,
    extract::Request,
    http::{HeaderValue, Method, header},
    response::{IntoResponse, Response},
    routing::{MethodFilter, MethodRouter, any},
};
use leptos_axum::handle_server_fns_with_context;
use server_fn::ServerFn;

use super::{
    AppState,
    envelope::{self, Envelope},
    sale_calls,
};

/// Publicly cacheable for a moment: the catalogue.
const CACHEABLE: [&str; 2] = [GetRounds::PATH, GetItem::PATH];
/// Called by forms that work without JavaScript: form-encoded, and answered with a redirect.
const FORMS: [&str; 9] = [
    Register::PATH,
    Login::PATH,
    Logout::PATH,
    ChangePassword::PATH,
    EndLogIn::PATH,
    EndOtherLogIns::PATH,
    BeginSecondFactor::PATH,
    ConfirmSecondFactor::PATH,
    RemoveSecondFactor::PATH,
];

/// A route for each server function. The purchase is not among them: it has no static address.
pub fn routes(state: &AppState) -> Router<AppState> {
    let mut by_path: BTreeMap<&str, MethodRouter<AppState>> = BTreeMap::new();
    for (path, method) in server_fn::axum::server_fn_paths() {
        let state = state.clone();
        let method = match method {
            Method::GET => MethodFilter::GET,
            _ => MethodFilter::POST,
        };
        let handler = move |request: Request| run(state, request);
        let at_path = by_path.remove(path);
        let at_path = at_path.unwrap_or_else(|| MethodRouter::new().fallback(wrong_method));
        by_path.insert(path, at_path.on(method, handler));
    }
    let router = by_path
        .into_iter()
        .fold(Router::new(), |router, (path, handlers)| {
            router.route(path, handlers)
        });
    router.route(pattern::CALLS, any(nothing))
}

/// Runs the server function at the request's address.
pub async fn run(state: AppState, request: Request) -> Response {
    let mut request = match envelope::bounded(request).await {
        Ok(request) => request,
        Err(error) => return Envelope(error).into_response(),
    };
    if request.method() == Method::HEAD {
        // The framework only knows GET; the body is dropped later.
        *request.method_mut() = Method::GET;
    }
    let is_form = FORMS.contains(&request.uri().path());
    if !is_readable(&request, is_form) {
        return Envelope(envelope::unreadable()).into_response();
    }
    let mut request = match sale_calls::answer(&state, request).await {
        Ok(answered) => return answered,
        Err(request) => request,
    };
    if !is_form {
        // For callers that accept HTML the framework redirects to the `Referer`, which lets any
        // site choose the target. Only forms redirect, and they choose the target themselves.
        request
            .headers_mut()
            .insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    }
    let cacheable = CACHEABLE.contains(&request.uri().path());
    let answer = handle_server_fns_with_context(state.context(), request).await;
    let mut response = envelope::finish(answer.into_response());
    if cacheable && response.status().is_success() {
        let moment = HeaderValue::from_static("public, max-age=5");
        response.headers_mut().insert(header::CACHE_CONTROL, moment);
    }
    response
}

/// The framework parses any body as the expected type; here its content type must be right.
fn is_readable(request: &Request, is_form: bool) -> bool {
    let expected = match is_form {
        true => "application/x-www-form-urlencoded",
        false => "application/json",
    };
    request.method().is_safe()
        || envelope::says(request, expected)
        || (!request.headers().contains_key(header::CONTENT_TYPE)
            && request.body().size_hint().exact() == Some(0))
}

async fn nothing() -> Envelope {
    Envelope(ApiError::NotFound)
}

/// The address exists, but not for this method.
async fn wrong_method() -> Response {
    let mut response = Envelope(ApiError::NotFound).into_response();
    *response.status_mut() = axum::http::StatusCode::METHOD_NOT_ALLOWED;
    response
}
