//! What goes into a file or a journal is plain text.

use std::{fs, time::Duration};

use super::{Running, no_data, run};

#[tokio::test]
async fn the_log_has_no_colours_where_nobody_looks_on() {
    let (folder, data) = no_data();
    assert!(run(&data, &[], &["migrate"]).status.success());
    let log = folder.path().join("log");
    let settings = [("SECKILL_LOG", "debug")];
    let mut server = Running::serve_into(&data, &settings, fs::File::create(&log).unwrap());
    server.wait_until_ready(Duration::from_secs(30)).await;
    let text = fs::read_to_string(&log).unwrap();
    assert!(text.contains("INFO"), "nothing is logged: {text}");
    assert!(!text.contains('\u{1b}'), "{text}");
}
