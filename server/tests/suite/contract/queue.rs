//! The contract of [`OrderQueue`], for the ledger itself and RabbitMQ.

use std::sync::Arc;

use app::wire::{AccountId, ItemId, OrderId, Rejection, ReservationId};
use server::engine::ports::{
    Depth, OrderQueue, OrderWriter, ParkedEntries, ParkedReservations, QueuedReservation, TRIES,
    Unit,
};
use uuid::Uuid;

use crate::{
    rabbitmq::connect,
    support::{START_MS, TestShop, eventually},
};
use test_servers::rabbitmq::shared;

/// An empty queue and its shop.
struct Place {
    name: &'static str,
    queue: Arc<dyn OrderQueue>,
    parked: Arc<dyn ParkedReservations>,
    shop: TestShop,
    item: ItemId,
    /// Whether writing the order in the ledger also ends the entry.
    ends_with_order: bool,
}

fn replayed(entry: QueuedReservation) -> QueuedReservation {
    QueuedReservation {
        replayed: true,
        ..entry
    }
}

/// `test` makes names that are not shared with other tests.
async fn places(test: &str) -> [Place; 2] {
    let ledger = TestShop::new().await;
    let shop = TestShop::new().await;
    let rabbit = connect(shared(), test).await;
    [
        Place {
            name: "ledger",
            queue: Arc::clone(&ledger.engine.orders.queue),
            parked: Arc::clone(&ledger.engine.orders.parked),
            item: ledger.item(100).await,
            shop: ledger,
            ends_with_order: true,
        },
        Place {
            name: "RabbitMQ",
            queue: rabbit.clone(),
            parked: rabbit,
            item: shop.item(100).await,
            shop,
            ends_with_order: false,
        },
    ]
}

impl Place {
    fn held(&self, buyers: std::ops::RangeInclusive<u32>) -> Vec<QueuedReservation> {
        buyers
            .map(|buyer| QueuedReservation {
                unit: Unit {
                    reservation_id: ReservationId(Uuid::from_u128(0xcc00 + u128::from(buyer))),
                    item_id: self.item,
                    buyer: AccountId(Uuid::from_u128(u128::from(buyer))),
                },
                path: format!("path{buyer}"),
                position: buyer,
                held_at_ms: START_MS,
                replayed: false,
            })
            .collect()
    }

    /// Takes until there are this many.
    async fn take(&self, limit: u32, wanted: usize) -> Vec<QueuedReservation> {
        eventually(self.name, async || {
            let taken = self.queue.take_batch(limit).await.unwrap();
            (taken.len() >= wanted).then_some(taken)
        })
        .await
    }

    async fn end(&self, done: &[QueuedReservation]) {
        if self.ends_with_order {
            let with_order = |entry: &QueuedReservation| {
                let id = 0xdd00 + u128::from(entry.position);
                (entry.clone(), OrderId(Uuid::from_u128(id)))
            };
            let batch: Vec<_> = done.iter().map(with_order).collect();
            self.shop.sql.write(&batch, START_MS).await.unwrap();
        }
        self.queue.ack(done).await.unwrap();
    }

    /// Tries the waiting entries until they are parked.
    async fn park(&self, entries: usize) {
        for _ in 0..TRIES {
            for entry in self.take(10, entries).await {
                self.queue.retry_later(&entry).await.unwrap();
            }
        }
        self.depth_becomes(0, entries as u64).await;
    }

