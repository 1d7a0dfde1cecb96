//! `server replay`: what could not be written gets another chance now, not within the hour.

use super::{Failure, audit::beside_a_shop};
use crate::{adapters::sql::Access, assembly, config::Config};

/// Puts parked entries back into the queue and says how many.
pub async fn replay(config: &Config) -> Result<(), Failure> {
    let environment = beside_a_shop(config, Access::Write)?;
    let shop = assembly::assemble(config, environment).await?;
    let replayed = shop.engine.orders.queue.replay_parked().await?;
    println!("{replayed} parked reservations are in the queue again");
    Ok(())
}
