//! `server round` and `server account`, for an operator who prepares a sale.

use std::{fs, path::Path, process::Output, time::Duration};

use test_servers::http;

use super::{Running, errors, no_data, run, succeeded};

const ROUND: &str = r#"key = "evening"
starts_at = 2026-01-01T20:00:00+08:00
ends_at = 2096-01-01T20:00:00+08:00
title = { zh = "晚八点", en = "Eight o'clock" }

[[items]]
product = "desk-lamp"
list_price = "299.00"
sale_price = "99.00"
stock = 100
picture_url = "/products/lamp.svg"
title = { zh = "台灯", en = "Desk lamp" }
description = { zh = "重。", en = "Heavy." }
"#;

fn round(data: &Path, arguments: &[&str]) -> Output {
    run(data, &[], &[&["round"], arguments].concat())
}

/// A shop without rounds, and a file beside it.
fn shop_and_file() -> (tempfile::TempDir, std::path::PathBuf, String) {
    let (folder, data) = no_data();
    assert!(run(&data, &[], &["migrate"]).status.success());
    let file = folder.path().join("evening.toml");
    fs::write(&file, ROUND).unwrap();
    let file = file.display().to_string();
    (folder, data, file)
}

#[tokio::test]
async fn a_round_of_a_file_is_added_once_shown_exported_stopped_and_resumed() {
    let (_folder, data, file) = shop_and_file();
    assert!(succeeded(&round(&data, &["validate", &file])).contains("1 items, 100 units"));
    let missing = round(&data, &["diff", &file]);
    assert_eq!(missing.status.code(), Some(1), "{missing:?}");

    let added = succeeded(&round(&data, &["apply", &file]));
    assert!(added.starts_with("added round "), "{added}");
    let id = added.split(' ').nth(2).unwrap();
    assert!(succeeded(&round(&data, &["apply", &file])).starts_with("unchanged"));
    assert_eq!(succeeded(&round(&data, &["diff", &file])), "");

    let exported = format!("{file}.exported");
    fs::write(&exported, succeeded(&round(&data, &["export", id]))).unwrap();
    assert!(succeeded(&round(&data, &["apply", &exported])).starts_with("unchanged"));

    succeeded(&round(
        &data,
        &["stop", id, "--zh", "盘点中", "--en", "Counting stock"],
    ));
    let mut shop = Running::serve(&data, &[]);
    shop.wait_until_ready(Duration::from_mins(1)).await;
    let page = shop.get("/").await;
    assert!(page.contains("台灯") && page.contains("盘点中"), "{page}");
    succeeded(&round(&data, &["resume", id]));
    drop(shop);
    let mut shop = Running::serve(&data, &[]);
    shop.wait_until_ready(Duration::from_mins(1)).await;
    let page = shop.get("/").await;
    assert!(page.contains("台灯") && !page.contains("盘点中"), "{page}");
}

#[test]
fn the_file_in_the_manual_is_a_round() {
    let manual = include_str!("../../../../docs/rounds.md");
    let (_, file) = manual.split_once("```toml\n").unwrap();
    let (file, _) = file.split_once("```").unwrap();
    let (_folder, data, path) = shop_and_file();
    fs::write(&path, file).unwrap();
    assert!(succeeded(&round(&data, &["validate", &path])).contains("1 items, 100 units"));
}

#[test]
fn an_error_in_a_file_is_reported_with_its_line_and_nothing_is_added() {
    let (_folder, data, file) = shop_and_file();
    for (from, to, expected) in [
        (
            "stock = 100",
            "stock = 0",
            "evening.toml:10: items[0].stock: an item has 1 to",
        ),
        (
            "\"99.00\"",
            "\"300.00\"",
            "evening.toml:9: items[0].sale_price: ",
        ),
        ("2096-01-01", "2025-01-01", "evening.toml:3: ends_at_ms: "),
        ("stock = 100", "stocks = 100", "line 10"),
        (
            "+08:00",
            "",
            "starts_at: an instant before the year 9999 with its offset",
        ),
    ] {
        fs::write(&file, ROUND.replacen(from, to, 1)).unwrap();
        for command in ["validate", "diff", "apply"] {
            let refused = round(&data, &[command, &file]);
            assert_eq!(
                refused.status.code(),
                Some(1),
                "{command} {to}: {refused:?}"
            );
            let error = errors(&refused);
            assert!(error.contains(expected), "{command} {to}: {error}");
        }
    }
    fs::write(&file, ROUND).unwrap();
    assert!(succeeded(&round(&data, &["apply", &file])).starts_with("added"));
}

#[test]
fn a_file_that_is_too_large_is_refused_and_not_truncated() {
    let (_folder, data, path) = shop_and_file();
    let comment = format!("# {}\n", "x".repeat(1022));
    fs::write(&path, format!("{ROUND}{}", comment.repeat(5 * 1024))).unwrap();
    let refused = round(&data, &["validate", &path]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(
        errors(&refused).contains("larger than 5 MiB"),
        "{refused:?}"
    );
}

#[test]
fn a_round_is_stopped_by_its_key_with_a_message_in_both_languages() {
    let (_folder, data, path) = shop_and_file();
    succeeded(&round(&data, &["apply", &path]));
    let half = round(&data, &["stop", "evening", "--en", "Counting stock"]);
    assert_eq!(half.status.code(), Some(2), "{half:?}");
    succeeded(&round(&data, &["stop", "evening"]));
    succeeded(&round(&data, &["resume", "evening"]));
    let unknown = round(&data, &["stop", "noon"]);
    assert!(
        errors(&unknown).contains("there is no such round"),
        "{unknown:?}"
    );
}

#[test]
fn a_file_that_differs_from_the_shop_is_refused_and_the_difference_is_shown() {
    let (_folder, data, file) = shop_and_file();
    succeeded(&round(&data, &["apply", &file]));
    fs::write(&file, ROUND.replace("stock = 100", "stock = 120")).unwrap();
    let differs = round(&data, &["diff", &file]);
    assert_eq!(differs.status.code(), Some(1), "{differs:?}");
    let lines = String::from_utf8_lossy(&differs.stdout).into_owned();
    assert_eq!(lines, "items[0].stock: 100 -> 120\n");
    let refused = errors(&round(&data, &["apply", &file]));
    let expected = "evening.toml:1: key: there is another round with this key";
    assert!(refused.contains(expected), "{refused}");
}

#[tokio::test]
async fn an_account_added_by_command_can_sign_in_with_the_printed_password() {
    let (_folder, data, _file) = shop_and_file();
    let add = ["account", "add", "13900000001", "小王", "--role", "admin"];
    let password = succeeded(&run(&data, &[], &add));
    let again = run(&data, &[], &add);
    assert!(
        errors(&again).contains("the mobile number is taken"),
        "{again:?}"
    );
    let mut shop = Running::serve(&data, &[]);
    shop.wait_until_ready(Duration::from_mins(1)).await;
    let sign_in = async |password: &str| {
        let request = http::client()
            .build()
            .unwrap()
            .post(format!("{}/api/login", shop.url));
        let request = request
            .header("origin", &shop.url)
            .form(&[("mobile", "13900000001"), ("password", password)]);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(sign_in("another password").await, 401);
    assert_eq!(sign_in(password.trim()).await, 200);
}
