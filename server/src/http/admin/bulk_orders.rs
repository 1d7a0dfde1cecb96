//! Orders as a file, and a file of what was shipped.

use std::sync::Arc;

use app::{
    pages::{MAX_SHIP_LIST, ShipListForm},
    port::{Office, Visitor},
    routes,
    wire::{ApiError, ListedOrder, OrderQuery, OrderState, Permission, ShipLine},
};
use axum::{
    Extension, Router,
    body::Body,
    extract::{DefaultBodyLimit, Form, Request, State, rejection::FormRejection},
    http::Uri,
    response::{IntoResponse, Response},
    routing::post,
};
use csv::{ReaderBuilder, StringRecord, Trim};
use futures::{Stream, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::form_with_files::{self, FileLimits, SentForm};
use crate::{
    chain::Chain,
    engine::back_office::price,
    http::{
        AppState, csv_file,
        envelope::{self, Envelope},
        pages,
        renderer::Renderer,
    },
};

/// Files that are made at once: each reads the ledger as fast as it is taken.
const EXPORTS: usize = 2;
/// Orders of a file: what a spreadsheet still opens.
const MOST_ORDERS: usize = 100_000;
/// The file of a list that was shipped.
const LIST: FileLimits = FileLimits {
    bytes: MAX_SHIP_LIST,
    count: 1,
};

#[derive(Clone)]
struct Orders {
    office: Office,
    renderer: Renderer,
    exports: Arc<Semaphore>,
}

/// The routes.
pub fn routes(state: &AppState, renderer: Renderer) -> Router {
    Router::new()
        .route(routes::EXPORT_ORDERS, post(export))
        .layer(DefaultBodyLimit::max(envelope::MAX_REQUEST))
        .route(
            routes::SHIP_LIST,
            post(ship_list).layer(DefaultBodyLimit::max(form_with_files::MAX_FORM)),
        )
        .with_state(Orders {
            office: state.office.clone(),
            renderer,
            exports: Arc::new(Semaphore::new(EXPORTS)),
        })
}

/// What the screen was filtered by, in its own words.
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
/// # Errors
/// `invalid` for what cannot be read: without it the file would have more than was asked for.
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
            .map(|item| item.parse())
            .transpose()
            .map_err(|_| invalid("item"))?,
        before: None,
    })
}

/// `POST /admin/orders/export`: a file of the orders that the filter of the list shows.
async fn export(
    State(orders): State<Orders>,
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
    let Ok(turn) = orders.exports.clone().try_acquire_owned() else {
        return Envelope(ApiError::Busy { retry_after_s: 5 }).into_response();
    };
    let office = orders.office;
    if let Err(error) = office.begin_export(&visitor, &query).await {
        return pages::back(routes::ADMIN_ORDERS, Err(error));
    }
    let columns = [
        "number", "order_id", "buyer", "mobile", "item", "amount", "state", "made_at",
    ];
    let head = stream::iter([Ok(csv_file::head(&columns))]);
    let lines = lines(Export {
        office,
        visitor,
        query,
        written: 0,
        _turn: turn,
    });
    // The head comes with the first lines or not at all: an error before them is an error of the whole.
    let body = futures::StreamExt::chain(head, lines);
    csv_file::file("orders.csv", Body::from_stream(body))
}

/// A file that is being made.
struct Export {
    office: Office,
    visitor: Visitor,
    query: OrderQuery,
    written: usize,
    _turn: OwnedSemaphorePermit,
}

/// A part of the file after the other, as fast as they are taken. A file that breaks off says so by ending early.
fn lines(export: Export) -> impl Stream<Item = Result<String, std::io::Error>> {
    let parts = stream::try_unfold(Some(export), |export| async move {
        let Some(mut export) = export else {
            return Ok::<_, ApiError>(None);
        };
        let before = export.query.before;
        let query = export.query.clone();
        let part = export
            .office
            .export_part(&export.visitor, query, before)
            .await?;
        let rows: Vec<_> = part
            .orders
            .iter()
            .map(|row| cells(row, export.visitor.language))
            .collect();
        let mut text = csv_file::lines(rows.iter().map(|row| &row[..]));
        export.written += rows.len();
        export.query.before = part.next;
        let is_cut = export.written >= MOST_ORDERS && part.next.is_some();
        if is_cut {
            let words = format!("only the latest {} orders are in this file", export.written);
            text += &csv_file::lines([&[words][..]]);
        }
        let more = (part.next.is_some() && !is_cut).then_some(export);
        Ok(Some((text, more)))
    });
    parts.map_err(|error| {
        tracing::warn!(error = %Chain(&error), "a file of orders breaks off");
        std::io::Error::other(error)
    })
}

