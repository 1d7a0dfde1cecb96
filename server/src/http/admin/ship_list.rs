//! Uploads of shipped orders as a file.

use app::{
    pages::{MAX_SHIP_LIST, ShipListForm},
    port::{Office, Visitor},
    routes,
    wire::{ApiError, Permission, ShipLine},
};
use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, Request, State},
    http::Uri,
    response::{IntoResponse, Response},
    routing::post,
};
use csv::{ReaderBuilder, StringRecord, Trim};

use super::form_with_files::{self, FileLimits, SentForm};
use crate::http::{AppState, envelope::Envelope, pages, renderer::Renderer};

/// Limits on the uploaded list.
const LIST: FileLimits = FileLimits {
    bytes: MAX_SHIP_LIST,
    count: 1,
};

#[derive(Clone)]
struct Orders {
    office: Office,
    renderer: Renderer,
}

pub fn routes(state: &AppState, renderer: Renderer) -> Router {
    Router::new()
        .route(
            routes::SHIP_LIST,
            post(ship_list).layer(DefaultBodyLimit::max(form_with_files::MAX_FORM)),
        )
        .with_state(Orders {
            office: state.office.clone(),
            renderer,
        })
}

/// `POST /admin/orders/ship`: the first press checks the uploaded list, the second ships its orders.
async fn ship_list(
    State(orders): State<Orders>,
    Extension(visitor): Extension<Visitor>,
    request: Request,
) -> Response {
    let page = Uri::from_static(routes::SHIP_LIST);
    // The body is this large only for permitted callers.
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

/// The list: the file, or the typed text if no file was chosen.
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

/// A parsed list.
#[derive(Debug, Default, PartialEq, Eq)]
struct ReadList {
    /// The line that was recognised as the heading.
    heading: Option<u64>,
    lines: Vec<ShipLine>,
}

/// Possible beginnings of a heading's first cell, in lower case.
const HEADINGS: [&str; 4] = ["order", "number", "id", "订单"];

/// Whether these are column names: by the first cell, or because the last has no digits, as a carrier's number must.
/// An order's number may have none.
fn is_heading(cells: &[&str]) -> bool {
    let first = cells.first().map(|cell| cell.to_lowercase());
    let is_named = first.is_some_and(|cell| HEADINGS.iter().any(|word| cell.starts_with(word)));
    let is_without_number = |cell: &&str| !cell.contains(|c: char| c.is_ascii_digit());
    is_named || cells.get(2).is_some_and(is_without_number)
}

/// The lines of a list: order, carrier, number.
///
/// # Errors
/// The line that cannot be read.
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
        let line = line_at(text, reader.position());
        match reader.read_record(&mut record) {
            Ok(false) => return Ok(read),
            Ok(true) => {}
            Err(_) => return Err(line),
        }
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

/// The line, from 1, that is read next from `position`. The reader's own count omits empty lines and the second half
/// of the line end before it.
fn line_at(text: &str, position: &csv::Position) -> u64 {
    let at = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let (before, rest) = text.split_at_checked(at).unwrap_or((text, ""));
    let skipped = rest.len() - rest.trim_start_matches(['\r', '\n']).len();
    let ends = [before, &rest[..skipped]].map(|part| part.matches('\n').count() as u64);
    1 + ends[0] + ends[1]
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
