//! The load test of `server load`: shoppers come to a shop over HTTP, each at a planned instant (an open
//! loop: a slow shop does not get fewer of them), and buy one unit of an item. Every answer is checked, and
//! every reservation is followed to its end. At the end the run reports whether the shop kept its promises:
//! no more winners than units, no number and no order twice, an order for every number.
//!
//! Latencies count from the planned instant, so that they include the time a shopper waits for this program
//! (coordinated omission).

mod arrivals;
mod report;
mod shop;
mod shopper;
mod tally;
mod violations;

use std::{sync::Arc, time::Duration};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

pub use arrivals::Arrivals;
pub use report::Report;
pub use shop::{LoadError, Shop};

use shopper::Shopper;
use tally::Tally;

/// Shoppers of a run; each takes some kilobytes here while active.
pub const MAX_SHOPPERS: usize = 200_000;
/// How often the run reports its progress.
const PROGRESS: Duration = Duration::from_secs(1);

/// The plan of a run.
pub struct Load {
    /// Log-in tokens, one for each shopper; at most [`MAX_SHOPPERS`].
    pub tokens: Vec<String>,
    pub arrivals: Arrivals,
    /// Between a shopper's calls.
    pub think: Duration,
    /// Each begins with the item's page.
    pub with_page: bool,
    /// How long a shopper tries and waits before giving up.
    pub time_limit: Duration,
}

impl Load {
    /// Runs it, and calls `progress` once a second with a line about its progress.
    ///
    /// # Errors
    /// When the shop does not answer about the item, or its round does not begin.
    pub async fn run(self, shop: Shop, progress: impl Fn(&str)) -> Result<Report, LoadError> {
        shop.wait_for_start(&progress).await?;
        let (before, pay_window) = (shop.stock().await?, shop.pay_window().await?);
        let begun = Instant::now();
        let shop = Arc::new(shop);
        let tally = Arc::new(Tally::default());
        let mut under_way = JoinSet::new();
        let mut said = begun;
        let count = self.tokens.len();
        let say = |tally: &Tally, due: usize| {
            let line = tally.line(begun.elapsed(), due, count);
            progress(&line);
        };
        for (index, token) in self.tokens.into_iter().enumerate() {
            let due = begun + self.arrivals.at(index, count);
            // A late one begins at once, and its waiting counts.
            if due > Instant::now() {
                sleep_until(due).await;
            }
            if said.elapsed() >= PROGRESS {
                said = Instant::now();
                say(&tally, index);
            }
            let shopper = Shopper {
                shop: shop.clone(),
                token,
                due,
                think: self.think,
                with_page: self.with_page,
                time_limit: self.time_limit,
                gives_up: due + self.time_limit,
            };
            under_way.spawn(shopper.buy(tally.clone()));
        }
        let offered = begun.elapsed().max(self.arrivals.span(count));
        while !under_way.is_empty() {
            tokio::select! {
                ended = under_way.join_next() => if let Some(ended) = ended { ended? },
                () = sleep(PROGRESS) => say(&tally, count),
            }
        }
        let took = begun.elapsed();
        let after = shop.stock().await?;
        let times = (offered, took);
        Ok(tally.report(&shop, count, times, (&before, &after), pay_window))
    }
}
