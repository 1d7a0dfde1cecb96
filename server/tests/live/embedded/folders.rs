//! A start in a folder that cannot be written.

use test_servers::disk_faults::{DiskError, DiskFaults, Effect, Fault, Operations};

use crate::process::{Process, Shop};

fn seeded() -> (Shop, DiskFaults) {
    let mut shop = Shop::new();
    shop.seed(1, 1, 0);
    let faults = DiskFaults::new(&shop.data_folder());
    shop.set_environment_of_server(faults.environment());
    (shop, faults)
}

/// The one line that a start ends with, which names the folder. Then the folder works, and so does
/// the next start.
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

/// The first call is that of the lock; behind it stands the database.
const FIRST_TWO: [u64; 2] = [1, 2];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_folder_is_refused_by_its_name_with_the_cause() {
    for nth in FIRST_TWO {
        let said = refusal_of(Operations::CHANGES, DiskError::ReadOnly, nth).await;
        let cause = said.to_lowercase().replace(['-', ' '], "");
        assert!(cause.contains("readonly"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_on_a_full_disk_is_refused_by_its_name_with_the_cause() {
    // SQLite does not say more where it cannot make a file that readers share.
    let said = refusal_of(Operations::WRITE, DiskError::Full, 1).await;
    assert!(
        said.contains("disk I/O error") || said.contains("full"),
        "{said}"
    );
}
