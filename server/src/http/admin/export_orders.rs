//! Orders as a file.

use std::{sync::Arc, time::Duration};

use app::{
    port::{Office, Visitor},
    routes,
    wire::{ApiError, ItemId, Language, ListedOrder, OrderId, OrderQuery, OrderState, Permission},
};
use axum::{
    Extension, Router,
    body::Body,
    extract::{DefaultBodyLimit, Form, State, rejection::FormRejection},
    response::{IntoResponse, Response},
    routing::post,
};
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde::Deserialize;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    time::{Instant, timeout_at},
};

use crate::{
    chain::Chain,
    engine::back_office::price,
    http::{
        AppState, csv_file,
        envelope::{self, Envelope},
        pages,
    },
};

/// Exports at a time: each reads the ledger as fast as its client reads the file.
const EXPORTS: usize = 2;
/// Largest number of orders in a file: spreadsheets can still open it.
const MOST_ORDERS: usize = 100_000;
/// Time limit of an export, so that a stalled client blocks others for no longer.
const LONGEST: Duration = Duration::from_mins(5);
#[derive(Clone)]
struct Files {
    office: Office,
    turns: Arc<Semaphore>,
}

pub fn routes(state: &AppState) -> Router {
    Router::new()
        .route(routes::EXPORT_ORDERS, post(export))
        .layer(DefaultBodyLimit::max(envelope::MAX_REQUEST))
        .with_state(Files {
            office: state.office.clone(),
            turns: Arc::new(Semaphore::new(EXPORTS)),
        })
}

/// The filter of the list, as the page sends it.
#[derive(Deserialize)]
struct Filter {
    #[serde(default)]
    search: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    item: String,
}

/// The query of a filter.
///
/// `invalid` when a filter cannot be read: ignoring it would put more orders into the file than wanted.
fn query(filter: Filter) -> Result<OrderQuery, ApiError> {
    let Filter {
        search,
        state,
        item,
    } = filter;
    let invalid = |field: &str| ApiError::Invalid {
        field: field.to_owned(),
    };
    let state = Some(state).filter(|state| !state.is_empty());
    let state = state.map(|state| serde_json::from_value::<OrderState>(state.into()));
    let item = Some(item).filter(|item| !item.is_empty());
    Ok(OrderQuery {
        search: Some(search).filter(|search| !search.is_empty()),
        state: state.transpose().map_err(|_| invalid("state"))?,
        item_id: item
            .map(|item| item.parse::<ItemId>())
            .transpose()
            .map_err(|_| invalid("item"))?,
        before: None,
    })
}

/// `POST /admin/orders/export`: a file of the orders that the filter of the list shows.
async fn export(
    State(files): State<Files>,
    Extension(visitor): Extension<Visitor>,
    filter: Result<Form<Filter>, FormRejection>,
) -> Response {
    let Ok(Form(filter)) = filter else {
        return Envelope(envelope::unreadable()).into_response();
    };
    let query = match query(filter) {
        Ok(query) => query,
        Err(error) => return Envelope(error).into_response(),
    };
    let Some(me) = &visitor.me else {
        return pages::back(routes::ADMIN_ORDERS, Err(ApiError::Unauthenticated));
    };
    if !Permission::ExportOrders.is_given_to(me.role) {
        return Envelope(ApiError::Forbidden).into_response();
    }
    let Ok(turn) = files.turns.clone().try_acquire_owned() else {
        return Envelope(ApiError::Busy { retry_after_s: 5 }).into_response();
    };
    let mut export = Export::begin(files.office, visitor, query, turn);
    // Errors before the answer begins fail the whole export, and nothing is logged.
    let first = match export.part().await {
        Ok(first) => first,
        Err(error) => return pages::back(routes::ADMIN_ORDERS, Err(error)),
    };
    let noted = export.office.begin_export(&export.visitor, &export.query);
    if let Err(error) = noted.await {
        return pages::back(routes::ADMIN_ORDERS, Err(error));
    }
    let columns = [
        "number", "order_id", "buyer", "mobile", "item", "amount", "state", "made_at",
    ];
    let first = stream::iter([Ok(csv_file::head(&columns) + &first)]);
    let body = first.chain(rest(export));
    csv_file::file("orders.csv", Body::from_stream(body))
}

/// An export in progress.
struct Export {
    office: Office,
    visitor: Visitor,
    query: OrderQuery,
    /// The order after which the next part begins; `None` when all are written.
    next: Option<OrderId>,
    written: usize,
    until: Instant,
    /// Dropped with the file, which frees its place.
    _done: oneshot::Sender<()>,
}

impl Export {
    fn begin(
        office: Office,
        visitor: Visitor,
        query: OrderQuery,
        turn: OwnedSemaphorePermit,
    ) -> Export {
        let until = Instant::now() + LONGEST;
        let (done, is_done) = oneshot::channel::<()>();
        // A separate task: the file's own code does not run while its client does not read.
        tokio::spawn(async move {
            let _turn = turn;
            timeout_at(until, is_done).await.ok();
        });
        Export {
            office,
            visitor,
            query,
            next: None,
            written: 0,
            until,
            _done: done,
        }
    }

    /// The next part of the file.
    async fn part(&mut self) -> Result<String, ApiError> {
        if Instant::now() >= self.until {
            return Err(ApiError::Busy { retry_after_s: 1 });
        }
        let query = self.query.clone();
        let part = self.office.export_part(&self.visitor, query, self.next);
        let part = part.await?;
        let rows: Vec<_> = part
            .orders
            .iter()
            .map(|row| cells(row, self.visitor.language))
            .collect();
        let mut text = csv_file::lines(rows.iter().map(|row| &row[..]));
        self.written += rows.len();
        self.next = part.next;
        if self.written >= MOST_ORDERS && self.next.take().is_some() {
            let words = format!("only the latest {} orders are in this file", self.written);
            text += &csv_file::lines([&[words][..]]);
        }
        Ok(text)
    }
}

/// The parts after the first, as fast as the client reads. An interrupted file ends early.
fn rest(export: Export) -> impl Stream<Item = Result<String, std::io::Error>> {
    let parts = stream::try_unfold(export, |mut export| async move {
        if export.next.is_none() {
            return Ok::<_, ApiError>(None);
        }
        let text = export.part().await?;
        Ok(Some((text, export)))
    });
    parts.map_err(|error| {
        tracing::warn!(error = %Chain(&error), "an export of orders ended early");
        std::io::Error::other(error)
    })
}

fn cells(row: &ListedOrder, language: Language) -> [String; 8] {
    let ListedOrder { order, buyer } = row;
    let made = Timestamp::from_millisecond(order.created_at_ms);
    let state = serde_json::to_value(order.state).unwrap_or_default();
    [
        order.number(),
        order.order_id.to_string(),
        buyer.nickname.clone(),
        buyer.mobile.clone(),
        order.title.get(language).to_owned(),
        price::print(order.amount),
        state.as_str().unwrap_or_default().to_owned(),
        made.map_or_else(|_| String::new(), |made| made.to_string()),
    ]
}
