//! `server account`.

use super::{errors, no_data, run};

#[test]
fn rights_that_are_given_are_said_on_standard_error_and_the_password_is_alone_on_the_other() {
    let (_folder, data) = no_data();
    assert!(run(&data, &[], &["migrate"]).status.success());
    let arguments = ["account", "add", "139 1234 0001", "小王", "--role", "admin"];
    let added = run(&data, &[], &arguments);
    assert!(added.status.success(), "{}", errors(&added));
    let password = String::from_utf8(added.stdout.clone()).unwrap();
    assert_eq!(password.trim().len(), 32, "{password}");
    let said = errors(&added);
    assert_eq!(said.lines().count(), 1, "{said}");
    for part in [
        "seckill::security",
        "event=\"rights_given\"",
        "account_id=",
        "role=\"admin\"",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    for secret in [password.trim(), "13912340001", "小王"] {
        assert!(!said.contains(secret), "{secret}: {said}");
    }
}
