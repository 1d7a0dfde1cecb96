//! Copies of an embedded shop: made during a sale, verified, restored, and made before a migration.

use std::{
    fs,
    io::{Read, Seek, SeekFrom, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use futures::future::join_all;
use serde_json::Value;
use test_servers::http;

use super::{Running, errors, no_data, printed, run, schema::sql};

/// Longer than a start takes on a slow machine.
const LIMIT: Duration = Duration::from_secs(30);
const BUYERS: usize = 60;

fn words(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn must_be_its_owner_s_alone(file: &Path) {
    let mode = fs::metadata(file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{}: {mode:o}", file.display());
}

/// A shop with the demonstration data.
fn demo_shop(data: &Path) {
    for command in ["migrate", "seed"] {
        assert!(run(data, &[], &[command]).status.success());
    }
}

/// A shop whose round is open, its item, and its buyers' tokens.
fn shop_on_sale(folder: &Path, data: &Path) -> (String, Vec<String>) {
    let tokens = folder.join("tokens");
    let (stock, buyers) = ("20", BUYERS.to_string());
    let mut load = vec!["seed", "--load", "--stock", stock, "--buyers", &buyers];
    load.extend(["--starts-in-s", "0", "--tokens", words(&tokens)]);
    let seeded = run(data, &[], &load);
    assert!(seeded.status.success(), "{}", errors(&seeded));
    let seeded: Value = serde_json::from_slice(&seeded.stdout).unwrap();
    let tokens = fs::read_to_string(tokens).unwrap();
    let item = seeded["item_id"].as_str().unwrap().to_owned();
    (item, tokens.lines().map(str::to_owned).collect())
}

/// Gets a path and buys; returns the shop's last answer. A new holder gets a position; an existing one only
/// the reservation.
async fn buy(url: &str, item: &str, token: &str) -> Value {
    let client = http::client().build().unwrap();
    let post = async |path: &str| -> Value {
        let call = client.post(format!("{url}{path}")).bearer_auth(token);
        let call = call.json(&serde_json::json!({ "item_id": item }));
        call.send().await.unwrap().json().await.unwrap()
    };
    let path = post("/api/path").await;
    match path["path"].as_str() {
        Some(path) => post(&format!("/seckill/{path}")).await,
        // Sold out, for example.
        None => path,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_made_during_a_sale_has_every_earlier_promise_and_can_be_restored() {
    let (folder, data) = no_data();
    let (item, tokens) = shop_on_sale(folder.path(), &data);
    let open = [
        ("SECKILL_CAPTCHA", "off"),
        ("SECKILL_IP_LIMIT", "off"),
        ("SECKILL_USER_LIMIT", "off"),
    ];
    let mut server = Running::serve(&data, &open);
    server.wait_until_ready(LIMIT).await;

    let told = AtomicU32::new(0);
    let sale = tokens.iter().map(async |token| {
        let answer = buy(&server.url, &item, token).await;
        if answer["position"].is_number() {
            told.fetch_add(1, Ordering::SeqCst);
        }
    });
    let backup = folder.path().join("backup.db");
    let backing_up = async {
        while told.load(Ordering::SeqCst) == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let before = told.load(Ordering::SeqCst);
        let (data, backup) = (data.clone(), backup.clone());
        let made =
            tokio::task::spawn_blocking(move || run(&data, &[], &["backup", words(&backup)]));
        (before, made.await.unwrap())
    };
    let ((before, made), _) = tokio::join!(backing_up, join_all(sale));
    assert!(made.status.success(), "{}", errors(&made));
    assert_eq!(told.load(Ordering::SeqCst), 20, "all that there was");
    must_be_its_owner_s_alone(&backup);

    let verified = run(&data, &[], &["verify", words(&backup)]);
    assert!(verified.status.success(), "{verified:?}");
    let text = printed(&verified);
    for words in [
        "the file is whole",
        "schema m0",
        " 60 accounts",
        "every invariant holds for 1 items",
    ] {
        assert!(text.contains(words), "{text}");
    }

    let restored = folder.path().join("restored");
    let done = run(&restored, &[], &["restore", words(&backup)]);
    assert!(done.status.success(), "{}", errors(&done));
    must_be_its_owner_s_alone(&restored.join("seckill.db"));
    let kept = sql(&restored, "SELECT COUNT(*) FROM reservations")
        .await
        .unwrap();
    assert!(kept >= i64::from(before), "{kept} of {before}");
    let mut again = Running::serve(&restored, &open);
    again.wait_until_ready(LIMIT).await;
    // It sells what the backup did not contain yet, and no more.
    let mut late = 0;
    for token in &tokens {
        let answer = buy(&again.url, &item, token).await;
        late += i64::from(answer["position"].is_number());
    }
    assert_eq!(kept + late, 20);
    drop(again);
    let audited = run(&restored, &[], &["audit"]);
    assert!(audited.status.success(), "{audited:?}");
}

#[test]
fn a_backup_overwrites_nothing_and_leaves_nothing_behind_when_it_fails() {
    let (folder, data) = no_data();
    let backup = folder.path().join("backup.db");
    let none = run(&data, &[], &["backup", words(&backup)]);
    assert_eq!(none.status.code(), Some(1), "{none:?}");
    assert!(errors(&none).contains("there is no shop in"), "{none:?}");
    assert!(!data.exists());

    demo_shop(&data);
    fs::write(&backup, "precious").unwrap();
    let refused = run(&data, &[], &["backup", words(&backup)]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    let said = errors(&refused);
    assert!(said.contains(words(&backup)), "{said}");
    assert!(said.contains("overwrites nothing"), "{said}");
    assert_eq!(fs::read_to_string(&backup).unwrap(), "precious");

    let nowhere = folder.path().join("missing/backup.db");
    let refused = run(&data, &[], &["backup", words(&nowhere)]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    let said = errors(&refused);
    assert!(said.contains(words(&nowhere)), "{said}");
    let entries = fs::read_dir(folder.path()).unwrap();
    assert_eq!(entries.count(), 2, "the data folder and the file");
}

#[tokio::test]
async fn a_restore_needs_an_unused_folder_without_a_shop() {
    let (folder, data) = no_data();
    demo_shop(&data);
    let backup = folder.path().join("backup.db");
    assert!(
        run(&data, &[], &["backup", words(&backup)])
            .status
            .success()
    );
    let before = fs::read(data.join("seckill.db")).unwrap();
    let restore = |data: &Path| {
        let refused = run(data, &[], &["restore", words(&backup)]);
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
        errors(&refused)
    };

    let words = restore(&data);
    assert!(words.contains("seckill.db is there already"), "{words}");
    assert_eq!(fs::read(data.join("seckill.db")).unwrap(), before);

    // SQLite would apply the log of a deleted database to the restored one.
    let leftover = folder.path().join("leftover");
    fs::create_dir(&leftover).unwrap();
    fs::write(leftover.join("seckill.db-wal"), "old").unwrap();
    let words = restore(&leftover);
    assert!(words.contains("seckill.db-wal is there already"), "{words}");

    let mut server = Running::serve(&data, &[]);
    server.wait_until_ready(LIMIT).await;
    let words = restore(&data);
    assert!(
        words.contains("another server is using the data folder"),
        "{words}"
    );
}

/// Overwrites some bytes in the middle of a file.
fn damage(file: &Path) {
    let mut file = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(file)
        .unwrap();
    // A page in the middle, with rows or an index on it.
    let middle = file.metadata().unwrap().len() / 4096 / 2 * 4096;
    file.seek(SeekFrom::Start(middle)).unwrap();
    let mut page = [0; 4096];
    file.read_exact(&mut page).unwrap();
    for byte in &mut page {
        *byte = !*byte;
    }
    file.seek(SeekFrom::Start(middle)).unwrap();
    file.write_all(&page).unwrap();
}

#[tokio::test]
async fn verify_finds_damaged_invalid_and_missing_backups() {
    let (folder, data) = no_data();
    demo_shop(&data);
    let backup = folder.path().join("backup.db");
    let verify = |file: &Path| {
        let verified = run(&data, &[], &["verify", words(file)]);
        (
            verified.status.code(),
            printed(&verified) + &errors(&verified),
        )
    };
    assert!(
        run(&data, &[], &["backup", words(&backup)])
            .status
            .success()
    );
    damage(&backup);
    let (status, text) = verify(&backup);
    assert_eq!(status, Some(1), "{text}");
    assert!(text.contains("damaged"), "{text}");
    let into = folder.path().join("into");
    let refused = run(&into, &[], &["restore", words(&backup)]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(!into.join("seckill.db").exists());

    // The audit's rules apply to the copy too.
    sql(
        &data,
        "UPDATE items SET sellable = sellable - 1, sold = sold + 1",
    )
    .await;
    let backup = folder.path().join("second.db");
    assert!(
        run(&data, &[], &["backup", words(&backup)])
            .status
            .success()
    );
    let (status, text) = verify(&backup);
    assert_eq!(status, Some(1), "{text}");
    assert!(text.contains("VIOLATION sold_is_paid_orders"), "{text}");

    let text_file = folder.path().join("text");
    fs::write(&text_file, "no database ".repeat(1000)).unwrap();
    let (status, text) = verify(&text_file);
    assert_eq!(status, Some(1), "{text}");
    assert!(text.contains("not a database"), "{text}");
    let empty = folder.path().join("empty");
    fs::write(&empty, "").unwrap();
    let (status, text) = verify(&empty);
    assert_eq!(status, Some(1), "{text}");
    assert!(text.contains("holds no shop"), "{text}");
    let (status, text) = verify(&folder.path().join("missing"));
    assert_eq!(status, Some(1), "{text}");
    assert!(text.contains("cannot read"), "{text}");
}

fn copies(data: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(data.join("before-migrations"));
    let entries = entries
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path());
    let mut copies: Vec<_> = entries.collect();
    copies.sort();
    copies
}

#[tokio::test]
async fn a_shop_is_copied_before_its_migration_and_the_last_three_copies_are_kept() {
    let (folder, data) = no_data();
    demo_shop(&data);
    assert_eq!(copies(&data), [] as [PathBuf; 0], "nothing was migrated");
    let accounts = sql(&data, "SELECT COUNT(*) FROM accounts").await.unwrap();

    let mut made = Vec::new();
    // The last migration can be repeated on a schema that already has it.
    let forget = "DELETE FROM seaql_migrations WHERE version LIKE 'm0003%'";
    for _ in 0..4 {
        sql(&data, forget).await;
        let migrated = run(&data, &[], &["migrate"]);
        assert!(migrated.status.success(), "{}", errors(&migrated));
        made.push(copies(&data).pop().unwrap());
    }
    assert_eq!(copies(&data), made[1..]);
    must_be_its_owner_s_alone(&made[3]);

    // The copy has the earlier schema, and can be restored.
    let verified = run(&data, &[], &["verify", words(&made[3])]);
    assert!(verified.status.success(), "{verified:?}");
    assert!(
        printed(&verified).contains("of an earlier version"),
        "{verified:?}"
    );
    let restored = folder.path().join("restored");
    for arguments in [&["restore", words(&made[3])][..], &["migrate"], &["audit"]] {
        let done = run(&restored, &[], arguments);
        assert!(done.status.success(), "{arguments:?}: {}", errors(&done));
    }
    let kept = sql(&restored, "SELECT COUNT(*) FROM accounts").await;
    assert_eq!(kept, Some(accounts));
}

#[tokio::test]
async fn a_shop_that_cannot_be_copied_is_not_migrated() {
    let (_folder, data) = no_data();
    demo_shop(&data);
    sql(
        &data,
        "DELETE FROM seaql_migrations WHERE version LIKE 'm0003%'",
    )
    .await;
    let before = sql(&data, "SELECT COUNT(*) FROM seaql_migrations").await;
    fs::write(data.join("before-migrations"), "no folder").unwrap();
    let refused = run(&data, &[], &["migrate"]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    let said = errors(&refused);
    assert!(said.contains("the database is not migrated"), "{said}");
    assert!(said.contains("before-migrations"), "{said}");
    let after = sql(&data, "SELECT COUNT(*) FROM seaql_migrations").await;
    assert_eq!(before, after);
}

#[test]
fn a_cluster_is_backed_up_with_the_tools_of_its_database() {
    let (folder, data) = no_data();
    let file = folder.path().join("backup.db");
    for command in ["backup", "restore"] {
        let refused = run(
            &data,
            &[("SECKILL_MODE", "cluster")],
            &[command, words(&file)],
        );
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
        let said = errors(&refused);
        assert!(said.contains("with the tools of its database"), "{said}");
    }
}
