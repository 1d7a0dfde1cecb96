//! `server audit`.

use std::{process::ExitCode, sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::time::sleep;

use super::Failure;
use crate::{
    adapters::sql::{Access, COMMAND_WAIT},
    assembly::{self, Assembly, AssemblyError, Environment},
    config::Config,
    engine::{
        audit::{self, GATE_EQUALS_LEDGER, Report},
        ports::{CaptchaSource, NoQuestion, Question},
    },
};

/// Comparisons before a difference between gate and ledger counts: reservations in a worker's hands
/// are in the ledger a moment later.
const LOOKS: u32 = 5;
const BETWEEN: Duration = Duration::from_millis(500);

/// An audit needs no captchas.
pub struct NoQuestions;

#[async_trait]
impl CaptchaSource for NoQuestions {
    async fn next(&self) -> Result<Question, NoQuestion> {
        Err(NoQuestion)
    }
}

/// The environment of a command beside a running shop: creates neither schema nor queues.
pub fn beside_a_shop(config: &Config, access: Access) -> Result<Environment, AssemblyError> {
    Ok(Environment {
        access,
        wait: COMMAND_WAIT,
        declares_queues: false,
        ..Environment::real(config, Arc::new(NoQuestions))?
    })
}

pub async fn audit(config: &Config, json: bool) -> Result<ExitCode, Failure> {
    let environment = beside_a_shop(config, Access::Read)?;
    let shop = assembly::assemble(config, environment).await?;
    let report = look(&shop).await?;
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

/// The report, after as many comparisons as needed.
pub async fn look(shop: &Assembly) -> Result<Report, Failure> {
    let mut looks = 0;
    loop {
        looks += 1;
        let now_ms = shop.engine.audit.clock.now_ms();
        let mut report = audit::audit(&shop.sql, now_ms).await?;
        audit::compare(&shop.engine.audit, &mut report).await?;
        audit::check_activity_log(&*shop.engine.audit.activity_log, &mut report).await?;
        let passing = |violation: &audit::Violation| violation.rule == GATE_EQUALS_LEDGER;
        if looks == LOOKS || !report.violations.iter().any(passing) {
            return Ok(report);
        }
        sleep(BETWEEN).await;
    }
}

pub fn print_table(report: &Report) {
    println!(
        "{:<36} {:>7} {:>8} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7}",
        "item", "total", "sellable", "locked", "sold", "live", "paid", "closed", "queued"
    );
    for audited_item in &report.items {
        println!(
            "{:<36} {:>7} {:>8} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7}",
            audited_item.item_id.to_string(),
            audited_item.total,
            audited_item.sellable,
            audited_item.locked,
            audited_item.sold,
            audited_item.orders_live,
            audited_item.orders_paid,
            audited_item.orders_closed,
            audited_item.reservations_open
        );
    }
    for violation in &report.violations {
        let item = violation.item_id.map(|id| format!(" at {id}"));
        println!(
            "VIOLATION {}{}: {}",
            violation.rule,
            item.unwrap_or_default(),
            violation.detail
        );
    }
    if report.on_their_way > 0 {
        println!(
            "{} reservations are on their way to the ledger",
            report.on_their_way
        );
    }
    if let Some(end) = &report.activity_log {
        println!(
            "activity log: {} entries, the last one {}",
            end.number, end.hash
        );
    }
    if report.ok {
        println!("every invariant holds for {} items", report.items.len());
    }
}
