//! `server payments`: what the shop does with money by hand.

use app::wire::OrderId;
use clap::Subcommand;

use super::{Failure, audit::beside_a_shop};
use crate::{
    adapters::sql::Access,
    assembly,
    config::Config,
    engine::{payments::refund, ports::ChangedBy},
};

#[derive(Subcommand)]
pub enum Payments {
    /// Give the money of a paid order back; the running shop's workers send it.
    Refund {
        /// The order's id.
        order: OrderId,
    },
}

impl Payments {
    /// Runs the command beside a running shop.
    pub async fn run(self, config: &Config) -> Result<(), Failure> {
        let environment = beside_a_shop(config, Access::Write)?;
        let shop = assembly::assemble(config, environment).await?;
        let Payments::Refund { order } = self;
        match refund::order(&shop.engine.payments, order, &ChangedBy::command()).await? {
            true => println!("the money of order {order} goes back"),
            false => return Err(format!("there is no paid order {order}").into()),
        }
        Ok(())
    }
}
