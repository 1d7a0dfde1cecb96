//! `server export` and `server import`: move a shop from a data folder to servers, or back.

use std::{path::Path, process::ExitCode};

use super::{
    Failure,
    audit::{beside_a_shop, look, print_table},
    shop_must_exist, take_data_folder,
};
use crate::{
    adapters::{
        sql::{Access, Contents},
        system::SystemClock,
    },
    assembly::{self, Assembly},
    config::Config,
    engine::{audit as engine_audit, ports::Clock as _},
};

pub async fn export(config: &Config, file: &Path) -> Result<(), Failure> {
    shop_must_exist(config)?;
    // A running server would go on selling.
    take_data_folder(config)?;
    let shop = assembly::assemble(config, beside_a_shop(config, Access::Read)?).await?;
    no_instance_runs(config, &shop).await?;
    let clock = &shop.engine.audit.clock;
    let since_ms = clock.now_ms();
    let report = look(&shop).await?;
    if !report.ok {
        print_table(&report);
        return Err("the shop does not pass its audit; nothing was exported".into());
    }
    if report.on_their_way > 0 {
        let waiting = report.on_their_way;
        return Err(format!(
            "{waiting} reservations are between the gate and the ledger; export the shop between rounds"
        )
        .into());
    }
    let contents = shop.sql.export(file, since_ms, &**clock).await?;
    print_contents(&contents);
    println!(
        "{} has the whole shop except log-ins, with people's numbers and the hashes of their passwords",
        file.display()
    );
    Ok(())
}

/// A running instance of a cluster would go on selling, and its latest sales may be at the gate alone. An embedded
/// shop's data folder is locked instead.
async fn no_instance_runs(config: &Config, shop: &Assembly) -> Result<(), Failure> {
    if config.cluster.is_none() {
        return Ok(());
    }
    match shop.engine.live.counters.of_instances().await?.len() {
        0 => Ok(()),
        count => Err(format!(
            "{count} instances run, or did some seconds ago; stop them all, and export the shop then"
        )
        .into()),
    }
}

/// Fails when the imported ledger breaks an invariant. A cluster's gate is not compared: it is still empty.
pub async fn import(config: &Config, file: &Path) -> Result<ExitCode, Failure> {
    shop_must_exist(config)?;
    take_data_folder(config)?;
    let sql = assembly::open_ledger(config, Access::Write).await?;
    let contents = sql.import(file).await?;
    print_contents(&contents);
    let mut report = engine_audit::audit(&sql, SystemClock.now_ms()).await?;
    engine_audit::check_activity_log(&sql, &mut report).await?;
    print_table(&report);
    Ok(match report.ok {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn print_contents(contents: &Contents) {
    for (table, rows) in contents {
        println!("{rows:>10} {table}");
    }
}
