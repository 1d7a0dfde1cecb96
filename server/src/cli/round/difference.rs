//! The differences between two rounds, one line for each field.

use app::wire::RoundDraft;
use serde_json::Value;

/// The changes that the file would make in the shop: `items[0].stock: 100 -> 120`.
///
/// # Errors
/// When a round cannot be written as JSON.
pub fn between(shop: &RoundDraft, file: &RoundDraft) -> Result<Vec<String>, serde_json::Error> {
    let mut lines = Vec::new();
    let (shop, file) = (serde_json::to_value(shop)?, serde_json::to_value(file)?);
    compare("", &shop, &file, &mut lines);
    Ok(lines)
}

fn compare(path: &str, shop: &Value, file: &Value, lines: &mut Vec<String>) {
    match (shop, file) {
        (Value::Object(shop), Value::Object(file)) => {
            for (name, value) in shop {
                let dot = if path.is_empty() { "" } else { "." };
                let other = file.get(name).unwrap_or(&Value::Null);
                compare(&format!("{path}{dot}{name}"), value, other, lines);
            }
        }
        (Value::Array(shop), Value::Array(file)) => {
            for index in 0..shop.len().max(file.len()) {
                let of = |items: &[Value]| items.get(index).cloned().unwrap_or_default();
                compare(&format!("{path}[{index}]"), &of(shop), &of(file), lines);
            }
        }
        _ if shop == file => {}
        _ => lines.push(format!("{path}: {shop} -> {file}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_field_that_differs_is_named() {
        let shop = json!({"title": {"zh": "晚"}, "items": [{"stock": 1}, {"stock": 2}]});
        let file = json!({"title": {"zh": "午"}, "items": [{"stock": 3}]});
        let mut lines = Vec::new();
        compare("", &shop, &file, &mut lines);
        lines.sort();
        let expected = [
            "items[0].stock: 1 -> 3",
            r#"items[1]: {"stock":2} -> null"#,
            r#"title.zh: "晚" -> "午""#,
        ];
        assert_eq!(lines, expected);
        lines.clear();
        compare("", &shop, &shop, &mut lines);
        assert_eq!(lines, [""; 0]);
    }
}
