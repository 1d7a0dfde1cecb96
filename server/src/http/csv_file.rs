//! Tables for spreadsheets: RFC 4180, without cells that a spreadsheet would evaluate as a formula.

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use csv::{Terminator, WriterBuilder};

/// Characters that begin a formula in spreadsheets, or that they skip before one.
const BEGINS_FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];
/// The byte order mark: without it spreadsheets assume another encoding than UTF-8.
const MARK: &str = "\u{feff}";

/// Rows as lines of a file.
pub fn lines<'r>(rows: impl IntoIterator<Item = &'r [String]>) -> String {
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .flexible(true)
        .from_writer(Vec::new());
    for row in rows {
        // Writing to memory does not fail.
        let _ = writer.write_record(row.iter().map(|cell| harmless(cell)));
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

/// A cell that begins like a formula gets an apostrophe in front, which spreadsheets read as text.
fn harmless(cell: &str) -> String {
    match cell.starts_with(BEGINS_FORMULA) {
        true => format!("'{cell}"),
        false => cell.to_owned(),
    }
}

/// A file to download, not cached. `name` has letters, digits, hyphens and a dot.
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

/// The first line of a file, with the column names.
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
