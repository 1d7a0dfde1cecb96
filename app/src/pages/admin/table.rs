//! Tables of the back office. A table wider than the screen scrolls by itself, also by keyboard.

use leptos::prelude::*;

/// The kinds of table, by their class.
#[derive(Clone, Copy)]
pub enum Kind {
    /// One thing a row: orders, buyers, payments.
    List,
    /// Numbers.
    Units,
}

/// A column, by its heading.
#[derive(Clone, Copy)]
pub enum Column {
    /// Aligned as text, or as the kind of table has it.
    Plain(&'static str),
    /// Amounts, aligned to the right.
    Sum(&'static str),
}

/// A table, named for screen readers.
pub fn table(
    kind: Kind,
    name: impl Into<String>,
    columns: impl IntoIterator<Item = Column>,
    rows: impl IntoAny,
) -> AnyView {
    let headings = columns.into_iter().map(heading).collect();
    frame(kind, name.into(), headings, rows.into_any())
}

fn heading(column: Column) -> AnyView {
    let (class, words) = match column {
        Column::Plain(words) => (None, words),
        Column::Sum(words) => (Some("admin__sum"), words),
    };
    view! { <th scope="col" class=class>{words}</th> }.into_any()
}

/// Compiled once, whatever the rows are.
fn frame(kind: Kind, name: String, headings: Vec<AnyView>, rows: AnyView) -> AnyView {
    let class = match kind {
        Kind::List => "admin__list",
        Kind::Units => "admin__units",
    };
    view! {
        <div class="admin__scroll" tabindex="0" role="group" aria-label=name>
            <table class=class>
                <thead>
                    <tr>{headings}</tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}
