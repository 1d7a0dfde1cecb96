//! The shop's own texts, as checked at the server's start.

use std::{
    fs::{self, File},
    time::Duration,
};

use super::{Running, errors, no_data, run};

const PRODUCTION: [(&str, &str); 2] = [
    ("SECKILL_ENV", "production"),
    ("SECKILL_PAYMENTS", "sandbox"),
];

#[test]
fn a_mistake_in_a_text_stops_the_start_and_names_the_file() {
    let (folder, data) = no_data();
    let texts = folder.path().join("texts");
    fs::create_dir(&texts).unwrap();
    fs::write(texts.join("terms.zh.md"), b"# \xff").unwrap();
    assert!(run(&data, &[], &["migrate"]).status.success());
    let settings = [
        ("SECKILL_TEXTS_DIR", texts.to_str().unwrap()),
        ("SECKILL_ADDR", "127.0.0.1:0"),
    ];
    let refused = run(&data, &settings, &["serve"]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    let said = errors(&refused);
    assert!(said.contains("terms.zh.md is not UTF-8"), "{said}");
    let doctor = run(&data, &settings, &["doctor"]);
    let said = String::from_utf8_lossy(&doctor.stdout);
    let problem = said.lines().find(|line| line.starts_with("PROBLEM  texts"));
    assert!(
        problem.is_some_and(|line| line.contains("terms.zh.md")),
        "{said}"
    );
}

#[tokio::test]
async fn a_real_shop_is_told_which_texts_are_missing() {
    let (folder, data) = no_data();
    let texts = folder.path().join("texts");
    fs::create_dir(&texts).unwrap();
    fs::write(texts.join("contact.zh.md"), "# 联系\n\n电话 1").unwrap();
    assert!(run(&data, &[], &["migrate"]).status.success());
    let log = folder.path().join("log");
    let [production, payments] = PRODUCTION;
    let own = ("SECKILL_TEXTS_DIR", texts.to_str().unwrap());
    let settings = [production, payments, own];
    let mut shop = Running::serve_into(&data, &settings, File::create(&log).unwrap());
    shop.wait_until_ready(Duration::from_mins(1)).await;
    assert!(shop.get("/contact").await.contains("电话 1"));
    let said = fs::read_to_string(&log).unwrap();
    assert!(
        said.contains("missing=\"terms, privacy, returns\""),
        "{said}"
    );
}
