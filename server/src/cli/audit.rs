//! `server audit`.

use std::process::ExitCode;

use super::Failure;
use crate::{
    adapters::{sql::Sql, system::SystemClock},
    engine::{
        audit::{self, Report},
        ports::Clock,
    },
};

pub async fn audit(sql: &Sql, json: bool) -> Result<ExitCode, Failure> {
    let report = audit::audit(sql, SystemClock.now_ms()).await?;
    if json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print_table(&report);
    }
    Ok(if report.ok {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn print_table(report: &Report) {
    println!(
        "{:<36} {:>7} {:>8} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7}",
        "item", "total", "sellable", "locked", "sold", "live", "paid", "closed", "queued"
    );
    for line in &report.items {
        println!(
            "{:<36} {:>7} {:>8} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7}",
            line.item_id.to_string(),
            line.total,
            line.sellable,
            line.locked,
            line.sold,
            line.orders_live,
            line.orders_paid,
            line.orders_closed,
            line.reservations_open
        );
    }
    for violation in &report.violations {
        println!(
            "VIOLATION {} at {}: {}",
            violation.rule, violation.item_id, violation.detail
        );
    }
    if report.ok {
        println!("every invariant holds for {} items", report.items.len());
    }
}
