//! The shipped alert rules and dashboard: they use existing metrics, every alarm in the manual has a rule, and
//! every rule names a section of the manual.

use std::collections::BTreeSet;

use serde_json::Value;
use server::telemetry::metrics::METRICS;

use crate::support::repository::read;

/// A rule: name, expression, and the section with instructions.
struct Rule {
    name: String,
    expression: String,
    runbook: String,
}

/// Reads the file line by line, because its format is fixed; it is no general YAML parser.
fn rules() -> Vec<Rule> {
    let text = read("deploy/prometheus/alerts.yml");
    let blocks = text.split("      - alert: ").skip(1);
    let rules: Vec<_> = blocks
        .map(|block| {
            let (name, rest) = block.split_once('\n').unwrap();
            let lines: Vec<_> = rest.lines().collect();
            let at = lines
                .iter()
                .position(|line| line.starts_with("        expr: "))
                .unwrap_or_else(|| panic!("{name} has no expression"));
            let mut expression = lines[at].trim().trim_start_matches("expr: ").to_owned();
            let more = lines[at + 1..].iter();
            for line in more.take_while(|line| line.starts_with("          ")) {
                expression.push_str(line.trim());
                expression.push(' ');
            }
            let field = |key: &str| {
                let found = lines.iter().find_map(|line| line.trim().strip_prefix(key));
                found.unwrap_or_else(|| panic!("{name} has no {key}"))
            };
            let severity = field("labels: {severity: ");
            assert!(
                ["page}", "ticket}"].contains(&severity),
                "{name}: {severity}"
            );
            assert!(!field("summary: ").is_empty());
            Rule {
                name: name.to_owned(),
                expression,
                runbook: field("runbook: ").to_owned(),
            }
        })
        .collect();
    assert!(rules.len() > 15, "found only {}", rules.len());
    rules
}

/// Fails unless every metric of ours in an expression exists and has the labels used there.
fn must_be_known(place: &str, expression: &str) -> BTreeSet<&'static str> {
    let mut named = BTreeSet::new();
    for (at, _) in expression.match_indices("seckill_") {
        let rest = &expression[at..];
        let end = rest.find(|c: char| !c.is_ascii_lowercase() && c != '_');
        let name = &rest[..end.unwrap_or(rest.len())];
        let base = ["_bucket", "_sum", "_count"]
            .into_iter()
            .fold(name, |name, end| name.strip_suffix(end).unwrap_or(name));
        let metric = METRICS.iter().find(|metric| metric.name == base);
        let metric = metric.unwrap_or_else(|| panic!("{place} names {name}"));
        named.insert(metric.name);
        let Some(labels) = rest[name.len()..].strip_prefix('{') else {
            continue;
        };
        // A value may contain braces: a route's pattern.
        let labels = labels
            .split('"')
            .step_by(2)
            .take_while(|text| !text.starts_with('}'));
        for label in labels {
            let label = label.trim_matches([',', '=', '~', '!', ' ']);
            let is_known = metric.labels.contains(&label) || ["instance", "le"].contains(&label);
            assert!(is_known, "{place}: {name} has no label {label}");
        }
    }
    named
}

#[test]
fn every_rule_uses_existing_metrics_and_names_a_section_of_the_manual() {
    let manual = read("docs/operations.md");
    let headings = manual.lines().filter(|line| line.starts_with('#'));
    // Makes headings' anchors as GitHub does.
    let anchors: BTreeSet<_> = headings
        .map(|line| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title
                .chars()
                .filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
            kept.collect::<String>().replace(' ', "-")
        })
        .collect();
    let mut names = BTreeSet::new();
    for rule in rules() {
        must_be_known(&rule.name, &rule.expression);
        let anchor = rule.runbook.strip_prefix("docs/operations.md#");
        let anchor = anchor.unwrap_or_else(|| panic!("{}: {}", rule.name, rule.runbook));
        assert!(
            anchors.contains(anchor),
            "{}: no section {anchor}",
            rule.name
        );
        assert!(
            names.insert(rule.name.clone()),
            "{} is there twice",
            rule.name
        );
    }
}

#[test]
fn every_alarm_that_is_documented_has_a_rule() {
    let rules = rules();
    let documented = read("docs/metrics.md");
    let rows = documented
        .lines()
        .filter(|line| line.starts_with("| `seckill_"));
    let mut alarms = 0;
    for row in rows {
        let cells: Vec<_> = row.split(" | ").collect();
        let metric = cells[0].trim_matches(['|', ' ', '`']);
        let alarm = cells[5];
        let of_metric: Vec<_> = rules
            .iter()
            .filter(|rule| rule.expression.contains(metric))
            .map(|rule| rule.expression.as_str())
            .collect();
        assert!(!of_metric.is_empty(), "nothing is alarmed on {metric}");
        // The rules use the same selectors as the documented alarm.
        let selectors = alarm.split('`').skip(1).step_by(2);
        for selector in selectors.filter(|text| text.contains("=\"") || text.contains("=~\"")) {
            let value = selector.split('"').nth(1).unwrap();
            let is_there = of_metric.iter().any(|rule| rule.contains(value));
            assert!(is_there, "no rule of {metric} selects {selector}");
            alarms += 1;
        }
    }
    assert!(alarms > 8, "{alarms}");
}

/// Collects every expression in a dashboard.
fn expressions(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match (name.as_str(), value) {
                    ("expr", Value::String(expression)) => found.push(expression.clone()),
                    _ => expressions(value, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| expressions(value, found)),
        _ => {}
    }
}

#[test]
fn the_dashboard_shows_every_metric_and_no_other() {
    let dashboard: Value = serde_json::from_str(&read("deploy/grafana/seckill.json")).unwrap();
    let mut found = Vec::new();
    expressions(&dashboard, &mut found);
    let shown: BTreeSet<_> = found
        .iter()
        .flat_map(|expression| must_be_known("the dashboard", expression))
        .collect();
    let all: BTreeSet<_> = METRICS.iter().map(|metric| metric.name).collect();
    assert_eq!(shown, all);
}
