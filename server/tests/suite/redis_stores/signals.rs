//! What copies tell each other.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use server::{
    adapters::{
        redis::{Redis, RedisWakeSignals, Signals},
        sold_out_cache::SoldOutCache,
    },
    engine::ports::{Job, WakeSignal},
};
use tokio::task::JoinSet;

use super::{Place, item, until};
use test_servers::redis::{Persistence, RedisServer, shared};

/// Counts how often each job was notified.
#[derive(Default)]
struct Counted(Mutex<HashMap<Job, u32>>);

impl Counted {
    fn of(&self, job: Job) -> u32 {
        self.0.lock().unwrap().get(&job).copied().unwrap_or(0)
    }
}

impl WakeSignal for Counted {
    fn notify(&self, job: Job) {
        *self.0.lock().unwrap().entry(job).or_default() += 1;
    }
}

/// A copy of the server, as far as signals go.
struct Ear {
    redis: Redis,
    sold_out: SoldOutCache,
    local: Arc<Counted>,
    wake_signals: RedisWakeSignals,
    tasks: JoinSet<()>,
}

impl Ear {
    /// A copy that has begun to listen.
    async fn open(place: &Place) -> Ear {
        let redis = place.redis();
        let (sold_out, local) = (SoldOutCache::default(), Arc::new(Counted::default()));
        let wake_signals = RedisWakeSignals::new(redis.clone(), local.clone());
        let mut tasks = JoinSet::new();
        tasks.spawn(Signals::new(redis.clone(), sold_out.clone(), &wake_signals).listen());
        tasks.spawn(wake_signals.clone().publish());
        let ear = Ear {
            redis,
            sold_out,
            local,
            wake_signals,
            tasks,
        };
        ear.until_connected_again(0).await;
        ear
    }

    /// Every connection notifies of every job once; nothing else here notifies of [`Job::Notify`].
    async fn until_connected_again(&self, before: u32) {
        until("the copy to listen", async || {
            self.local.of(Job::Notify) > before
        })
        .await;
    }

    async fn tell_of_returns(&self, number: u128, returns: u64) {
        let mut publish = redis::cmd("PUBLISH");
        publish.arg(self.redis.key("returns"));
        publish.arg(format!("{} {returns}", item(number)));
        self.redis.ask::<()>(&publish).await.unwrap();
    }
}

#[tokio::test]
async fn a_unit_that_comes_back_at_one_copy_clears_the_mark_of_the_others() {
    for place in Place::both() {
        let (here, there) = (Ear::open(&place).await, Ear::open(&place).await);
        let begun = std::time::Instant::now();
        there.sold_out.set(item(1), 4);
        there.sold_out.set(item(2), 4);
        here.tell_of_returns(1, 5).await;
        until("the mark to go", async || {
            !there.sold_out.is_sold_out(item(1))
        })
        .await;
        there.sold_out.set(item(1), 4);
        assert!(!there.sold_out.is_sold_out(item(1)), "the number is known");
        // The floor that clears every mark has a longer period than this takes.
        if begun.elapsed().as_secs() < 2 {
            assert!(
                there.sold_out.is_sold_out(item(2)),
                "the other is left alone"
            );
        }
        until("the floor", async || !there.sold_out.is_sold_out(item(2))).await;
    }
}

#[tokio::test]
async fn a_bell_rings_here_at_once_and_at_other_copies_and_many_rings_are_few_messages() {
    for place in Place::both() {
        let (here, there) = (Ear::open(&place).await, Ear::open(&place).await);
        let before = [here.local.of(Job::Relay), there.local.of(Job::Relay)];
        for _ in 0..1000 {
            here.wake_signals.notify(Job::Relay);
        }
        assert_eq!(here.local.of(Job::Relay), before[0] + 1000);
        until("the wake_signal", async || {
            there.local.of(Job::Relay) > before[1]
        })
        .await;
        here.wake_signals.notify(Job::Release);
        until("the other wake_signal", async || {
            there.local.of(Job::Release) > before[1]
        })
        .await;
        let heard = there.local.of(Job::Relay) - before[1];
        assert!(heard <= 10, "{heard} messages for 1000 rings");
        assert_eq!(
            here.local.of(Job::Relay),
            before[0] + 1000,
            "nobody answers its own wake_signal"
        );
    }
}

#[tokio::test]
async fn whoever_was_cut_off_forgets_its_marks_and_looks_at_everything() {
    let server = RedisServer::start_with(Persistence::Disk);
    let ear = Ear::open(&Place::alone(&server)).await;
    let kill: fn(&RedisServer) = |server| drop(server.cli(&["client", "kill", "type", "pubsub"]));
    for (cut, unheard) in [
        (kill, Duration::ZERO),
        (RedisServer::restart, Duration::ZERO),
        // The connection stays open and nobody answers: only a question finds out. It is asked every
        // two seconds, and waits for two more. Marks are forgotten in any case, so they do not tell.
        (RedisServer::pause, Duration::from_secs(6)),
    ] {
        let before = ear.local.of(Job::Notify);
        ear.sold_out.set(item(1), 0);
        cut(&server);
        tokio::time::sleep(unheard).await;
        until("the sold_out to go", async || {
            !ear.sold_out.is_sold_out(item(1))
        })
        .await;
        server.resume();
        ear.until_connected_again(before).await;
        assert!(!ear.sold_out.is_sold_out(item(1)));
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_passed_over_and_nothing_is_left_behind() {
    let place = Place::alone(shared());
    let mut ear = Ear::open(&place).await;
    let [wake_signal, returns] =
        ["wake_signal", "returns"].map(|name| format!("{}:{name}", place.namespace));
    for text in ["", " ", "x", "x y", "relay", "\u{1F514} \u{1F514}"] {
        shared().cli(&["publish", &wake_signal, text]);
        shared().cli(&["publish", &returns, text]);
    }
    let before = ear.local.of(Job::Relay);
    shared().cli(&["publish", &wake_signal, "relay somebody"]);
    until("the wake_signal", async || {
        ear.local.of(Job::Relay) > before
    })
    .await;
    assert!(
        shared()
            .cli(&["pubsub", "numsub", &wake_signal])
            .contains('1')
    );
    ear.tasks.shutdown().await;
    until("nobody to listen", async || {
        shared()
            .cli(&["pubsub", "numsub", &wake_signal])
            .ends_with('0')
    })
    .await;
}
