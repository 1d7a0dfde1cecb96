//! `server audit` only reads.

use std::{collections::BTreeMap, fs, path::Path, process::Output};

use sea_orm::{ConnectionTrait, Database, Statement};
use test_servers::http;

use super::{Running, errors, no_data, run};

/// The last output of an audit that failed.
fn refusal(data: &Path) -> String {
    let audited: Output = run(data, &[], &["audit"]);
    assert_eq!(audited.status.code(), Some(1), "{audited:?}");
    assert_eq!(audited.stdout, b"", "{audited:?}");
    errors(&audited)
}

#[test]
fn an_audit_of_a_folder_without_a_shop_fails_and_creates_none() {
    let (folder, missing) = no_data();
    let expected = format!("there is no shop in {}", missing.display());
    let said = refusal(&missing);
    assert!(said.contains(&expected), "{said}");
    assert!(!missing.exists(), "the audit made the folder");

    let said = refusal(folder.path());
    assert!(said.contains("there is no shop in"), "{said}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

    let empty = folder.path().join("seckill.db");
    fs::write(&empty, "").unwrap();
    let said = refusal(folder.path());
    assert!(said.contains("there is no shop in"), "{said}");
    assert_eq!(fs::read(&empty).unwrap(), b"");
}

#[tokio::test]
async fn an_audit_of_a_shop_of_an_earlier_version_says_so_and_migrates_nothing() {
    let (_folder, data) = no_data();
    assert!(run(&data, &[], &["migrate"]).status.success());
    let url = format!("sqlite://{}", data.join("seckill.db").display());
    let database = Database::connect(url).await.unwrap();
    let last = "(SELECT max(version) FROM seaql_migrations)";
    database
        .execute_unprepared(&format!(
            "DELETE FROM seaql_migrations WHERE version = {last}"
        ))
        .await
        .unwrap();
    let count = async || {
        let asked = "SELECT count(*) AS made FROM seaql_migrations";
        let asked = Statement::from_string(database.get_database_backend(), asked);
        let row = database.query_one_raw(asked).await.unwrap().unwrap();
        row.try_get::<i64>("", "made").unwrap()
    };
    let before = count().await;

    let said = refusal(&data);
    assert!(said.contains("earlier version"), "{said}");
    assert!(said.contains(&data.display().to_string()), "{said}");
    assert!(said.contains("server migrate"), "{said}");
    assert_eq!(count().await, before);
}

#[tokio::test]
async fn an_audit_changes_nothing_in_the_folder_of_a_killed_server() {
    let (_folder, data) = no_data();
    for command in ["migrate", "seed"] {
        assert!(run(&data, &[], &[command]).status.success());
    }
    let mut server = Running::serve(&data, &[]);
    server
        .wait_until_ready(std::time::Duration::from_secs(30))
        .await;
    let registered = http::client()
        .build()
        .unwrap()
        .post(format!("{}/api/register", server.url))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("mobile=13900000001&password=correct%20horse&nickname=a")
        .send();
    assert!(registered.await.unwrap().status().is_success());
    server.process.kill().unwrap();
    server.process.wait().unwrap();

    let before = files(&data);
    let log = before.get("seckill.db-wal").map(Vec::len);
    assert!(log.is_some_and(|length| length > 0), "{log:?}");
    let audited = run(&data, &[], &["audit"]);
    assert!(audited.status.success(), "{}", errors(&audited));
    assert_eq!(files(&data), before);
}

/// All files with data. SQLite's shared memory (`-shm`) has none: it is rebuilt from the others.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder).unwrap().map(|file| {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        (name, fs::read(file.path()).unwrap())
    });
    files.filter(|(name, _)| !name.ends_with("-shm")).collect()
}
