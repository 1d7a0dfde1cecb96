//! `server export` and `server import`: a shop between rounds moves from a data folder to servers and back, without
//! changes.

use std::{
    fs,
    io::{Read, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use app::{port::Storefront, wire::OrderId};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use server::{
    adapters::sql::{ArchiveError, Sql},
    engine::{audit, ports::GateLedger},
    sandbox::Action,
};
use tempfile::TempDir;
use test_servers::{mariadb, postgres};
use uuid::Uuid;

use super::{errors, no_data, run};
use crate::{
    databases::opened::{OPTIONS, connect},
    purchase::{TestClient, visitor},
    support::{Data, HOUR_MS, ManualClock, START_MS, TestShop},
};

/// The lines of an export except the first and the last, which contain its time and its checksum.
fn lines(file: &Path) -> Vec<String> {
    let mut text = String::new();
    let mut unpacked = GzDecoder::new(fs::File::open(file).unwrap());
    unpacked.read_to_string(&mut text).unwrap();
    let mut lines: Vec<_> = text.lines().skip(1).map(str::to_owned).collect();
    lines.pop();
    lines
}

/// A shop with paid, cancelled and closed orders, whose round is over.
async fn a_shop_between_rounds() -> (TestClient, OrderId) {
    let clock = Arc::new(ManualClock::at(START_MS));
    let shop = TestShop::open(Data::embedded(), clock, Arc::default(), None, |_| {}).await;
    let client = TestClient::of(shop);
    let item = client.shop.item(5).await;
    for number in 1..=3 {
        client.shop.buyer(number).await;
    }
    let paid = client.order_of(&visitor(1), item).await;
    client.pays(&visitor(1), paid, Action::Pay).await;
    for (signature, body) in client.shop.take_sandbox_notices().await {
        assert!(client.shop.receive_notice(&signature, &body).await);
    }
    let cancelled = client.order_of(&visitor(2), item).await;
    client.cancel(&visitor(2), cancelled).await.unwrap();
    client.order_of(&visitor(3), item).await;
    client.shop.clock.advance(2 * HOUR_MS);
    // The unpaid one closes, and its unit and then the other's come back.
    for _ in 0..2 {
        client.shop.settle_payments().await;
    }
    (client, paid)
}

async fn folder_with_a_schema() -> (TempDir, Sql) {
    let folder = tempfile::tempdir().unwrap();
    let sql = Sql::open(folder.path(), &OPTIONS).await.unwrap();
    (folder, sql)
}

async fn export(shop: &TestShop, sql: &Sql, file: &Path) {
    let now_ms = shop.clock.get();
    sql.export(file, now_ms, &*shop.clock).await.unwrap();
}

fn a_name() -> String {
    format!("a{}", Uuid::now_v7().simple())
}

#[tokio::test]
async fn a_shop_moves_from_a_folder_to_servers_and_back_unchanged() {
    let (client, paid) = a_shop_between_rounds().await;
    let now_ms = client.shop.clock.get();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| -> PathBuf { folder.path().join(name) };
    export(&client.shop, &client.shop.sql, &file("0")).await;
    let original = lines(&file("0"));
    assert!(original.iter().any(|line| line.contains(&paid.to_string())));

    let (postgres, mariadb, name) = (postgres::shared(), mariadb::shared(), a_name());
    postgres.create_database(&name);
    mariadb.create_database(&name);
    let access = OPTIONS.access;
    let on_postgres = connect(&postgres.url(&name), None, 3, access)
        .await
        .unwrap();
    let on_mariadb = connect(&mariadb.url(&name), None, 3, access).await.unwrap();
    let (_folder, embedded) = folder_with_a_schema().await;
    let stations = [on_postgres, on_mariadb, embedded];
    for (number, sql) in stations.iter().enumerate() {
        let (from, to) = (file(&number.to_string()), file(&(number + 1).to_string()));
        let imported = sql.import(&from).await.unwrap();
        let orders = imported.iter().find(|(table, _)| table == "orders");
        assert_eq!(orders.map(|(_, rows)| *rows), Some(3), "{imported:?}");
        let mut report = audit::audit(sql, now_ms).await.unwrap();
        audit::check_activity_log(sql, &mut report).await.unwrap();
        assert!(report.ok, "{report:?}");

        let again = sql.import(&from).await.unwrap_err();
        assert!(matches!(again, ArchiveError::NotEmpty { .. }), "{again}");
        export(&client.shop, sql, &to).await;
        assert_eq!(lines(&to), original, "{number}");
    }
    // Data about the gate of the old place is not moved.
    let item = client.shop.audit().await.items[0].item_id;
    let load = stations[2].load_epoch(item).await.unwrap().unwrap();
    assert_eq!(load.epoch, None);
}

#[tokio::test]
async fn a_shop_with_unfinished_work_is_not_exported() {
    let clock = Arc::new(ManualClock::at(START_MS));
    let shop = TestShop::open(Data::embedded(), clock, Arc::default(), None, |_| {}).await;
    let client = TestClient::of(shop);
    let item = client.shop.item(1).await;
    client.order_of(&visitor(1), item).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("export");
    let refused = async || {
        let exported = client.shop.sql.export(&file, START_MS, &*client.shop.clock);
        match exported.await {
            Err(ArchiveError::Unsettled(unsettled)) => unsettled,
            other => panic!("{other:?}"),
        }
    };
    let unsettled = refused().await;
    assert_eq!((unsettled.open_rounds, unsettled.unpaid), (1, 1));
    let said = ArchiveError::Unsettled(unsettled).to_string();
    assert!(said.contains("1 open rounds, 1 orders that wait"), "{said}");
    // The round ends while the shop is being checked.
    client.shop.clock.advance(2 * HOUR_MS);
    assert_eq!(refused().await.open_rounds, 1);
    assert!(!file.exists());
}

#[tokio::test]
async fn the_commands_move_a_shop_or_report_why_not() {
    let (client, _) = a_shop_between_rounds().await;
    let old = client.shop.file().parent().unwrap().to_owned();
    let data = client.shop.kill();
    let (new_folder, new) = no_data();
    let file = new_folder.path().join("shop.export");
    let path = file.to_str().unwrap();
    let done = |folder: &Path, arguments: &[&str]| {
        let ended = run(folder, &[], arguments);
        assert!(ended.status.success(), "{arguments:?}: {}", errors(&ended));
        String::from_utf8(ended.stdout).unwrap()
    };
    let refused = |folder: &Path, arguments: &[&str]| {
        let ended = run(folder, &[], arguments);
        assert_eq!(ended.status.code(), Some(1), "{ended:?}");
        errors(&ended)
    };
    let said = done(&old, &["export", path]);
    assert!(said.contains("3 orders"), "{said}");
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let before = fs::read(&file).unwrap();
    let said = refused(&old, &["export", path]);
    assert!(said.contains("cannot write"), "{said}");
    assert_eq!(fs::read(&file).unwrap(), before, "it was overwritten");

    let said = refused(&new, &["import", path]);
    assert!(said.contains("server migrate"), "{said}");
    done(&new, &["migrate"]);
    let text = {
        let mut text = Vec::new();
        GzDecoder::new(&before[..]).read_to_end(&mut text).unwrap();
        text
    };
    let packed = |text: &[u8]| {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(text).unwrap();
        packed.finish().unwrap()
    };
    let changed = String::from_utf8(text.clone())
        .unwrap()
        .replace("buyer 1", "buyer 9");
    for damaged in [
        before[..before.len() / 2].to_vec(),
        packed(&text[..text.len() - 10]),
        packed(changed.as_bytes()),
        b"no export at all".to_vec(),
    ] {
        let broken = new_folder.path().join("broken");
        fs::write(&broken, damaged).unwrap();
        let said = refused(&new, &["import", broken.to_str().unwrap()]);
        assert!(said.contains("damaged or no export"), "{said}");
    }
    let said = done(&new, &["import", path]);
    assert!(said.contains("3 orders"), "{said}");
    done(&new, &["audit"]);
    let said = refused(&new, &["import", path]);
    assert!(said.contains("there is something already"), "{said}");
    drop(data);
}
