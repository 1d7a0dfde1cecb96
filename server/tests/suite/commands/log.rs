//! What goes into a file or a journal is plain text.

use std::{fs, time::Duration};

use super::{Running, no_data, run};
use crate::support::eventually;

#[tokio::test]
async fn the_log_has_no_colours_where_nobody_looks_on() {
    let (folder, data) = no_data();
    assert!(run(&data, &[], &["migrate"]).status.success());
    let log = folder.path().join("log");
    // A worker whose first run fails says so.
    let settings = [("SECKILL_INJECT_FAULT", "due_releases:before:1:fail")];
    let mut server = Running::serve_into(&data, &settings, fs::File::create(&log).unwrap());
    server.wait_until_ready(Duration::from_secs(30)).await;
    let text = eventually("a line of the log", async || {
        let text = fs::read_to_string(&log).unwrap();
        text.contains("a worker's run failed").then_some(text)
    });
    let text = text.await;
    assert!(text.contains("WARN"), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
}
