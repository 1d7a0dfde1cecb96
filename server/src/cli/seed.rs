//! `server seed`: the demonstration for an empty shop; and the ledger for a load round.

use super::{Failure, demo_accounts, demo_shop};
use crate::{
    adapters::{
        sql::{Access, ConnectError, Sql},
        system::SystemClock,
    },
    assembly,
    config::Config,
    engine::ports::Clock,
};

/// Why production is not filled.
const NOT_IN_PRODUCTION: &str =
    "production never gets the demonstration: run `server migrate`, then `server serve`";

/// Fills an empty shop and prints who can sign in; leaves any other shop alone. Production refuses
/// to fill one.
pub async fn demo_shop_if_empty(sql: &Sql, production: bool) -> Result<(), Failure> {
    if !sql.is_empty().await? {
        return Ok(());
    }
    if production {
        return Err(NOT_IN_PRODUCTION.into());
    }
    let now_ms = SystemClock.now_ms();
    for round in demo_shop::rounds(now_ms) {
        sql.add_round(&round).await?;
    }
    demo_accounts::add(sql, now_ms).await?;
    demo_accounts::print();
    Ok(())
}

/// `server seed` without `--load`.
pub async fn seed(config: &Config) -> Result<(), Failure> {
    if config.process.production {
        return Err(NOT_IN_PRODUCTION.into());
    }
    let sql = assembly::open_ledger(config, Access::Write).await?;
    demo_shop_if_empty(&sql, config.process.production).await
}

/// The ledger that a load round is written to. Load tools begin with a new data folder: it becomes a
/// shop. The schema of whatever exists is left as it is.
pub async fn ledger_for_load(config: &Config) -> Result<Sql, ConnectError> {
    let is_new = config.cluster.is_none() && Sql::must_be_in(&config.process.data_dir).is_err();
    let access = if is_new {
        Access::Migrate
    } else {
        Access::Write
    };
    assembly::open_ledger(config, access).await
}
