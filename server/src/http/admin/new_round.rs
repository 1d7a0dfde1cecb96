//! `/admin/rounds/new`: the form of a new round: empty, a copy of another round, or as it was sent. The first press
//! checks it, the second adds the round.

use std::time::Duration;

use app::{
    pages::{MAX_ITEMS, RoundForm},
    port::{Office, Shop, Visitor},
    routes,
    wire::{ApiError, Permission, ProductId, RoundId},
};
use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, Query, Request, State},
    http::{StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};

use super::{
    super::AppState,
    form_with_files::{self, FileLimits, SentForm},
    round_form,
};
use crate::{
    engine::products::add_picture::MAX_FILE,
    http::{envelope::Envelope, pages, renderer::Renderer},
};

/// Pictures accepted with one press: about as many as can be decoded before [`TO_TAKE_PICTURES`] ends.
const PICTURES: FileLimits = FileLimits {
    bytes: MAX_FILE,
    count: 4,
};
/// Time from the start of the request in which pictures are accepted. The rest is for the form, which would be lost
/// if the request timed out.
const TO_TAKE_PICTURES: Duration = Duration::from_secs(7);
/// Empty rows for items in a new form, and how many more a press adds.
const MORE_ROWS: usize = 3;

#[derive(Clone)]
struct NewRounds {
    shop: Shop,
    office: Office,
    renderer: Renderer,
    utc_offset_min: i32,
}

pub fn routes(state: &AppState, renderer: Renderer) -> Router {
    Router::new()
        .route(routes::NEW_ROUND, get(show).post(send))
        .layer(DefaultBodyLimit::max(form_with_files::MAX_FORM))
        .with_state(NewRounds {
            shop: state.shop.clone(),
            office: state.office.clone(),
            renderer,
            utc_offset_min: state.settings.shop.utc_offset_min,
        })
}

fn invalid(field: &str) -> ApiError {
    ApiError::Invalid {
        field: field.to_owned(),
    }
}

#[derive(Deserialize)]
struct FilledBy {
    copy: Option<String>,
    product: Option<String>,
}

async fn show(
    State(rounds): State<NewRounds>,
    Extension(visitor): Extension<Visitor>,
    Query(FilledBy { copy, product }): Query<FilledBy>,
    uri: Uri,
) -> Response {
    if visitor.me.is_none() {
        return pages::sign_in_first(&uri);
    }
    let mut form = RoundForm {
        empty_rows: MORE_ROWS,
        ..RoundForm::default()
    };
    if let Some(copied) = copy.and_then(|id| id.parse::<RoundId>().ok()) {
        match rounds.office.round(&visitor, copied).await {
            Ok(draft) if draft.items.len() > MAX_ITEMS => {
                form.problem = Some(invalid("too_many_items"));
            }
            Ok(draft) => {
                let now_ms = rounds.shop.now_ms();
                form.values = round_form::copy(&draft, now_ms, rounds.utc_offset_min);
            }
            Err(_) => form.problem = Some(invalid("copy")),
        }
    }
    if let Some(product_id) = product.and_then(|id| id.parse::<ProductId>().ok()) {
        match rounds.office.product(&visitor, product_id).await {
            Ok(product) => form.values = round_form::with_product(&product),
            Err(_) => form.problem = Some(invalid("product")),
        }
    }
    rounds.page(visitor, form).await
}

async fn send(
    State(rounds): State<NewRounds>,
    Extension(visitor): Extension<Visitor>,
    request: Request,
) -> Response {
    let until = Instant::now() + TO_TAKE_PICTURES;
    // The body is this large only for permitted callers.
    let Some(me) = &visitor.me else {
        return pages::sign_in_first(&Uri::from_static(routes::NEW_ROUND));
    };
    if !Permission::PrepareRounds.is_given_to(me.role) {
        return Envelope(ApiError::Forbidden).into_response();
    }
    let sent = match form_with_files::read(request, PICTURES).await {
        Ok(sent) => rounds.with_pictures(&visitor, sent, until).await,
        Err(error) => return Envelope(error).into_response(),
    };
    let checked = sent.iter().find(|(name, _)| name == "checked");
    let checked = checked.map(|(_, key)| key.to_owned());
    let pressed = sent.iter().find(|(name, _)| name == "do");
    let pressed = pressed.map_or("check", |(_, value)| value).to_owned();
    let mut form = RoundForm {
        values: round_form::values(sent),
        ..RoundForm::default()
    };
    if pressed == "rows" {
        form.empty_rows = MORE_ROWS;
    }
    if let Some(field) = round_form::take_picture_problem(&mut form.values) {
        form.problem = Some(ApiError::Invalid { field });
        return rounds.page(visitor, form).await;
    }
    if pressed == "rows" {
        return rounds.page(visitor, form).await;
    }
    let to_add = checked.filter(|_| pressed == "add");
    match rounds.check_or_add(&visitor, &mut form, to_add).await {
        Ok(true) => (
            StatusCode::SEE_OTHER,
            [(header::LOCATION, routes::ADMIN_ROUNDS)],
        )
            .into_response(),
        Ok(false) => rounds.page(visitor, form).await,
        Err(ApiError::Unauthenticated) => {
            pages::sign_in_first(&Uri::from_static(routes::NEW_ROUND))
        }
        Err(error) => {
            form.problem = Some(round_form::named_as_in_the_form(error));
            rounds.page(visitor, form).await
        }
    }
}

impl NewRounds {
    /// The form's fields after its pictures were added to the shop, even when the form is shown again. For a refused
    /// picture, a field beside its item has the reason.
    async fn with_pictures(
        &self,
        visitor: &Visitor,
        sent: SentForm,
        until: Instant,
    ) -> Vec<(String, String)> {
        let SentForm { mut fields, files } = sent;
        for (name, file) in files {
            let added = match file {
                // A picture added after the time limit is found when it is sent again.
                Some(file) => timeout_at(until, self.office.add_picture(visitor, file))
                    .await
                    .unwrap_or(Err(ApiError::Busy { retry_after_s: 1 })),
                None => Err(invalid("picture_large")),
            };
            fields.push(match added {
                Ok(added) => (round_form::picture_url_field(&name), added.picture_url),
                Err(ApiError::Invalid { field }) => {
                    (round_form::picture_problem_field(&name), field)
                }
                Err(_) => (
                    round_form::picture_problem_field(&name),
                    "picture_busy".to_owned(),
                ),
            });
        }
        fields
    }

    /// True if the round was added, because its key is `to_add`. Otherwise it is valid and is shown with its figures.
    async fn check_or_add(
        &self,
        visitor: &Visitor,
        form: &mut RoundForm,
        to_add: Option<String>,
    ) -> Result<bool, ApiError> {
        let draft = round_form::draft(&form.values, self.utc_offset_min);
        let draft = draft.map_err(|field| ApiError::Invalid { field })?;
        self.office.check_round(visitor, draft.clone())?;
        let is_add = to_add.is_some_and(|checked| checked == draft.key.as_str());
        if is_add {
            self.office.add_round(visitor, draft).await?;
        } else {
            form.checked = Some(draft);
        }
        Ok(is_add)
    }

    /// The page with the form's current content.
    async fn page(&self, visitor: Visitor, form: RoundForm) -> Response {
        let problem = form.problem.as_ref().map(ApiError::status);
        let uri = Uri::from_static(routes::NEW_ROUND);
        pages::form_again(&self.renderer, uri, visitor, form, problem).await
    }
}
