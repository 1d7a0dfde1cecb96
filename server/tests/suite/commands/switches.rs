//! `server switch`, beside a running shop.

use std::time::Duration;

use test_servers::http;

use super::{Running, errors, no_data, run, succeeded};
use crate::support::eventually;

#[tokio::test]
async fn a_running_shop_follows_switches_set_by_command() {
    let (_folder, data) = no_data();
    assert!(run(&data, &[], &["migrate"]).status.success());
    let mut shop = Running::serve(&data, &[]);
    shop.wait_until_ready(Duration::from_mins(1)).await;
    let switch = |arguments: &[&str]| run(&data, &[], &[&["switch"], arguments].concat());
    assert_eq!(succeeded(&switch(&["list"])), "");
    let long = switch(&["set", "queue_only", "--minutes", "1441", "--reason", "x"]);
    assert!(errors(&long).contains("minutes are 1 to 1440"), "{long:?}");
    let unknown = switch(&["clear", "captcha"]);
    assert!(errors(&unknown).contains("no_log_ins"), "{unknown:?}");
    let set = switch(&["set", "no_log_ins", "--minutes", "5", "--reason", "guesses"]);
    assert!(succeeded(&set).starts_with("no_log_ins is set until "));
    let listed = succeeded(&switch(&["list"]));
    assert!(listed.contains("by command: guesses"), "{listed}");

    until_registering_answers(&shop, 503).await;
    let cleared = succeeded(&switch(&["clear", "no_log_ins"]));
    assert_eq!(cleared, "no_log_ins is cleared\n");
    until_registering_answers(&shop, 422).await;
}

/// Sends a form with an invalid number, which can be repeated, until registering is open or closed.
async fn until_registering_answers(shop: &Running, status: u16) {
    let client = http::client().build().unwrap();
    eventually("the status of registering", async || {
        let request = client
            .post(format!("{}/api/register", shop.url))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body("mobile=1&password=correct+horse&nickname=New");
        let answer = request.send().await.unwrap();
        (answer.status() == status).then_some(())
    })
    .await;
}
