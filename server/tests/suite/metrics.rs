//! Every metric recorded in the sources is described in one table and documented, and no others
//! are.

use std::collections::BTreeSet;

use server::telemetry::metrics::METRICS;

use crate::support::repository::{read, sources};

/// A recorded metric: name, kind, and the names of its labels.
type Use = (String, &'static str, Vec<String>);

/// The sources that may record metrics, without their own tests.
fn recording_sources() -> Vec<String> {
    let all = ["server/src", "app/src"]
        .into_iter()
        .flat_map(|folder| sources(folder, "rs"));
    all.map(|(_, text)| {
        let end = text.find("#[cfg(test)]").unwrap_or(text.len());
        text[..end].to_owned()
    })
    .collect()
}

/// All metrics recorded in a source.
fn uses(text: &str) -> Vec<Use> {
    let kinds = ["counter", "gauge", "histogram"];
    let of_kind = |kind: &'static str| {
        let call = format!("{kind}!(");
        text.match_indices(&call)
            .map(|(at, _)| &text[at + call.len()..])
            .map(|rest| arguments(kind, rest))
            .collect::<Vec<_>>()
    };
    kinds.into_iter().flat_map(of_kind).collect()
}

/// The name is a literal, and so is each label's name, in front of `=>`.
fn arguments(kind: &'static str, rest: &str) -> Use {
    let end = rest.find(").").unwrap_or(rest.len());
    let arguments = &rest[..end.min(rest.find(")\n").unwrap_or(end))];
    let mut literals = arguments.trim_start().split('"').skip(1);
    let name = literals.next().unwrap_or_default();
    assert!(
        name.starts_with("seckill_"),
        "{kind}!({arguments}: a name that cannot be found"
    );
    // The text after the last `=>` is a value.
    let mut pieces: Vec<_> = arguments.split("=>").collect();
    pieces.pop();
    let labels = pieces.into_iter().map(str::trim_end).filter_map(|before| {
        let before = before.strip_suffix('"')?;
        Some(before.rsplit('"').next()?.to_owned())
    });
    (name.to_owned(), kind, labels.collect())
}

#[test]
fn sources_and_descriptions_have_the_same_metrics() {
    let used: BTreeSet<Use> = recording_sources()
        .iter()
        .flat_map(|text| uses(text))
        .collect();
    let described: BTreeSet<Use> = METRICS
        .iter()
        .map(|metric| {
            let labels = metric.labels.iter().map(|label| (*label).to_owned());
            (metric.name.to_owned(), metric.kind.name(), labels.collect())
        })
        .collect();
    assert_eq!(used, described);
}

#[test]
fn documents_and_descriptions_have_the_same_metrics() {
    let text = read("docs/metrics.md");
    let rows = text.lines().filter(|line| line.starts_with("| `seckill_"));
    let documented: Vec<_> = rows
        .map(|row| {
            let cells: Vec<_> = row.split(" | ").map(str::trim).collect();
            assert_eq!(cells.len(), 6, "{row}");
            let filled = cells
                .iter()
                .all(|cell| !cell.trim_matches('|').trim().is_empty());
            assert!(filled, "an empty cell: {row}");
            cells[..4].join(" | ")
        })
        .collect();
    let described: Vec<_> = METRICS
        .iter()
        .map(|metric| {
            let labels = match metric.labels {
                [] => "none".to_owned(),
                labels => labels
                    .iter()
                    .map(|label| format!("`{label}`"))
                    .collect::<Vec<_>>()
                    .join(", "),
            };
            let (kind, unit) = (metric.kind.name(), metric.unit.as_str());
            format!("| `{}` | {kind} | {unit} | {labels}", metric.name)
        })
        .collect();
    assert_eq!(documented, described);
    // Metrics cited elsewhere in the manuals exist.
    for manual in ["docs/metrics.md", "docs/operations.md"] {
        let text = read(manual);
        for (at, _) in text.match_indices("`seckill_") {
            let rest = &text[at + 1..];
            let end = rest.find(|c: char| !c.is_ascii_lowercase() && c != '_');
            let name = &rest[..end.unwrap_or(rest.len())];
            let base = ["_bucket", "_sum", "_count"]
                .into_iter()
                .fold(name, |name, end| name.strip_suffix(end).unwrap_or(name));
            let known = METRICS.iter().any(|metric| metric.name == base);
            assert!(known, "{manual} names {name}");
        }
    }
}
