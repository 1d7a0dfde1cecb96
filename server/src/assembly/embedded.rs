//! The embedded shop: one process and a data folder.

use std::sync::Arc;

use super::{
    Assembly, AssemblyError, Environment, Ledger, Parts, Provider, catalogue_changes,
    follow_switches, ledger_ping, process_counters, provider, subjects::engine,
};
use crate::{
    adapters::{
        cached::CachedTokens,
        embedded::{
            Gate, GovernedLimits, MemoryCaptchas, MemoryPaths, RecentReservations, RecentResults,
        },
        recording::{RecordingGate, RecordingHeldOrders, RecordingOrders},
        sold_out_cache::SoldOutCache,
        sold_out_gate::SoldOutGate,
        system::SystemClock,
    },
    config::Config,
    engine::{
        orders::order_at_once::{OrderAtOnce, QueuedHolds},
        ports::{Clock, HoldLog, Reserve},
        purchase::in_steps::InSteps,
    },
    tasks::Task,
    workers::WakeSignals,
};

pub async fn assemble(
    config: &Config,
    environment: Environment,
) -> Result<Assembly, AssemblyError> {
    let sql = environment.ledger(config).await?;
    let mut ledger = Ledger::new(&sql, Arc::new(sql.clone()), environment.faults.as_ref());
    let clock = environment
        .clock
        .clone()
        .unwrap_or_else(|| Arc::new(SystemClock));
    let results = record_results(&mut ledger, &clock);
    let holds = hold_log(config, &environment, &ledger, &clock);
    let (gate, gate_task) = Gate::new(clock.clone(), holds, ledger.gate.clone());
    let gate = Arc::new(gate);
    let in_front = Arc::new(SoldOutGate::new(gate.clone(), SoldOutCache::default()));
    let reserve: Arc<dyn Reserve> = Arc::new(RecordingGate {
        gate: in_front.clone(),
        results,
    });
    let limits = GovernedLimits::new(clock.clone(), config.quotas(), config.no_limits());
    let (limits, paths) = (Arc::new(limits), Arc::new(MemoryPaths::new(clock.clone())));
    let purchases = InSteps {
        limits: limits.clone(),
        paths: paths.clone(),
        gate: reserve.clone(),
    };
    let wake_signals = WakeSignals::new();
    let Provider { gateway, sandbox } = provider(config, &environment, &sql, &clock)?;
    let catalogue_changes = catalogue_changes(&wake_signals);
    let counters = process_counters(&environment, &clock);
    let parts = Parts {
        counters: Arc::new(counters.clone()),
        ledger,
        outbox: None,
        limits,
        tokens: Arc::new(CachedTokens::new(Arc::new(sql.clone()))),
        captchas: Arc::new(MemoryCaptchas::new(clock.clone())),
        paths,
        purchases: Arc::new(purchases),
        restock: in_front,
        gate,
        audited_gate: None,
        wake: Arc::new(wake_signals.clone()),
        gateway,
        catalogue_changes: catalogue_changes.clone(),
        catalogue_events: Arc::new(catalogue_changes.clone()),
        clock,
    };
    let engine = engine(config, environment, &sql, parts);
    Ok(Assembly {
        reserve,
        wake_signals,
        changes: catalogue_changes,
        tasks: vec![
            Task::vital("gate", "Decides who gets a unit.", gate_task.run()),
            Task::restartable(
                "count",
                "Counts what happens in ten seconds, for the live page.",
                move || counters.clone().keep_sampling(),
            ),
            follow_switches(engine.switches.clone()),
        ],
        engine,
        dependencies: vec![ledger_ping(&sql)],
        settings: None,
        sandbox,
        shutdown_hook: None,
        sql,
    })
}

/// Results of reservations are recorded in memory, and read there before the ledger.
fn record_results(ledger: &mut Ledger, clock: &Arc<dyn Clock>) -> RecentResults {
    let results = RecentResults::new(clock.clone());
    ledger.writer = Arc::new(RecordingOrders {
        ledger: ledger.writer.clone(),
        results: results.clone(),
    });
    ledger.held_orders = Arc::new(RecordingHeldOrders {
        ledger: ledger.held_orders.clone(),
        results: results.clone(),
    });
    ledger.reservations = Arc::new(RecentReservations {
        ledger: ledger.reservations.clone(),
        results: results.clone(),
    });
    results
}

/// How the gate writes its holds.
fn hold_log(
    config: &Config,
    environment: &Environment,
    ledger: &Ledger,
    clock: &Arc<dyn Clock>,
) -> Arc<dyn HoldLog> {
    if config.workers.orders_per_s.is_some() {
        return Arc::new(QueuedHolds(ledger.queue.clone()));
    }
    Arc::new(OrderAtOnce {
        clock: clock.clone(),
        ids: environment.ids.clone(),
        orders: ledger.held_orders.clone(),
        queue: ledger.queue.clone(),
    })
}
