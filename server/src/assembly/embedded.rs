//! The embedded shop: one process and a data folder.

use std::sync::Arc;

use super::{Assembly, AssemblyError, Ledger, Surroundings, ledger_ping, open_ledger};
use crate::{
    adapters::{
        admitted::AdmittedGate,
        cached::{CachedCatalogue, CachedTokens},
        embedded::{Gate, GovernedLimits, MemoryCaptchas, MemoryPaths},
        system::SystemClock,
    },
    config::Config,
    engine::{Engine, SoldOutMarks},
    workers::Bells,
};

pub async fn assemble(config: &Config, around: Surroundings) -> Result<Assembly, AssemblyError> {
    let sql = open_ledger(config, around.durability).await?;
    let store = Arc::new(sql.clone());
    let Ledger {
        reservations,
        orders,
        queue,
    } = Ledger::new(&sql, store.clone(), around.faults);
    let clock = around.clock.unwrap_or_else(|| Arc::new(SystemClock));
    let (gate, gate_task) = Gate::new(clock.clone(), queue.clone(), reservations.clone());
    let (bells, marks) = (Bells::new(), SoldOutMarks::default());
    let engine = Engine {
        rules: config.rules,
        ids: around.ids,
        gate: Arc::new(AdmittedGate::new(Arc::new(gate), marks.clone())),
        queue,
        outbox: None,
        reservations,
        orders,
        catalogue: Arc::new(CachedCatalogue::new(store.clone())),
        accounts: store.clone(),
        tokens: Arc::new(CachedTokens::new(store.clone())),
        passwords: around.passwords,
        questions: around.questions,
        captchas: Arc::new(MemoryCaptchas::new(clock.clone())),
        paths: Arc::new(MemoryPaths::new(clock.clone())),
        limits: Arc::new(GovernedLimits::new(
            clock.clone(),
            config.quotas,
            config.no_limits,
        )),
        notices: store,
        notifier: around.notifier,
        bell: Arc::new(bells.clone()),
        marks,
        clock,
    };
    Ok(Assembly {
        engine: Arc::new(engine),
        bells,
        tasks: vec![Box::pin(gate_task.run())],
        dependencies: vec![ledger_ping(&sql)],
        farewell: None,
        sql,
    })
}
