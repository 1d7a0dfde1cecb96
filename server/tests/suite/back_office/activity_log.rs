//! The log of staff actions: it is complete, and changes of it are detected.

use app::wire::{Action, ActivityList, ActivityQuery, Role};
use serde_json::json;
use server::engine::{
    accounts::sign_in::token_hash,
    activity_log::verify,
    audit,
    ports::{ActivityLog as _, ChangedBy},
};

use super::{add, call, round, signed_in};
use crate::{
    pages::{get, html, site},
    support::TestShop,
};

#[tokio::test]
async fn an_entry_has_the_actor_the_address_and_the_earlier_value() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let admin = signed_in(&shop, Role::Admin, false).await;
    let (_, body) = add(&router, Some(&admin), &round()).await;
    let round_id = serde_json::from_slice::<app::wire::AddedRound>(&body)
        .unwrap()
        .round_id;
    let stop = json!({"round_id": round_id, "words": {"zh": "停", "en": "Stop"}});
    for _ in 0..2 {
        call(&router, "/api/admin/rounds/stop", Some(&admin), &stop).await;
    }
    call(
        &router,
        "/api/admin/rounds/resume",
        Some(&admin),
        &json!({"round_id": round_id}),
    )
    .await;

    let path = format!("/api/admin/activities?subject_id={round_id}");
    let found = html(get(&router, &path, "en", Some(&admin)).await).await;
    let found: ActivityList = serde_json::from_str(&found).unwrap();
    let told: Vec<_> = found
        .activities
        .iter()
        .map(|entry| (entry.action, entry.name.as_str(), entry.address.is_some()))
        .collect();
    // The second stop changed nothing.
    let name = "Admin-false";
    assert_eq!(
        told,
        [
            (Action::ResumeRound, name, true),
            (Action::StopRound, name, true),
            (Action::AddRound, name, true),
        ]
    );
    let resumed = &found.activities[0];
    let old = resumed.old_value.as_deref().unwrap();
    assert_eq!(old, r#"{"stopped":{"en":"Stop","zh":"停"}}"#);
    assert_eq!(resumed.new_value.as_deref(), Some(r#"{"stopped":null}"#));

    let page = html(get(&router, "/admin/log", "en", Some(&admin)).await).await;
    assert!(
        page.contains("stopped a round") && page.contains(name),
        "{page}"
    );
    // The account that was added by command.
    assert!(page.contains("A command at the server"), "{page}");
}

/// The audit's finding about the log.
async fn broken(shop: &TestShop) -> Option<String> {
    let mut report = audit::audit(&shop.sql, 0).await.unwrap();
    let checked = audit::check_activity_log(&*shop.engine.audit.activity_log, &mut report);
    checked.await.unwrap();
    let found = report.violations.into_iter();
    let mut found = found.filter(|violation| violation.rule == "activity_log_is_whole");
    found.next().map(|violation| violation.detail)
}

#[tokio::test]
async fn a_changed_or_removed_entry_is_found() {
    let shop = TestShop::open_embedded().await;
    for role in [Role::Admin, Role::Operator, Role::Support] {
        signed_in(&shop, role, false).await;
    }
    assert_eq!(broken(&shop).await, None);
    let file = format!("sqlite://{}", shop.file().display());
    let database = sea_orm::Database::connect(file).await.unwrap();
    let run = async |statement: &str| {
        sea_orm::ConnectionTrait::execute_unprepared(&database, statement).await
    };
    for change in [
        "UPDATE activity_log SET name = 'nobody' WHERE number = 2",
        "DELETE FROM activity_log WHERE number = 2",
    ] {
        let refused = run(change).await.unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{refused}");
    }
    // Someone who may change the schema can remove the triggers, but the change is detected.
    run("DROP TRIGGER activity_log_keeps_rows").await.unwrap();
    run("DROP TRIGGER activity_log_keeps_words").await.unwrap();
    for (change, back, found) in [
        (
            "UPDATE activity_log SET name = 'nobody' WHERE number = 2",
            "UPDATE activity_log SET name = 'command' WHERE number = 2",
            "entry 2 was changed",
        ),
        (
            "UPDATE activity_log SET number = 9 WHERE number = 2",
            "UPDATE activity_log SET number = 2 WHERE number = 9",
            "entry 2 is missing",
        ),
        (
            "UPDATE activity_log_end SET number = 2, hash = (SELECT hash FROM activity_log WHERE number = 2)",
            "UPDATE activity_log_end SET number = 3, hash = (SELECT hash FROM activity_log WHERE number = 3)",
            "entry 3 was inserted",
        ),
        (
            "DELETE FROM activity_log WHERE number = 3",
            "",
            "entries 3 to 3 are missing",
        ),
    ] {
        run(change).await.unwrap();
        assert_eq!(broken(&shop).await.as_deref(), Some(found));
        run(back).await.unwrap();
    }
}

#[tokio::test]
async fn a_change_that_fails_leaves_no_entry() {
    let shop = TestShop::open_embedded().await;
    let admin = signed_in(&shop, Role::Admin, false).await;
    let token = token_hash(&admin);
    let log_in = shop.engine.accounts.tokens.get(&token).await.unwrap();
    let me = log_in.unwrap().me;
    let by = ChangedBy::account(&me, "10.0.0.1".parse().unwrap(), None);
    let unknown = app::wire::RoundId(uuid::Uuid::from_u128(9));
    let catalogue = &shop.engine.back_office.catalogue;
    let stopped = catalogue.set_stopped(unknown, None, &by, 0).await.unwrap();
    assert_eq!(stopped, None);
    let query = ActivityQuery::default();
    let entries = shop.sql.activities(&query, 10).await.unwrap();
    assert_eq!(entries.len(), 1, "the administrator's account: {entries:?}");
    assert_eq!(verify(&shop.sql).await.unwrap().broken, None);
}
