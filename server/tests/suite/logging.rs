//! Errors are logged in one form: with their whole chain of causes.

use crate::support::repository::{read, sources};

/// The calls of `tracing` in a source, each up to its end.
fn events(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("tracing::").filter_map(|(at, _)| {
        let call = &text[at..];
        let open = call.find("!(")?;
        let named = call[..open].trim_start_matches("tracing::");
        let is_event = ["error", "warn", "info", "debug", "trace"].contains(&named);
        let end = call
            .find(");")
            .or_else(|| call.find("),"))
            .unwrap_or(call.len());
        is_event.then(|| &call[..end])
    })
}

#[test]
fn every_error_in_the_log_has_its_causes() {
    let mut with_causes = 0;
    for (path, text) in sources("server/src", "rs") {
        for event in events(&text) {
            let fields = event
                .replace("error = %Chain(&error)", "")
                .replace("error = %Chain(", "");
            with_causes += usize::from(fields.len() < event.len());
            for bare in ["%error", "?error", "%source", "?source", "error = "] {
                assert!(!fields.contains(bare), "{path}: {event}");
            }
        }
    }
    assert!(with_causes > 20, "found only {with_causes}");
}

#[test]
fn deployment_files_do_not_set_the_log_filter() {
    let files = [
        "compose.yaml",
        "env.example",
        "Dockerfile",
        "systemd/seckill.env.example",
    ];
    let mut named = 0;
    for file in files {
        let text = read(&format!("deploy/{file}"));
        let filter = |line: &&str| {
            line.replace("SECKILL_LOG_FORMAT", "")
                .contains("SECKILL_LOG")
        };
        for line in text.lines().filter(filter) {
            named += 1;
            let line = line.trim();
            let unset = line.starts_with('#') || line == "SECKILL_LOG: ${SECKILL_LOG:-}";
            assert!(unset, "{file}: {line}");
        }
    }
    assert!(named > 0, "nothing says how the filter is changed");
}
