//! A row of the table of faults: a sale that is in its middle when something fails, and its exact
//! end.

use std::time::Instant;

use tokio::task::JoinHandle;

use super::deployment::Deployment;
use crate::{
    buyers::{Crowd, Outcome},
    process::Sale,
};

/// A sale that is going on.
pub struct Row {
    name: &'static str,
    begun: Instant,
    pub cluster: Deployment,
    stock: u32,
    sale: Sale,
    pub crowd: Crowd,
    buying: JoinHandle<Vec<Outcome>>,
}

impl Row {
    /// Fifty buyers have been told "queued" when this returns.
    pub async fn begin(name: &'static str, cluster: Deployment, stock: u32, buyers: u32) -> Row {
        let sale = cluster.seed(stock, buyers);
        let crowd = cluster.crowd(&sale);
        let buying = tokio::spawn(crowd.clone().buy_all());
        let mut row = Row {
            name,
            begun: Instant::now(),
            cluster,
            stock,
            sale,
            crowd,
            buying,
        };
        row.reaches(50).await;
        row
    }

    /// Goes on until so many were told "queued".
    pub async fn reaches(&mut self, promises: usize) {
        tokio::select! {
            () = self.crowd.reaches(promises) => {}
            ended = &mut self.buying => panic!("the sale is over: {:?}", ended.map(|all| all.len())),
        }
    }

    /// How many were told "queued" so far; there is still something to sell.
    pub fn in_the_middle(&self) -> usize {
        let promised = self.crowd.promised();
        assert!(promised < self.stock as usize, "it comes too late");
        promised
    }

    /// Everybody ends their sale, and all is exact; prints the row of the table.
    pub async fn end(self, what: &str) {
        let outcomes = self.buying.await.unwrap();
        let name = self.name;
        print!(
            "{name}: {what}; {:.1} s; ",
            self.begun.elapsed().as_secs_f64()
        );
        self.cluster
            .end(&self.sale, &self.crowd, &outcomes, self.stock)
            .await;
    }
}
