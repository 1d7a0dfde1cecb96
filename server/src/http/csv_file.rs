//! Tables for spreadsheets: RFC 4180, and no cell that a spreadsheet would take for a formula.

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use csv::{Terminator, WriterBuilder};

/// What spreadsheets take for a formula, or skip before one.
const BEGINS_FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];
/// Without it spreadsheets read another encoding than UTF-8.
const MARK: &str = "\u{feff}";

/// Rows as lines of a file.
pub fn lines<'r>(rows: impl IntoIterator<Item = &'r [String]>) -> String {
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .flexible(true)
        .from_writer(Vec::new());
    for row in rows {
        // Into memory: nothing of it fails.
        let _ = writer.write_record(row.iter().map(|cell| harmless(cell)));
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

/// A cell that begins like a formula begins with an apostrophe instead, by which spreadsheets know a text.
fn harmless(cell: &str) -> String {
    match cell.starts_with(BEGINS_FORMULA) {
        true => format!("'{cell}"),
        false => cell.to_owned(),
    }
}

/// A file to be kept, for nobody else. `name` has letters, digits, hyphens and a dot.
pub fn file(name: &str, body: Body) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let disposition = HeaderValue::from_str(&disposition);
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/csv; charset=utf-8"),
        ),
        (
            header::CONTENT_DISPOSITION,
            disposition.unwrap_or(HeaderValue::from_static("attachment")),
        ),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-store"),
        ),
    ];
    (headers, body).into_response()
}

/// How a file begins.
pub fn head(columns: &[&str]) -> String {
    let columns: Vec<String> = columns.iter().map(|&column| column.to_owned()).collect();
    format!("{MARK}{}", lines([&columns[..]]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be_and_never_a_formula() {
        let row = [
            "plain",
            "a,b",
            "say \"yes\"",
            "two\r\nlines",
            "=1+1",
            "+1",
            "-1",
            "@a",
            "\ta",
            "\ra",
            "1-1",
            "",
        ]
        .map(str::to_owned);
        assert_eq!(
            lines([&row[..]]),
            "plain,\"a,b\",\"say \"\"yes\"\"\",\"two\r\nlines\",'=1+1,'+1,'-1,'@a,'\ta,\"'\ra\",1-1,\r\n"
        );
        assert_eq!(head(&["order", "state"]), "\u{feff}order,state\r\n");
    }
}
