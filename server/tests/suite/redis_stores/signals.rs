//! The signals between instances.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use server::{
    adapters::{
        cached::CachedCatalogue,
        catalogue_changes::CatalogueChanges,
        redis::{Redis, RedisCatalogueEvents, RedisWakeSignal, SignalListener},
        sold_out_cache::SoldOutCache,
    },
    engine::ports::{Catalogue, CatalogueChanged, CatalogueEvents, Job, WakeSignal},
};
use tokio::task::JoinSet;

use super::{Place, item, until};
use crate::support::{START_MS, TestShop};
use test_servers::redis::{Persistence, RedisServer, shared};

/// Counts how often the workers of each job were woken.
#[derive(Default)]
struct WakeCounter(Mutex<HashMap<Job, u32>>);

impl WakeCounter {
    fn of(&self, job: Job) -> u32 {
        self.0.lock().unwrap().get(&job).copied().unwrap_or(0)
    }
}

impl WakeSignal for WakeCounter {
    fn notify(&self, job: Job) {
        *self.0.lock().unwrap().entry(job).or_default() += 1;
    }
}

/// The signals of an instance.
struct Instance {
    redis: Redis,
    sold_out: SoldOutCache,
    local: Arc<WakeCounter>,
    wake: RedisWakeSignal,
    changes: CatalogueChanges,
    tasks: JoinSet<()>,
}

impl Instance {
    /// An instance that has started to listen.
    async fn open(place: &Place) -> Instance {
        let redis = place.redis();
        let (sold_out, local) = (SoldOutCache::default(), Arc::new(WakeCounter::default()));
        let wake = RedisWakeSignal::new(redis.clone(), local.clone());
        let (mut tasks, changes) = (JoinSet::new(), CatalogueChanges::default());
        let listener = SignalListener::new(redis.clone(), sold_out.clone(), &wake, changes.clone());
        tasks.spawn(listener.listen());
        tasks.spawn(wake.clone().publish());
        let instance = Instance {
            redis,
            sold_out,
            local,
            wake,
            changes,
            tasks,
        };
        instance.until_subscribed(0).await;
        instance
    }

    /// Every new subscription wakes every job once; [`Job::Notify`] is woken by nothing else here.
    async fn until_subscribed(&self, woken: u32) {
        until("the instance listens", async || {
            self.local.of(Job::Notify) > woken
        })
        .await;
    }

    async fn publish_return(&self, number: u128, returns: u64) {
        let mut publish = redis::cmd("PUBLISH");
        publish.arg(self.redis.key("returns"));
        publish.arg(format!("{} {returns}", item(number)));
        self.redis.query::<()>(&publish).await.unwrap();
    }
}

#[tokio::test]
async fn a_unit_that_comes_back_at_one_instance_clears_the_sold_out_cache_of_the_others() {
    for place in Place::both() {
        let (here, there) = (Instance::open(&place).await, Instance::open(&place).await);
        let started_at = std::time::Instant::now();
        there.sold_out.set(item(1), 4);
        there.sold_out.set(item(2), 4);
        here.publish_return(1, 5).await;
        until("the entry is cleared", async || {
            !there.sold_out.is_sold_out(item(1))
        })
        .await;
        there.sold_out.set(item(1), 4);
        assert!(!there.sold_out.is_sold_out(item(1)), "the return is newer");
        // The whole cache is cleared periodically, with a longer period than this takes.
        if started_at.elapsed().as_secs() < 2 {
            assert!(
                there.sold_out.is_sold_out(item(2)),
                "the other item stays sold out"
            );
        }
        until("the whole cache is cleared", async || {
            !there.sold_out.is_sold_out(item(2))
        })
        .await;
    }
}

