//! The scripts on a real Redis, with the model's interface, and their stored data in the model's
//! form. Ids are numbers: the scripts do not interpret them.

use std::collections::BTreeMap;

use redis::FromRedisValue;
use server::adapters::redis::{Arg, Redis, scripts};

use super::gate::{
    Answer, Buyer, CLOSED, Entry, Epoch, Gate, Hold, Item, Loaded, Relay, Released, Reservation,
};

/// The caller's current time, inside the window.
const NOW_MS: i64 = 5_000;
const ENDS_AT_MS: i64 = 10_000_000;
const KEEP_MS: i64 = 3_600_000;
/// Entries that a relay has had for this long are free; entries given back count as that old.
const IDLE_MS: i64 = 3_600_000;

/// One segment.
pub struct Scripts {
    redis: Redis,
    /// Ids of entries in Redis, by the model's ids.
    ids: BTreeMap<u64, String>,
}

fn epoch_text(epoch: Epoch) -> String {
    match epoch {
        CLOSED => String::new(),
        epoch => epoch.to_string(),
    }
}

fn number<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn record(hold: &Hold) -> String {
    format!(
        "{}|{}|{NOW_MS}|h|{}|p",
        hold.reservation, hold.position, hold.resends
    )
}

impl Scripts {
    pub fn new(redis: Redis) -> Scripts {
        Scripts {
            redis,
            ids: BTreeMap::new(),
        }
    }

    fn key(&self, name: &str) -> String {
        self.redis.key(&format!("{{model}}:{name}"))
    }

    async fn invoke<T: FromRedisValue>(
        &self,
        script: &redis::Script,
        names: &[&str],
        args: &[String],
    ) -> T {
        let keys: Vec<_> = names.iter().map(|name| self.key(name)).collect();
        let args: Vec<_> = args.iter().map(|text| Arg::Text(text)).collect();
        self.redis.invoke(script, &keys, &args).await.unwrap()
    }

    async fn query<T: FromRedisValue>(&self, command: &str, name: &str, more: &[&str]) -> T {
        let mut cmd = redis::cmd(command);
        cmd.arg(self.key(name)).arg(more);
        self.redis.query(&cmd).await.unwrap()
    }

    pub async fn reserve(
        &self,
        epoch: Epoch,
        reservation: Reservation,
        buyer: Buyer,
        told: u32,
    ) -> Answer {
        let args = [
            NOW_MS.to_string(),
            epoch_text(epoch),
            "1".into(),
            "0".into(),
            reservation.to_string(),
            "item".into(),
            buyer.to_string(),
            "p".into(),
            KEEP_MS.to_string(),
            told.to_string(),
            String::new(),
            "0".into(),
            String::new(),
            "0".into(),
        ];
        let names = ["item", "holders", "positions", "outbox", "path", "limit"];
        let answer: Vec<String> = self.invoke(&scripts::gate::RESERVE, &names, &args).await;
        match answer[0].as_str() {
            "held" => Answer::Held(number(&answer[1])),
            "already_reserved" => Answer::AlreadyReserved(number(&answer[1])),
            "sold_out" => Answer::SoldOut,
            "missing" => Answer::Missing,
            "stale" => Answer::Stale,
            "forgot" => Answer::Forgot,
            other => panic!("{other}"),
        }
    }

    pub async fn warm_up(&self, epoch: Epoch, told: u32) -> bool {
        let args = [
            NOW_MS.to_string(),
            epoch_text(epoch),
            "1".into(),
            "0".into(),
            ENDS_AT_MS.to_string(),
            "0".into(),
            KEEP_MS.to_string(),
            "0".into(),
            told.to_string(),
        ];
        let names = ["item", "holders", "positions", "transfers", "received"];
        let answer: Vec<String> = self.invoke(&scripts::gate::WARM_UP, &names, &args).await;
        answer[0] == "current"
    }

    pub async fn release(
        &self,
        reservation: Reservation,
        buyer: Buyer,
        withdraw: bool,
    ) -> Released {
        let args = [
            reservation.to_string(),
            buyer.to_string(),
            KEEP_MS.to_string(),
            "1".into(),
            u8::from(withdraw).to_string(),
        ];
        let names = ["item", "holders", "late"];
        let answer: String = self.invoke(&scripts::gate::RELEASE, &names, &args).await;
        match answer.as_str() {
            "closed" => Released::Closed,
            returns => {
                let _: u64 = number(returns);
                Released::Done
            }
        }
    }

    pub async fn close(&self) -> usize {
        let names = ["item", "outbox"];
        self.invoke(&scripts::gate::CLOSE, &names, &["*".into()])
            .await
    }

    pub async fn load(
        &self,
        epoch: Epoch,
        sellable: i64,
        holders: &BTreeMap<Buyer, Hold>,
        positions: u32,
    ) -> Loaded {
        for name in ["staged-holders", "staged-positions"] {
            self.query::<i64>("DEL", name, &[]).await;
        }
        for (buyer, hold) in holders {
            let (buyer, record) = (buyer.to_string(), record(hold));
            self.query::<i64>("HSET", "staged-holders", &[&buyer, &record])
                .await;
            let (reservation, position) = (hold.reservation.to_string(), hold.position.to_string());
            self.query::<i64>("HSET", "staged-positions", &[&reservation, &position])
                .await;
        }
        let locked = holders.len() as i64;
        let args = [
            NOW_MS.to_string(),
            epoch_text(epoch),
            locked.to_string(),
            "0".into(),
            ENDS_AT_MS.to_string(),
            "0".into(),
            (sellable + locked).to_string(),
            sellable.to_string(),
            locked.to_string(),
            "0".into(),
            positions.to_string(),
            "1".into(),
            KEEP_MS.to_string(),
        ];
        let names = [
            "item",
            "holders",
            "positions",
            "transfers",
            "received",
            "outbox",
            "late",
            "staged-holders",
            "staged-positions",
        ];
        let answer: String = self.invoke(&scripts::gate::LOAD, &names, &args).await;
        match answer.as_str() {
            "loaded" => Loaded::New,
            "current" => Loaded::Current,
            "other_epoch" => Loaded::OtherEpoch,
            other => panic!("{other}"),
        }
    }