    async fn depth_becomes(&self, waiting: u64, parked: u64) {
        let depth = Depth {
            waiting,
            parked,
            ..Depth::default()
        };
        eventually(self.name, async || {
            (self.queue.depth().await.unwrap() == depth).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn entries_come_in_order_and_again_until_they_are_done() {
    for place in places("in-order").await {
        let (name, requests) = (place.name, place.held(1..=5));
        place.queue.put(&requests[..3]).await.unwrap();
        place.queue.put(&requests[3..]).await.unwrap();
        assert_eq!(place.take(2, 2).await, requests[..2], "{name}");
        assert_eq!(place.take(10, 5).await, requests, "{name}: not done");
        place.end(&requests[..2]).await;
        assert_eq!(place.take(10, 3).await, requests[2..], "{name}");
        // Out of order, and two that were not taken together.
        place.end(&[requests[4].clone(), requests[2].clone()]).await;
        assert_eq!(place.take(10, 1).await, requests[3..4], "{name}");
        place.end(&requests[3..4]).await;
        assert_eq!(place.queue.take_batch(10).await.unwrap(), [], "{name}");
        place.end(&requests[3..4]).await;
        place.depth_becomes(0, 0).await;
    }
}

#[tokio::test]
async fn depth_counts_waiting_entries() {
    for place in places("depth").await {
        place.depth_becomes(0, 0).await;
        place.queue.can_put().await.unwrap();
        place.queue.put(&place.held(1..=3)).await.unwrap();
        place.depth_becomes(3, 0).await;
    }
}

#[tokio::test]
async fn an_entry_that_cannot_be_written_is_parked_and_blocks_no_other() {
    for place in places("parking").await {
        let (name, requests) = (place.name, place.held(1..=3));
        let bad = &requests[..1];
        place.queue.put(&requests).await.unwrap();
        assert_eq!(place.take(10, 3).await, requests, "{name}");
        place.queue.retry_later(&requests[0]).await.unwrap();
        let behind = eventually(name, async || {
            let taken = place.queue.take_batch(10).await.unwrap();
            (taken.len() == 3).then_some(taken)
        })
        .await;
        assert_eq!(behind[..2], requests[1..], "{name}: it comes behind others");
        assert_eq!(behind[2..], *bad, "{name}");
        place.end(&requests[1..]).await;
        for tries in 2..=TRIES {
            assert_eq!(place.take(10, 1).await, bad, "{name}");
            let parked = place.queue.retry_later(&bad[0]).await.unwrap();
            assert_eq!(parked, tries == TRIES, "{name}: {tries} tries");
        }
        place.depth_becomes(0, 1).await;
        assert_eq!(place.queue.take_batch(10).await.unwrap(), [], "{name}");

        assert_eq!(place.parked.replay_parked(None).await.unwrap(), 1, "{name}");
        assert_eq!(place.parked.replay_parked(None).await.unwrap(), 0, "{name}");
        // Marked as parked before until it is done.
        let bad = &bad.iter().cloned().map(replayed).collect::<Vec<_>>()[..];
        for _ in 0..TRIES {
            assert_eq!(place.take(10, 1).await, bad, "{name}: as many tries again");
            place.queue.retry_later(&bad[0]).await.unwrap();
        }
        place.depth_becomes(0, 1).await;
        assert_eq!(place.parked.replay_parked(None).await.unwrap(), 1, "{name}");
        assert_eq!(place.take(10, 1).await, bad, "{name}");
        place.end(bad).await;
        place.depth_becomes(0, 0).await;
    }
}

#[tokio::test]
async fn parked_entries_are_listed_and_found_and_replayed_or_removed_one_by_one() {
    for place in places("parked-one-by-one").await {
        let (name, requests) = (place.name, place.held(1..=3));
        let ids: Vec<_> = requests.iter().map(|one| one.unit.reservation_id).collect();
        let nobody = ReservationId(Uuid::from_u128(1));
        place.queue.put(&requests).await.unwrap();
        assert_eq!(
            place.parked.parked(10).await.unwrap(),
            ParkedEntries::default()
        );
        let found = place.parked.find_parked(ids[0]).await.unwrap();
        assert!(found.is_none(), "{name}");
        place.park(3).await;

        let mut listed = place.parked.parked(10).await.unwrap().entries;
        listed.sort_by_key(|entry| entry.position);
        assert_eq!(listed, requests, "{name}");
        // Entries that were only read are still parked.
        place.depth_becomes(0, 3).await;
        assert_eq!(
            place.parked.parked(2).await.unwrap().entries.len(),
            2,
            "{name}"
        );
        place.depth_becomes(0, 3).await;
        let found = place.parked.find_parked(ids[1]).await.unwrap();
        assert_eq!(found.unwrap().reservation(), &requests[1], "{name}");
        place.depth_becomes(0, 3).await;

        assert_eq!(
            place.parked.replay_parked(Some(nobody)).await.unwrap(),
            0,
            "{name}"
        );
        place.depth_becomes(0, 3).await;
        assert_eq!(
            place.parked.replay_parked(Some(ids[1])).await.unwrap(),
            1,
            "{name}"
        );
        let again = place.take(10, 1).await;
        assert_eq!(again, [replayed(requests[1].clone())], "{name}");
        place.end(&again).await;
        place.depth_becomes(0, 2).await;

        let found = place.parked.find_parked(ids[2]).await.unwrap().unwrap();
        if place.ends_with_order {
            let failed = place
                .shop
                .sql
                .fail(&requests[2..], Rejection::Busy, START_MS);
            failed.await.unwrap();
        }
        found.remove().await.unwrap();
        place.depth_becomes(0, 1).await;
        let left = place.parked.parked(10).await.unwrap().entries;
        assert_eq!(left, requests[..1], "{name}");
        assert_eq!(place.parked.remove_unreadable().await.unwrap(), 0, "{name}");
        place.depth_becomes(0, 1).await;
    }
}
