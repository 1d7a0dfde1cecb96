//! A start while any call to the disk fails.

use futures::future::join_all;
use test_servers::disk_faults::{DiskError, DiskFaults, Effect, Fault, Operations};

use super::{
    client::{TestClient, Told, within},
    every_fault_point::SHOPS,
};
use crate::process::{Process, Sale, Shop};

const BROKEN: Effect = Effect::Fail(DiskError::Broken);
/// Shops that share the calls of one kind.
const SHARES: u64 = 4;
/// More than the calls of a start, and the units on sale.
const BUYERS: u32 = 400;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_any_failed_call_a_start_opens_or_reports_it_and_the_next_has_everything() {
    let seeded = Shop::new();
    let sale = seeded.seed(BUYERS, BUYERS, 0);
    let shares = [false, true]
        .into_iter()
        .flat_map(|lasting| (0..SHARES).map(move |share| (lasting, share)));
    let runs = shares.map(|(lasting, share)| run(&seeded, &sale, lasting, share));
    let (mut opened, mut ended) = (0, 0);
    for (of_share, ended_of_share) in join_all(runs).await {
        opened += of_share;
        ended += ended_of_share;
    }
    println!("starts with a call that failed: {opened} opened, {ended} ended and said why");
    assert!(opened > 0 && ended > 0);
}

/// The calls of a share, in a folder that is left by `kill -9` each time. Returns how many starts opened the shop
/// and how many ended.
async fn run(seeded: &Shop, sale: &Sale, lasting: bool, share: u64) -> (u32, u32) {
    let _permit = SHOPS.acquire().await.unwrap();
    let mut shop = Shop::new();
    shop.copy_data_of(seeded);
    let faults = DiskFaults::new(&shop.data_folder());
    shop.set_environment_of_server(faults.environment());
    let client = || TestClient::new(shop.url());
    faults.count(Operations::ALL);
    Process::start(&shop, &[]).await.kill().await;
    let calls = faults.calls();
    assert!(calls < u64::from(BUYERS), "more buyers are needed");
    let (mut opened, mut ended, mut orders) = (0, 0, 0);
    for nth in (1..=calls).filter(|nth| nth % SHARES == share) {
        faults.set(Fault {
            operations: Operations::ALL,
            effect: BROKEN,
            nth,
            lasting,
        });
        let server = match Process::start_or_end(&shop).await {
            Ok(server) => {
                opened += 1;
                faults.clear();
                server
            }
            Err(said) => {
                ended += 1;
                faults.clear();
                assert!(said.starts_with("server: "), "{said}");
                Process::start(&shop, &[]).await
            }
        };
        server.wait_until_ready(&shop).await;
        let token = &sale.tokens[nth as usize];
        let told = within("busy for too long", async || {
            let told = client().buy(&sale.item_id, token).await;
            match told {
                Told::Number { reservation, .. } => Some(reservation),
                Told::Busy { .. } => None,
            }
        });
        client().order_of(&told.await, token).await;
        orders += 1;
        server.kill().await;
    }
    let audit = shop.audit();
    assert!(audit.ok, "{audit:?}");
    assert_eq!(audit.items[0].orders_live, orders, "every order is there");
    (opened, ended)
}
