//! `server backup`, `server restore` and `server verify`: copies of an embedded shop. Back up a cluster's
//! ledger with its database's own tools, which know its logs and replicas.

use std::{path::Path, process::ExitCode};

use jiff::Timestamp;

use super::{Failure, audit::print_table};
use crate::{
    adapters::{
        data_folder,
        sql::{
            Schema,
            copy::{self, Inspection},
            own_version,
        },
    },
    config::Config,
    engine::audit,
};

fn must_be_embedded(config: &Config) -> Result<(), Failure> {
    match config.cluster {
        None => Ok(()),
        Some(_) => Err(
            "this is for embedded shops: back up and restore a cluster's ledger with the tools of its \
             database (pg_dump or WAL archiving, mariadb-dump or binary logs); Redis and RabbitMQ \
             need no backup"
                .into(),
        ),
    }
}

pub async fn backup(config: &Config, file: &Path) -> Result<(), Failure> {
    must_be_embedded(config)?;
    copy::backup(&config.process.data_dir, file).await?;
    let bytes = file.metadata()?.len();
    println!(
        "{} has the whole shop ({bytes} bytes); `server verify` checks it",
        file.display()
    );
    Ok(())
}

pub async fn restore(config: &Config, file: &Path) -> Result<(), Failure> {
    must_be_embedded(config)?;
    let folder = &config.process.data_dir;
    let inspection = copy::inspect(file).await?;
    must_be_whole(file, &inspection)?;
    // A running server would keep using its open files.
    data_folder::lock_for_life(folder)?;
    if let Some(there) = copy::shop_in(folder)? {
        let there = there.display();
        return Err(
            format!("{there} is there already: restore into a folder without a shop").into(),
        );
    }
    copy::restore(file, folder).await?;
    print_contents(&inspection);
    println!(
        "restored into {}; {}",
        folder.display(),
        match inspection.schema {
            Schema::Own => "run `server audit`, then `server serve`",
            _ => "the backup is of an earlier version: run `server migrate`, then `server audit`",
        }
    );
    Ok(())
}

/// A damaged file's content is unknown, and this version does not understand a later version's data.
fn must_be_whole(file: &Path, inspection: &Inspection) -> Result<(), Failure> {
    let file = file.display();
    if let Some(first) = inspection.damage.first() {
        return Err(format!("{file} is damaged: {first}").into());
    }
    match &inspection.schema {
        Schema::Own | Schema::Earlier(_) => Ok(()),
        Schema::None => Err(format!("{file} holds no shop").into()),
        Schema::Later(found) => Err(format!(
            "{file} is of a later version: its schema is {found}, and this program knows {}",
            own_version()
        )
        .into()),
    }
}

/// Fails on a copy that cannot be restored, and on one whose ledger breaks an invariant.
pub async fn verify(file: &Path) -> Result<ExitCode, Failure> {
    let inspection = copy::inspect(file).await?;
    for line in &inspection.damage {
        println!("DAMAGE {line}");
    }
    must_be_whole(file, &inspection)?;
    println!("the file is whole");
    print_contents(&inspection);
    if let Schema::Earlier(_) = inspection.schema {
        println!("it is of an earlier version, so the rules of the ledger were not checked");
        return Ok(ExitCode::SUCCESS);
    }
    // Reservations in progress when the copy was made were not late then.
    let mut report = audit::audit(&inspection.sql, inspection.made_at_ms).await?;
    audit::check_activity_log(&inspection.sql, &mut report).await?;
    print_table(&report);
    Ok(match report.ok {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn print_contents(inspection: &Inspection) {
    let version = match &inspection.schema {
        Schema::Earlier(version) | Schema::Later(version) => version.clone(),
        Schema::Own => own_version(),
        Schema::None => "none".to_owned(),
    };
    let made_at_ms = inspection.made_at_ms;
    let made_at = Timestamp::from_millisecond(made_at_ms - made_at_ms % 1_000).unwrap_or_default();
    println!("made at {made_at}, schema {version}");
    for (table, count) in &inspection.rows {
        println!("{count:>10} {table}");
    }
}
