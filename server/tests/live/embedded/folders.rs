//! Starts in a folder that cannot be written.

use test_servers::disk_faults::{DiskError, DiskFaults, Effect, Fault, Operations};

use crate::process::{Process, Shop};

fn seeded() -> (Shop, DiskFaults) {
    let mut shop = Shop::new();
    shop.seed(1, 1, 0);
    let faults = DiskFaults::new(&shop.data_folder());
    shop.set_environment_of_server(faults.environment());
    (shop, faults)
}

/// The last line of a failed start, which names the folder. Then the folder works again, and so
/// does the next start.
async fn refusal_of(operations: Operations, error: DiskError, nth: u64) -> String {
    let (shop, faults) = seeded();
    faults.set(Fault {
        nth,
        ..Fault::lasting(operations, Effect::Fail(error))
    });
    let said = Process::start_or_end(&shop).await.err();
    let said = said.expect("a shop opens that can sell nothing");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.contains(&shop.data_folder().display().to_string()),
        "{said}"
    );
    assert!(!shop.log().contains("The shop is open"), "{}", shop.log());
    faults.clear();
    Process::start(&shop, &[]).await.stop().await;
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_folder_is_refused_by_its_name_with_the_cause() {
    // The first call is the lock's.
    let said = refusal_of(Operations::CHANGES, DiskError::ReadOnly, 1).await;
    assert!(says_read_only(&said), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_that_becomes_read_only_after_the_lock_is_refused_by_its_name() {
    // SQLite opens such a database read-only. Whether it reports the cause depends on the file
    // shared by readers: if an earlier process removed it, SQLite only says that it cannot create
    // it (code 14); if that process was killed, that the database is read-only.
    let said = refusal_of(Operations::CHANGES, DiskError::ReadOnly, 2).await;
    assert!(
        says_read_only(&said) || said.contains("unable to open database file"),
        "{said}"
    );
}

fn says_read_only(said: &str) -> bool {
    said.to_lowercase()
        .replace(['-', ' '], "")
        .contains("readonly")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_on_a_full_disk_is_refused_by_its_name_with_the_cause() {
    // SQLite gives no further cause if it cannot create the file shared by readers.
    let said = refusal_of(Operations::WRITE, DiskError::Full, 1).await;
    assert!(
        said.contains("disk I/O error") || said.contains("full"),
        "{said}"
    );
}
