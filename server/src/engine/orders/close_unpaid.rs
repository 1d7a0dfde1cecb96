//! `close_unpaid`: closes unpaid orders and returns their units.

use std::sync::atomic::{AtomicBool, Ordering};

use app::wire::{CloseReason, OrderId};
use futures::future::join_all;

use super::Deps;
use crate::{
    chain::Chain,
    engine::{
        BATCH,
        payments::{self, close::Closing},
        ports::{CloseOutcome, Job, OverdueOrder, PortError},
    },
};

/// Most orders that one run skips because they cannot be closed.
const LOOK_PAST: u32 = 40 * BATCH;
/// Orders whose payments are queried at the provider at the same time.
const ASKED_AT_ONCE: usize = 8;
/// The actor in the order's history.
const ACTOR: &str = "close_unpaid";

/// The result for a batch.
#[derive(Default)]
struct Run {
    closed: u32,
    /// Still open, for now or for good: skipped.
    left: u32,
    first_error: Option<PortError>,
}

/// Closes orders whose deadline has passed. If an order is paid at the same moment, compare-and-set
/// lets one side win. An order with a payment under way has a grace period, and is closed once the
/// provider has closed the payment. An order that cannot be closed (if its item's counters are
/// wrong, for example) does not stop the others. Returns how many were closed.
///
/// # Errors
/// The first error, after every other overdue order was closed.
pub async fn run_once(deps: &Deps, payments: &payments::Deps) -> Result<u32, PortError> {
    let now_ms = deps.clock.now_ms();
    let mut run = Run::default();
    // A provider that did not answer is not asked again in this run.
    let unanswered = AtomicBool::new(false);
    loop {
        let overdue = deps.closer.overdue(now_ms, run.left, BATCH).await?;
        let left_before = run.left;
        let with_payment = close_each(deps, &overdue, now_ms, &mut run).await?;
        let late = with_payment
            .into_iter()
            .filter(|order| order.pay_deadline_ms + payments.rules.pay_grace_ms <= now_ms);
        let late: Vec<OverdueOrder> = late.collect();
        let mut free = Vec::new();
        for some in late.chunks(ASKED_AT_ONCE) {
            let mut asked = Vec::with_capacity(some.len());
            for order in some {
                asked.push(payments_closed(payments, *order, now_ms, &unanswered));
            }
            for (order, closed) in some.iter().zip(join_all(asked).await) {
                match closed {
                    Ok(true) => free.push(*order),
                    Ok(false) => {}
                    Err(error) => drop(run.first_error.get_or_insert(error)),
                }
            }
        }
        run.left -= free.len() as u32;
        close_each(deps, &free, now_ms, &mut run).await?;
        let is_last = overdue.len() < BATCH as usize || run.left == left_before;
        if is_last || run.left >= LOOK_PAST {
            return run.first_error.map_or(Ok(run.closed), Err);
        }
    }
}

/// Closes what can be closed, all at once or, if one fails, one by one. Returns those that have a
/// payment under way; they count as left.
async fn close_each(
    deps: &Deps,
    orders: &[OverdueOrder],
    now_ms: i64,
    run: &mut Run,
) -> Result<Vec<OverdueOrder>, PortError> {
    let mut with_payment = Vec::new();
    if orders.is_empty() {
        return Ok(with_payment);
    }
    match close(deps, orders, now_ms).await {
        Err(PortError::Failed { .. }) => {
            for order in orders {
                match close(deps, std::slice::from_ref(order), now_ms).await {
                    Ok(outcomes) => {
                        run.note(std::slice::from_ref(order), &outcomes, &mut with_payment);
                    }
                    Err(error @ PortError::Failed { .. }) => {
                        let order_id = order.order_id;
                        tracing::error!(%order_id, error = %Chain(&error), "cannot close an overdue order; the next run tries again");
                        run.left += 1;
                        run.first_error.get_or_insert(error);
                    }
                    Err(busy) => return Err(busy),
                }
            }
        }
        outcomes => run.note(orders, &outcomes?, &mut with_payment),
    }
    Ok(with_payment)
}

impl Run {
    fn note(
        &mut self,
        orders: &[OverdueOrder],
        outcomes: &[CloseOutcome],
        with_payment: &mut Vec<OverdueOrder>,
    ) {
        for (order, outcome) in orders.iter().zip(outcomes) {
            match outcome {
                CloseOutcome::Closed => self.closed += 1,
                CloseOutcome::NotPending => {}
                CloseOutcome::PaymentOpen => {
                    self.left += 1;
                    with_payment.push(*order);
                }
            }
        }
    }
}

async fn close(
    deps: &Deps,
    orders: &[OverdueOrder],
    now_ms: i64,
) -> Result<Vec<CloseOutcome>, PortError> {
    let order_ids: Vec<OrderId> = orders.iter().map(|order| order.order_id).collect();
    let outcomes = deps
        .closer
        .close(&order_ids, CloseReason::Unpaid, ACTOR, now_ms)
        .await?;
    if outcomes.contains(&CloseOutcome::Closed) {
        deps.wake.notify(Job::Release);
    }
    Ok(outcomes)
}

/// Whether the order has no open payment left.
async fn payments_closed(
    payments: &payments::Deps,
    order: OverdueOrder,
    now_ms: i64,
    unanswered: &AtomicBool,
) -> Result<bool, PortError> {
    let rules = &payments.rules;
    let give_up_ms = order.pay_deadline_ms + rules.pay_grace_ms + rules.pay_close_patience_ms;
    if unanswered.load(Ordering::Relaxed) && now_ms < give_up_ms {
        return Ok(false);
    }
    match payments::close::payments_of(payments, order.order_id, give_up_ms).await? {
        Closing::Done => Ok(true),
        // A problem with one payment does not stop questions about the others.
        Closing::StillOpen(error) => Err(error),
        Closing::Unanswered(error) => {
            if matches!(error, PortError::Busy { .. }) {
                unanswered.store(true, Ordering::Relaxed);
            }
            metrics::counter!("seckill_payments_unanswered_total").increment(1);
            Err(error)
        }
    }
}
