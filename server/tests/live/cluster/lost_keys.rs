//! A running Redis loses keys during a sale because a person deletes them: one kind of keys in the
//! middle of each wave of buyers. The data of the deleted keys is found elsewhere, so that every
//! promise becomes an order.

use std::time::Instant;

use super::{
    scenario::{nobody_is_promised_more, wait_until},
    waves::Waves,
};

/// Deletes keys that match a pattern, and returns how many.
const DELETE: &str = "local found = redis.call('KEYS', ARGV[1]) \
                      for _, key in ipairs(found) do redis.call('DEL', key) end \
                      return #found";

/// A kind of keys, by their names after the namespace.
struct Kind {
    what: &'static str,
    keys: &'static str,
    /// Buyers wait until they are restored.
    closes: bool,
}

/// Keys of the item. The braces are its hash tag.
const OF_THE_ITEM: [Kind; 4] = [
    Kind {
        what: "counters",
        keys: "{*}:item",
        closes: true,
    },
    Kind {
        what: "holders",
        keys: "{*}:holders",
        closes: false,
    },
    Kind {
        what: "numbers",
        keys: "{*}:positions",
        closes: false,
    },
    Kind {
        what: "outbox",
        keys: "{*}:outbox",
        closes: false,
    },
];

const OF_ALL: [Kind; 6] = [
    Kind {
        what: "list of outboxes",
        keys: "*items",
        closes: false,
    },
    Kind {
        what: "what instances have in flight",
        keys: "*in-flight",
        closes: false,
    },
    Kind {
        what: "results",
        keys: "results:*",
        closes: false,
    },
    Kind {
        what: "paths",
        keys: "{*}:path:*",
        closes: false,
    },
    Kind {
        what: "log-ins",
        keys: "login:*",
        closes: false,
    },
    Kind {
        what: "counts of the live page",
        keys: "{counts}:*",
        closes: false,
    },
];

async fn are_deleted(kinds: &[Kind], name: &str) {
    let mut waves = Waves::new(kinds.len()).await;
    // By a worker, and workers are paused.
    let item = waves.cluster.key(&waves.item().sale.item_id, "item");
    let redis = &waves.cluster.servers().redis;
    wait_until("the item to be loaded", || {
        redis.cli(&["exists", &item]) == "1"
    })
    .await;
    for kind in kinds {
        // Nothing leaves the outbox, so that the deleted keys are needed.
        waves.cluster.pause_workers();
        let wave = waves.begin().await;
        nobody_is_promised_more(&[waves.item().last()]).await;
        let busy = waves.item().last().busy();
        let pattern = format!("{}:{}", waves.cluster.namespace, kind.keys);
        let redis = &waves.cluster.servers().redis;
        let deleted = redis.cli(&["eval", DELETE, "0", &pattern]);
        assert!(deleted.parse::<u32>().expect(&deleted) > 0, "{}", kind.what);
        let before = waves.release(&wave);
        let begun = Instant::now();
        waves.cluster.resume_workers();
        if kind.closes {
            let last = waves.item().last().clone();
            wait_until("buyers to hear busy", || last.busy() > busy).await;
        }
        waves.is_answered(wave).await;
        println!(
            "{} deleted ({deleted} keys): {before} promises before; all answered after {:.1} s",
            kind.what,
            begun.elapsed().as_secs_f64()
        );
    }
    waves.end(name).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_an_item_are_deleted() {
    are_deleted(&OF_THE_ITEM, "keys of the item deleted").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_all_items_share_and_keys_of_buyers_are_deleted() {
    are_deleted(&OF_ALL, "shared keys and keys of buyers deleted").await;
}
