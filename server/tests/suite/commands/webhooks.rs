//! `server webhooks`, beside a running shop.

use super::{errors, no_data, run, succeeded};

#[test]
fn an_address_is_added_listed_switched_off_given_another_secret_and_removed() {
    let (_folder, data) = no_data();
    assert!(run(&data, &[], &["migrate"]).status.success());
    let webhooks = |arguments: &[&str]| run(&data, &[], &[&["webhooks"], arguments].concat());
    assert_eq!(succeeded(&webhooks(&["list"])), "");
    let unknown = webhooks(&["add", "https://a.example/hook", "--events", "order.lost"]);
    assert!(errors(&unknown).contains("order.created"), "{unknown:?}");
    let plain = webhooks(&["add", "http://a.example/hook"]);
    assert!(errors(&plain).contains("https://HOST/PATH"), "{plain:?}");

    let events = "order.paid,round.ended";
    let added = succeeded(&webhooks(&[
        "add",
        "https://a.example/hook",
        "--events",
        events,
    ]));
    let (id, secret) = added.split_once('\n').unwrap();
    assert!(secret.starts_with("whsec_"));
    let listed = succeeded(&webhooks(&["list"]));
    assert!(
        listed.contains("https://a.example/hook on") && listed.contains("order.paid, round.ended")
    );
    assert!(!listed.contains(secret.trim()));

    let rotated = succeeded(&webhooks(&["rotate", id]));
    assert!(rotated.starts_with("whsec_") && rotated != secret);
    succeeded(&webhooks(&["off", id, "--reason", "it moves"]));
    assert!(succeeded(&webhooks(&["list"])).contains("it moves"));
    succeeded(&webhooks(&["on", id]));
    assert_eq!(succeeded(&webhooks(&["deliveries"])), "");
    let since = "2026-11-11T20:00:00+08:00";
    let again = webhooks(&["replay", "--endpoint", id, "--since", since]);
    assert_eq!(succeeded(&again), "0 messages are sent again\n");
    succeeded(&webhooks(&["remove", id]));
    let gone = webhooks(&["rotate", id]);
    assert!(errors(&gone).contains("there is no webhook"), "{gone:?}");
}
