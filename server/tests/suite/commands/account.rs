//! `server account`.

use super::{errors, no_data, run};

#[test]
fn granted_rights_are_on_standard_error_and_only_the_password_on_standard_output() {
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

#[test]
fn a_lost_password_and_a_lost_phone_are_reset_at_the_server() {
    let (_folder, data) = no_data();
    assert!(run(&data, &[], &["migrate"]).status.success());
    let account = |arguments: &[&str]| run(&data, &[], &[&["account"], arguments].concat());
    let added = account(&["add", "13912340001", "小王", "--role", "operator"]);
    let first = String::from_utf8(added.stdout).unwrap();
    let listed = String::from_utf8(account(&["list"]).stdout).unwrap();
    assert_eq!(listed, "operator  13912340001 password  小王\n");
    let reset = account(&["reset-password", "13912340001"]);
    assert!(reset.status.success(), "{}", errors(&reset));
    let second = String::from_utf8(reset.stdout).unwrap();
    assert_eq!(second.trim().len(), 32);
    assert_ne!(first, second);
    let unknown = account(&["reset-password", "13912340009"]);
    assert!(errors(&unknown).contains("there is no account of this number"));
    let none = account(&["reset-second-factor", "13912340001"]);
    assert!(
        errors(&none).contains("with a second factor"),
        "{}",
        errors(&none)
    );
    let audit = run(&data, &[], &["audit"]);
    assert!(
        audit.status.success(),
        "the activity log is whole: {}",
        errors(&audit)
    );
}
