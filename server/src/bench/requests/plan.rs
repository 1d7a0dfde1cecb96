//! The measured calls and their order.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use app::wire::{HiddenPath, ItemId, Reserved};
use serde::de::DeserializeOwned;
use tokio::time::sleep;

use super::{
    RequestError, RequestLoad,
    client::{Requests, request, send},
    costs::{Cost, RequestCosts, Round},
    process::{Listening, REQUEST_OF_BARE_POST, Sale, Shop},
};

/// Rounds of a measurement, which show its spread.
const ROUNDS: u32 = 5;
/// All orders of a round are written within this time.
const WRITTEN: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(20);

/// A call that changes nothing and can be repeated.
struct Call<'s> {
    name: &'static str,
    to: &'s Listening,
    requests: Requests,
    status: u16,
}

/// The calls, and their costs so far.
pub struct Plan<'s> {
    shop: &'s Shop,
    load: RequestLoad,
    bare: Listening,
    /// In the order of the table.
    names: Vec<&'static str>,
    rounds: HashMap<&'static str, Vec<Round>>,
}

fn one(request: Vec<u8>) -> Requests {
    Arc::new(vec![request])
}

fn get(path: &str, headers: &[(&str, &str)]) -> Requests {
    one(request("GET", path, headers, ""))
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

/// A `POST` of this item with a log-in.
fn post(path: &str, token: &str, item_id: ItemId) -> Vec<u8> {
    let body = format!("{{\"item_id\":\"{item_id}\"}}");
    request("POST", path, &[("authorization", &bearer(token))], &body)
}

fn read<T: DeserializeOwned>(
    call: &'static str,
    bodies: Vec<Vec<u8>>,
) -> Result<Vec<T>, RequestError> {
    let bodies = bodies.iter().map(|body| serde_json::from_slice(body));
    bodies
        .collect::<Result<_, _>>()
        .map_err(|_| RequestError::Answer(call))
}

fn purchases(sale: &Sale, tokens: &[String], paths: &[HiddenPath]) -> Requests {
    let buy = |(token, path): (&String, &HiddenPath)| {
        post(&format!("/seckill/{}", path.path), token, sale.item_id)
    };
    Arc::new(tokens.iter().zip(paths).map(buy).collect())
}

impl<'s> Plan<'s> {
    pub async fn new(shop: &'s Shop, load: RequestLoad) -> Result<Self, RequestError> {
        let page = get(&format!("/items/{}", shop.open.item_id), &[]);
        let page = send(
            shop.server.address,
            1,
            "the item's page",
            (&page, 1),
            200,
            true,
        )
        .await?;
        let page = page
            .first()
            .ok_or(RequestError::Answer("the item's page"))?;
        Ok(Self {
            bare: shop.bare(page)?,
            shop,
            load,
            names: Vec::new(),
            rounds: HashMap::new(),
        })
    }

    pub async fn run(mut self) -> Result<RequestCosts, RequestError> {
        let sold_out = self.sell_out().await?;
        let tokens = &self.shop.open.tokens;
        let part = tokens.len().div_ceil(ROUNDS as usize);
        let mut sold = 1;
        for tokens in tokens.chunks(part) {
            self.repeatable(sold_out.clone()).await?;
            sold += tokens.len() as u64;
            self.sell(tokens, sold).await?;
        }
        let names = std::mem::take(&mut self.names);
        let costs = names
            .into_iter()
            .map(|name| Cost::of(name, &self.rounds[name]));
        Ok(RequestCosts::new(self.load.connections, costs.collect()))
    }

    /// Sends requests, and counts what they cost.
    async fn count(
        &mut self,
        call: &'static str,
        (requests, count): (&Requests, usize),
        status: u16,
        sold: Option<u64>,
    ) -> Result<Vec<Vec<u8>>, RequestError> {
        let server = &self.shop.server;
        let (cpu_us, begun) = (server.cpu_us()?, Instant::now());
        let to = server.address;
        let answers = send(
            to,
            self.load.connections,
            call,
            (requests, count),
            status,
            true,
        )
        .await?;
        let seconds = begun.elapsed().as_secs_f64();
        if let Some(sold) = sold {
            self.wait_for_orders(sold).await?;
        }
        let cpu_us = self.shop.server.cpu_us()? - cpu_us;
        self.note(call, count, cpu_us, seconds);
        Ok(answers)
    }

    fn note(&mut self, call: &'static str, count: usize, cpu_us: u64, seconds: f64) {
        if !self.rounds.contains_key(call) {
            self.names.push(call);
        }
        self.rounds.entry(call).or_default().push(Round {
            requests: count as u64,
            cpu_us,
            seconds,
        });
    }

    /// A round of the calls that change nothing.
    async fn repeatable(&mut self, sold_out: Requests) -> Result<(), RequestError> {
        let count = (self.load.requests / ROUNDS) as usize;
        let mut costs = Vec::new();
        for call in self.calls(sold_out) {
            let (cpu_us, begun) = (call.to.cpu_us()?, Instant::now());
            let (to, connections) = (call.to.address, self.load.connections);
            let requests = (&call.requests, count);
            send(to, connections, call.name, requests, call.status, false).await?;
            let seconds = begun.elapsed().as_secs_f64();
            costs.push((call.name, call.to.cpu_us()? - cpu_us, seconds));
        }
        for (name, cpu_us, seconds) in costs {
            self.note(name, count, cpu_us, seconds);
        }
        Ok(())
    }

    fn calls(&self, sold_out: Requests) -> Vec<Call<'_>> {
        let shop = self.shop;
        let item_id = shop.open.item_id;
        let page = format!("/items/{item_id}");
        let call = |name, requests, status| Call {
            name,
            to: &shop.server,
            requests,
            status,
        };
        let bare = |name, requests| Call {
            to: &self.bare,
            ..call(name, requests, 200)
        };
        let (buyer, later) = (&shop.open.tokens[0], &shop.later);
        let unknown = format!("/seckill/{}", "0".repeat(32));
        vec![
            bare("bare handler, GET with the page's bytes", get("/", &[])),
            bare(
                "bare handler, POST",
                one(request("POST", "/", &[], REQUEST_OF_BARE_POST)),
            ),
            call("GET /healthz", get("/healthz", &[]), 200),
            call("GET /items/…, cached", get(&page, &[]), 200),
            call(
                "GET /items/…, cached, brotli",
                get(&page, &[("accept-encoding", "gzip, br")]),
                200,
            ),
            call("GET /api/clock", get("/api/clock", &[]), 200),
            call(
                "GET /api/stock",
                get(&format!("/api/stock?item_id={item_id}"), &[]),
                200,
            ),
            call(
                "POST /api/path, not yet",
                one(post("/api/path", &later.tokens[0], later.item_id)),
                409,
            ),
            call(
                "POST /api/path, sold out",
                one(post("/api/path", buyer, shop.small.item_id)),
                409,
            ),
            call(
                "POST /seckill/…, no such path",
                one(post(&unknown, buyer, item_id)),
                403,
            ),
            call("POST /seckill/…, sold out", sold_out, 409),
        ]
    }

    /// Sells the small round's only unit. Returns the purchase of a late buyer who has a path.
    async fn sell_out(&self) -> Result<Requests, RequestError> {
        let (to, sale) = (self.shop.server.address, &self.shop.small);
        let ask = sale.tokens.iter();
        let ask = ask.map(|token| post("/api/path", token, sale.item_id));
        let ask = Arc::new(ask.collect());
        let paths = send(to, 1, "a path", (&ask, sale.tokens.len()), 200, true).await?;
        let buy = purchases(sale, &sale.tokens, &read("a path", paths)?);
        let mut late = buy.clone();
        // The gate refuses the second buyer; memory refuses the third, which uses up no path.
        for (buyer, status) in buy.iter().zip([200, 409, 409]) {
            late = one(buyer.clone());
            send(to, 1, "a purchase", (&late, 1), status, false).await?;
        }
        Ok(late)
    }

    /// A round of purchases. At the end `sold` units of the shop have orders.
    async fn sell(&mut self, tokens: &[String], sold: u64) -> Result<(), RequestError> {
        let sale = &self.shop.open;
        let ask = tokens
            .iter()
            .map(|token| post("/api/path", token, sale.item_id));
        let (ask, count) = (Arc::new(ask.collect()), tokens.len());
        self.count(
            "POST /api/path, log-in not in memory",
            (&ask, count),
            200,
            None,
        )
        .await?;
        let paths = self
            .count("POST /api/path", (&ask, count), 200, None)
            .await?;
        let buy = purchases(sale, tokens, &read("a path", paths)?);
        let accepted = "POST /seckill/…, accepted, order written";
        let answers = self.count(accepted, (&buy, count), 200, Some(sold)).await?;
        let held: Vec<Reserved> = read(accepted, answers)?;
        let poll = tokens.iter().zip(held).map(|(token, held)| {
            let path = format!("/api/reservation?reservation_id={}", held.reservation_id);
            request("GET", &path, &[("authorization", &bearer(token))], "")
        });
        let poll = Arc::new(poll.collect());
        self.count("GET /api/reservation, ordered", (&poll, count), 200, None)
            .await?;
        // One unit for each buyer: the second purchase needs its own path.
        let paths = send(
            self.shop.server.address,
            self.load.connections,
            "a path",
            (&ask, count),
            200,
            true,
        );
        let again = purchases(sale, tokens, &read("a path", paths.await?)?);
        self.count(
            "POST /seckill/…, bought already",
            (&again, count),
            409,
            None,
        )
        .await?;
        Ok(())
    }

    async fn wait_for_orders(&self, sold: u64) -> Result<(), RequestError> {
        let begun = Instant::now();
        loop {
            let metrics = get("/metrics", &[]);
            let to = self.shop.server.address;
            let text = send(to, 1, "the metrics", (&metrics, 1), 200, true)
                .await?
                .concat();
            let text = String::from_utf8_lossy(&text);
            let written = "seckill_orders_written_total{outcome=\"ordered\"} ";
            let written = text.lines().find_map(|line| line.strip_prefix(written));
            let written = written.and_then(|number| number.parse().ok()).unwrap_or(0);
            if written >= sold {
                return Ok(());
            }
            if begun.elapsed() > WRITTEN {
                let seconds = WRITTEN.as_secs();
                return Err(RequestError::Orders {
                    written,
                    sold,
                    seconds,
                });
            }
            sleep(PAUSE).await;
        }
    }
}
