//! Only `migrate` and plain `server` change the schema; all other commands report a wrong version.

use std::{fs, path::Path, time::Duration};

use sea_orm::{ConnectionTrait, Database, Statement};

use super::{Running, errors, no_data, run};

/// Commands that work on an existing shop.
const COMMANDS: [&[&str]; 4] = [&["serve"], &["audit"], &["parked", "list"], &["seed"]];

/// Runs SQL in a shop's database; returns the first number of the result, if any.
pub async fn sql(data: &Path, sql: &str) -> Option<i64> {
    let url = format!("sqlite://{}", data.join("seckill.db").display());
    let database = Database::connect(url).await.unwrap();
    let statement = Statement::from_string(database.get_database_backend(), sql);
    let row = database.query_one_raw(statement).await.unwrap();
    let number = row.map(|row| row.try_get_by_index(0).unwrap());
    database.close().await.unwrap();
    number
}

const MIGRATIONS: &str = "SELECT COUNT(*) FROM seaql_migrations";

/// `seed --load` with its tokens in this folder.
fn load(folder: &Path) -> Vec<String> {
    let arguments = "seed --load --stock 1 --buyers 3 --starts-in-s 0 --tokens";
    let mut arguments: Vec<_> = arguments.split(' ').map(str::to_owned).collect();
    arguments.push(folder.join("tokens").display().to_string());
    arguments
}

#[tokio::test]
async fn without_a_shop_commands_report_it_and_create_none() {
    let (_folder, data) = no_data();
    for command in COMMANDS {
        let refused = run(&data, &[("SECKILL_ADDR", "127.0.0.1:0")], command);
        assert_eq!(refused.status.code(), Some(1), "{command:?}: {refused:?}");
        let said = errors(&refused);
        let expected = format!(
            "there is no shop in {}: run `server migrate`",
            data.display()
        );
        assert!(said.contains(&expected), "{command:?}: {said}");
        assert!(!data.exists(), "{command:?} made something");
    }
}

#[tokio::test]
async fn commands_do_not_change_an_earlier_schema_and_say_what_to_run() {
    let (folder, data) = no_data();
    assert!(run(&data, &[], &["migrate"]).status.success());
    let all = sql(&data, MIGRATIONS).await.unwrap();
    // The last migration can be repeated on a schema that already has it.
    let forget = "DELETE FROM seaql_migrations WHERE version LIKE 'm0003%'";
    sql(&data, forget).await;
    assert_eq!(sql(&data, MIGRATIONS).await, Some(all - 1));

    let load = load(folder.path());
    let load: Vec<_> = load.iter().map(String::as_str).collect();
    for command in COMMANDS.into_iter().chain([&load[..]]) {
        let refused = run(&data, &[("SECKILL_ADDR", "127.0.0.1:0")], command);
        assert_eq!(refused.status.code(), Some(1), "{command:?}: {refused:?}");
        let said = errors(&refused);
        let words = "is of an earlier version: run `server migrate`";
        assert!(said.contains(words), "{command:?}: {said}");
        assert_eq!(sql(&data, MIGRATIONS).await, Some(all - 1), "{command:?}");
    }

    assert!(run(&data, &[], &["migrate"]).status.success());
    assert_eq!(sql(&data, MIGRATIONS).await, Some(all));
    let mut server = Running::serve(&data, &[]);
    server.wait_until_ready(Duration::from_secs(30)).await;
}

#[tokio::test]
async fn a_program_refuses_the_schema_of_a_later_one_and_names_both() {
    let (folder, data) = no_data();
    assert!(run(&data, &[], &["migrate"]).status.success());
    let known = sql(&data, MIGRATIONS).await;
    let migrate = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_flying', 0)";
    sql(&data, migrate).await;

    let load = load(folder.path());
    let load: Vec<_> = load.iter().map(String::as_str).collect();
    let others: [&[&str]; 3] = [&[], &["migrate"], &load];
    for command in COMMANDS.into_iter().chain(others) {
        let refused = run(&data, &[("SECKILL_ADDR", "127.0.0.1:0")], command);
        assert_eq!(refused.status.code(), Some(1), "{command:?}: {refused:?}");
        let said = errors(&refused);
        for words in [
            "of a later version",
            "its schema is m9999_flying",
            "knows m00",
        ] {
            assert!(said.contains(words), "{command:?}: {said}");
        }
    }
    assert_eq!(sql(&data, MIGRATIONS).await, known.map(|known| known + 1));
}

#[tokio::test]
async fn a_load_round_creates_a_shop_in_a_new_folder() {
    let (folder, data) = no_data();
    let load = load(folder.path());
    let load: Vec<_> = load.iter().map(String::as_str).collect();
    let seeded = run(&data, &[], &load);
    assert!(seeded.status.success(), "{}", errors(&seeded));
    let tokens = fs::read_to_string(folder.path().join("tokens")).unwrap();
    assert_eq!(tokens.lines().count(), 3);
    let audited = run(&data, &[], &["audit"]);
    assert!(audited.status.success(), "{audited:?}");
}
