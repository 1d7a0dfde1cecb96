//! `server replay`: what could not be written gets another chance now, not within the hour.

use std::sync::Arc;

use super::{Failure, audit::NoQuestions};
use crate::{
    assembly::{self, Environment},
    config::Config,
};

/// Puts parked entries back into the queue and says how many.
pub async fn replay(config: &Config) -> Result<(), Failure> {
    let environment = Environment::real(config, Arc::new(NoQuestions))?;
    let shop = assembly::assemble(config, environment).await?;
    let replayed = shop.engine.orders.queue.replay_parked().await?;
    println!("{replayed} parked reservations are in the queue again");
    Ok(())
}