#[tokio::test]
async fn a_wake_signal_reaches_every_instance_and_many_signals_are_few_messages() {
    for place in Place::both() {
        let (here, there) = (Instance::open(&place).await, Instance::open(&place).await);
        let before = [here.local.of(Job::Relay), there.local.of(Job::Relay)];
        for _ in 0..1000 {
            here.wake.notify(Job::Relay);
        }
        assert_eq!(here.local.of(Job::Relay), before[0] + 1000);
        until("the signal", async || {
            there.local.of(Job::Relay) > before[1]
        })
        .await;
        here.wake.notify(Job::Release);
        until("the other signal", async || {
            there.local.of(Job::Release) > before[1]
        })
        .await;
        let heard = there.local.of(Job::Relay) - before[1];
        assert!(heard <= 10, "{heard} messages for 1000 signals");
        assert_eq!(
            here.local.of(Job::Relay),
            before[0] + 1000,
            "an instance ignores its own messages"
        );
    }
}

#[tokio::test]
async fn a_round_that_one_instance_adds_is_on_the_list_of_the_others_when_they_hear_of_it() {
    for place in Place::both() {
        let shop = TestShop::open_embedded().await;
        let ledger = Arc::new(shop.sql.clone());
        let (here, there) = (Instance::open(&place).await, Instance::open(&place).await);
        let catalogue = Arc::new(CachedCatalogue::new(ledger.clone(), ledger));
        let kept = catalogue.clone();
        there.changes.listen(move |_| kept.forget_all());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hears = heard.clone();
        there
            .changes
            .listen(move |changed| hears.lock().unwrap().push(changed.clone()));
        assert_eq!(catalogue.rounds(START_MS).await.unwrap().len(), 0);

        let item_id = shop.item(5).await;
        let told = CatalogueChanged {
            items: vec![item_id],
        };
        let events = RedisCatalogueEvents::new(here.redis.clone(), here.changes.clone());
        events.tell(&told).await;
        until("the others hear of it", async || {
            heard.lock().unwrap().contains(&told)
        })
        .await;
        let rounds = catalogue.rounds(START_MS).await.unwrap();
        assert_eq!(rounds[0].items[0].item_id, item_id);
    }
}

#[tokio::test]
async fn a_reconnected_instance_clears_its_sold_out_cache_and_wakes_every_worker() {
    let server = RedisServer::start_with(Persistence::Disk);
    let instance = Instance::open(&Place::alone(&server)).await;
    let kill: fn(&RedisServer) = |server| drop(server.cli(&["client", "kill", "type", "pubsub"]));
    for (cut, unnoticed) in [
        (kill, Duration::ZERO),
        (RedisServer::restart, Duration::ZERO),
        // The connection stays open but Redis does not answer: only a ping notices. It is sent
        // every two seconds, and waits two more. The cache is cleared in any case, so it shows
        // nothing.
        (RedisServer::pause, Duration::from_secs(6)),
    ] {
        let woken = instance.local.of(Job::Notify);
        instance.sold_out.set(item(1), 0);
        cut(&server);
        tokio::time::sleep(unnoticed).await;
        until("the cache is cleared", async || {
            !instance.sold_out.is_sold_out(item(1))
        })
        .await;
        server.resume();
        instance.until_subscribed(woken).await;
        assert!(!instance.sold_out.is_sold_out(item(1)));
    }
}

#[tokio::test]
async fn messages_that_cannot_be_read_are_ignored_and_no_subscription_is_left_behind() {
    let place = Place::alone(shared());
    let mut instance = Instance::open(&place).await;
    let channels = ["wake", "returns", "catalogue"];
    let [wake, returns, catalogue] = channels.map(|name| format!("{}:{name}", place.namespace));
    for text in ["", " ", "x", "x y", "relay", "\u{1F514} \u{1F514}"] {
        shared().cli(&["publish", &wake, text]);
        shared().cli(&["publish", &returns, text]);
        shared().cli(&["publish", &catalogue, text]);
    }
    let before = instance.local.of(Job::Relay);
    shared().cli(&["publish", &wake, "relay somebody"]);
    until("the signal", async || {
        instance.local.of(Job::Relay) > before
    })
    .await;
    assert!(shared().cli(&["pubsub", "numsub", &wake]).contains('1'));
    instance.tasks.shutdown().await;
    until("the subscription ends", async || {
        shared().cli(&["pubsub", "numsub", &wake]).ends_with('0')
    })
    .await;
}
