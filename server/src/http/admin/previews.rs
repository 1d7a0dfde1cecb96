//! `/admin/rounds/{id}/preview/{moment}` and `…/{item}`: the pages of a round as shoppers will see them. They load no
//! wasm: a real page's panel would call the real sale.

use app::{
    Moment, Preview,
    port::{Office, Visitor},
    routes::{self, pattern},
    start::FRAMEWORK,
    wire::{ApiError, ItemId, RoundId},
};
use axum::{
    Extension, Router,
    extract::{Path, State},
    http::{HeaderValue, Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};

use crate::http::{
    AppState, content_security, envelope::Envelope, pages, renderer::Renderer, visitor,
};

#[derive(Clone)]
struct Previews {
    office: Office,
    renderer: Renderer,
    policy: HeaderValue,
}

pub fn routes(state: &AppState, renderer: Renderer) -> Router {
    let policy = content_security::preview_policy(&FRAMEWORK);
    Router::new()
        .route(pattern::PREVIEW, get(rounds))
        .route(pattern::PREVIEW_OF_ITEM, get(item))
        .with_state(Previews {
            office: state.office.clone(),
            renderer,
            policy: HeaderValue::try_from(policy).expect("visible ASCII"),
        })
}

async fn rounds(
    State(previews): State<Previews>,
    Extension(visitor): Extension<Visitor>,
    Path((round_id, moment)): Path<(String, String)>,
    uri: Uri,
) -> Response {
    previews
        .page(visitor, &uri, (&round_id, &moment), None)
        .await
}

async fn item(
    State(previews): State<Previews>,
    Extension(visitor): Extension<Visitor>,
    Path((round_id, moment, item_id)): Path<(String, String, String)>,
    uri: Uri,
) -> Response {
    previews
        .page(visitor, &uri, (&round_id, &moment), Some(&item_id))
        .await
}

impl Previews {
    async fn page(
        &self,
        visitor: Visitor,
        asked: &Uri,
        (round_id, moment): (&str, &str),
        item_id: Option<&str>,
    ) -> Response {
        if visitor.me.is_none() {
            return pages::sign_in_first(asked);
        }
        let page = match item_id.map(str::parse::<ItemId>) {
            None => Some(routes::HOME.to_owned()),
            Some(item_id) => item_id.ok().map(routes::item),
        };
        let page = page.and_then(|page| page.parse::<Uri>().ok());
        let round_id = round_id.parse::<RoundId>().ok();
        let (Some(page), Some(round_id), Some(moment)) = (page, round_id, Moment::of(moment))
        else {
            return Envelope(ApiError::NotFound).into_response();
        };
        let found = self.office.round_preview(&visitor, round_id).await;
        let (round, items) = match found {
            Ok(found) => found,
            Err(error) => return Envelope(error).into_response(),
        };
        let preview = Preview::new(moment, round, items);
        let anybody = visitor::anybody(visitor.language);
        let mut response = pages::form_again(&self.renderer, page, anybody, preview, None).await;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, self.policy.clone());
        response
    }
}