fn cells(row: &ListedOrder, language: app::wire::Language) -> [String; 8] {
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

/// `POST /admin/orders/ship`: a file of what was shipped is looked at first, and done by a second press.
async fn ship_list(
    State(orders): State<Orders>,
    Extension(visitor): Extension<Visitor>,
    request: Request,
) -> Response {
    let page = Uri::from_static(routes::SHIP_LIST);
    // Nobody else has a body of this size read.
    let Some(me) = &visitor.me else {
        return pages::sign_in_first(&page);
    };
    if !Permission::ShipOrders.is_given_to(me.role) {
        return Envelope(ApiError::Forbidden).into_response();
    }
    let sent = match form_with_files::read(request, LIST).await {
        Ok(sent) => sent,
        Err(error) => return Envelope(error).into_response(),
    };
    let is_pressed = sent.fields.contains(&("do".to_owned(), "ship".to_owned()));
    let mut form = ShipListForm::default();
    let done = match text(sent) {
        Ok(text) => {
            form.text = text;
            match ship_lines(&form.text) {
                Ok(read) => {
                    form.heading = read.heading;
                    let office = &orders.office;
                    office.ship_list(&visitor, read.lines, is_pressed).await
                }
                Err(line) => Err(ApiError::Invalid {
                    field: format!("line {line}"),
                }),
            }
        }
        Err(field) => Err(ApiError::Invalid {
            field: field.to_owned(),
        }),
    };
    let status = match done {
        Ok(list) => {
            let is_wrong = list.wrong() > 0;
            form.list = Some(list);
            is_wrong.then_some(422)
        }
        Err(error) => {
            let status = error.status();
            form.problem = Some(error);
            Some(status)
        }
    };
    pages::form_again(&orders.renderer, page, visitor, form, status).await
}

/// The list: the file, or what was typed where none was chosen.
fn text(sent: SentForm) -> Result<String, &'static str> {
    if let Some((_, file)) = sent.files.into_iter().next() {
        let file = file.ok_or("large")?;
        return String::from_utf8(file).map_err(|_| "encoding");
    }
    let typed = sent.fields.into_iter().find(|(name, _)| name == "text");
    let text = typed.map(|(_, text)| text).unwrap_or_default();
    match text.len() > MAX_SHIP_LIST {
        true => Err("large"),
        false => Ok(text),
    }
}

/// What a list says.
#[derive(Debug, Default, PartialEq, Eq)]
struct ReadList {
    /// The line that was taken for its heading.
    heading: Option<u64>,
    lines: Vec<ShipLine>,
}

/// How the first cell of a heading begins, in small letters.
const HEADINGS: [&str; 4] = ["order", "number", "id", "订单"];

/// Whether these are the names of columns: by the first of them, or because the last is no carrier's number, which has
/// digits. An order's number may have none.
fn is_heading(cells: &[&str]) -> bool {
    let first = cells.first().map(|cell| cell.to_lowercase());
    let is_named = first.is_some_and(|cell| HEADINGS.iter().any(|word| cell.starts_with(word)));
    let is_without_number = |cell: &&str| !cell.contains(|c: char| c.is_ascii_digit());
    is_named || cells.get(2).is_some_and(is_without_number)
}

/// The lines of a list: order, carrier, number.
///
/// # Errors
/// The line that is none.
fn ship_lines(text: &str) -> Result<ReadList, u64> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let mut read = ReadList::default();
    let mut record = StringRecord::new();
    loop {
        let line = reader.position().line();
        match reader.read_record(&mut record) {
            Ok(false) => return Ok(read),
            Ok(true) => {}
            Err(_) => return Err(line),
        }
        let line = record.position().map_or(line, csv::Position::line);
        let cells: Vec<&str> = record.iter().collect();
        let is_first = read.heading.is_none() && read.lines.is_empty();
        if is_first && is_heading(&cells) {
            read.heading = Some(line);
            continue;
        }
        let &[order, carrier, number] = &cells[..] else {
            return Err(line);
        };
        read.lines.push(ShipLine {
            line,
            order: order.to_owned(),
            carrier: carrier.to_owned(),
            number: number.to_owned(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_with_its_line_numbers_and_without_its_head() {
        let read = ship_lines(
            "\u{feff}order,carrier,number\r\n0A1B2C3D4E, SF ,SF1234\r\n\r\n\"1\",\"a,b\",X-1\r\n",
        );
        let ReadList { heading, lines } = read.unwrap();
        assert_eq!(heading, Some(1));
        let read: Vec<_> = lines
            .iter()
            .map(|line| (line.line, line.order.as_str(), line.carrier.as_str()))
            .collect();
        assert_eq!(read, [(2, "0A1B2C3D4E", "SF"), (4, "1", "a,b")]);
        assert_eq!(ship_lines("0A1B2C3D4E,SF,1\n0A1B2C3D4E,SF\n"), Err(2));
        assert_eq!(ship_lines(""), Ok(ReadList::default()));
    }

    #[test]
    fn a_first_order_whose_number_has_no_digit_is_no_heading() {
        let read = ship_lines("ABCDEFABCD,SF,SF1234\n").unwrap();
        assert_eq!((read.heading, read.lines.len()), (None, 1));
        for heading in [
            "订单号,承运商,单号\n",
            "Order ID,Carrier,No. 1\n",
            "a,b,c\n",
        ] {
            let read = ship_lines(&format!("{heading}ABCDEFABCD,SF,SF1234\n")).unwrap();
            assert_eq!((read.heading, read.lines.len()), (Some(1), 1), "{heading}");
        }
    }
}
