//! `server seed`: the demonstration for an empty shop; also opens the ledger for a load round.

use super::{Failure, demo_accounts, demo_shop};
use crate::{
    adapters::sql::{Access, Sql},
    assembly,
    config::Config,
    engine::{
        back_office::{self, add_round::add_round},
        ports::ChangedBy,
    },
};

/// Why production is not filled.
const NOT_IN_PRODUCTION: &str =
    "production never gets the demonstration: run `server migrate`, then `server serve`";

/// Fills an empty shop and prints who can sign in; leaves any other shop unchanged. Production
/// refuses to be filled.
pub async fn demo_shop_if_empty(config: &Config, access: Access) -> Result<(), Failure> {
    let office = assembly::open_back_office(config, access).await?;
    if !back_office::is_empty(&office).await? {
        return Ok(());
    }
    if config.process.production {
        return Err(NOT_IN_PRODUCTION.into());
    }
    for round in demo_shop::rounds(office.clock.now_ms()) {
        add_round(&office, &round, &ChangedBy::command()).await?;
    }
    demo_accounts::add(&office).await?;
    demo_accounts::print();
    Ok(())
}

/// `server seed` without `--load`.
pub async fn seed(config: &Config) -> Result<(), Failure> {
    if config.process.production {
        return Err(NOT_IN_PRODUCTION.into());
    }
    demo_shop_if_empty(config, Access::Write).await
}

/// How a load round opens the ledger. For load tools a new data folder becomes a shop. An existing
/// schema is left unchanged.
pub fn access_for_load(config: &Config) -> Access {
    let is_new = config.cluster.is_none() && Sql::must_be_in(&config.process.data_dir).is_err();
    if is_new {
        Access::Migrate
    } else {
        Access::Write
    }
}