    pub async fn resend(&self, epoch: Epoch, reservation: Reservation, buyer: Buyer) -> bool {
        let args = [
            NOW_MS.to_string(),
            epoch_text(epoch),
            reservation.to_string(),
            "item".into(),
            buyer.to_string(),
            "0".into(),
            String::new(),
        ];
        let names = ["item", "holders", "outbox"];
        self.invoke(&scripts::outbox::RESEND, &names, &args).await
    }

    pub async fn repair(
        &self,
        (epoch, version): (Epoch, u32),
        (sellable, locked): (i64, i64),
        removed: &[Buyer],
        put: &[(Buyer, Hold)],
    ) -> bool {
        let mut args = vec![
            epoch_text(epoch),
            version.to_string(),
            (sellable + locked).to_string(),
            sellable.to_string(),
            locked.to_string(),
            "0".into(),
            KEEP_MS.to_string(),
            NOW_MS.to_string(),
            removed.len().to_string(),
        ];
        args.extend(removed.iter().map(Buyer::to_string));
        for (buyer, hold) in put {
            args.extend([buyer, &hold.reservation, &hold.position].map(u32::to_string));
            args.push(record(hold));
        }
        let names = ["item", "holders", "positions"];
        let returns: String = self.invoke(&scripts::gate::REPAIR, &names, &args).await;
        !returns.is_empty()
    }

    /// The model's ids of the entries that the relay now has.
    pub async fn take(&self, relay: Relay, limit: usize) -> Vec<u64> {
        let args = [
            relay.to_string(),
            limit.to_string(),
            "0".into(),
            IDLE_MS.to_string(),
        ];
        let names = ["outbox"];
        let taken: Vec<(String, Vec<String>)> =
            self.invoke(&scripts::outbox::TAKE, &names, &args).await;
        let id = |text: &str| self.ids.iter().find(|(_, known)| *known == text);
        let ids = taken.iter().map(|(text, _)| *id(text).unwrap().0);
        ids.collect()
    }

    fn texts(&self, ids: &[u64]) -> Vec<String> {
        ids.iter().map(|id| self.ids[id].clone()).collect()
    }

    pub async fn give_back(&self, relay: Relay, ids: &[u64]) -> usize {
        let args = [vec![relay.to_string()], self.texts(ids)].concat();
        self.invoke(&scripts::outbox::GIVE_BACK, &["outbox"], &args)
            .await
    }

    pub async fn forward(&self, ids: &[u64]) -> usize {
        let args = self.texts(ids);
        self.invoke(&scripts::outbox::FORWARD, &["outbox"], &args)
            .await
    }

    pub async fn lose(&self, name: &str) {
        self.query::<i64>("DEL", name, &[]).await;
    }

    /// Fails unless all data equals the model's; assigns the model's ids to new entries.
    pub async fn assert_same(&mut self, model: &Gate) {
        let item: BTreeMap<String, String> = self.query("HGETALL", "item", &[]).await;
        let field = |name: &str| item.get(name).map_or("", String::as_str);
        let item = (!item.is_empty()).then(|| Item {
            epoch: match field("epoch") {
                "" => CLOSED,
                epoch => number(epoch),
            },
            version: number(field("version")),
            total: number(field("total")),
            sellable: number(field("sellable")),
            locked: number(field("locked")),
            positions: number(field("positions")),
        });
        assert_eq!(item, model.item);
        let holders: BTreeMap<Buyer, String> = self.query("HGETALL", "holders", &[]).await;
        let holders = holders.into_iter().map(|(buyer, record)| {
            let parts: Vec<_> = record.split('|').collect();
            let hold = Hold {
                reservation: number(parts[0]),
                position: number(parts[1]),
                resends: number(parts[4]),
            };
            (buyer, hold)
        });
        assert_eq!(holders.collect::<BTreeMap<_, _>>(), model.holders);
        let positions: BTreeMap<Reservation, u32> = self.query("HGETALL", "positions", &[]).await;
        assert_eq!(positions, model.positions);
        let late: BTreeMap<Reservation, String> = self.query("HGETALL", "late", &[]).await;
        let late = late.into_iter().map(|(reservation, text)| {
            let (what, buyer) = text.split_at(1);
            (reservation, (what == "w", number(buyer)))
        });
        assert_eq!(late.collect::<BTreeMap<_, _>>(), model.late);
        self.assert_same_outbox(&model.outbox).await;
    }

    async fn assert_same_outbox(&mut self, model: &[Entry]) {
        let entries: Vec<(String, BTreeMap<String, String>)> =
            self.query("XRANGE", "outbox", &["-", "+"]).await;
        assert_eq!(entries.len(), model.len());
        for ((text, fields), entry) in entries.iter().zip(model) {
            self.ids.insert(entry.id, text.clone());
            let found: [u32; 3] =
                ["reservation_id", "buyer", "position"].map(|name| number(&fields[name]));
            assert_eq!(found, [entry.reservation, entry.buyer, entry.position]);
        }
    }
}
