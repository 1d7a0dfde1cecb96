//! The list of workers.

use std::time::Duration;

use super::{Schedule, Worker};
use crate::engine::{
    messages::{purge_messages, warn_expiring},
    notices::send_notices,
    orders::{close_unpaid, relay, write_orders},
    payments::{apply_notices, check, confirm, refund},
    ports::Job,
    shipping::erase_addresses,
    stock::{reconcile, release, warm_up},
    webhooks::{
        announce,
        deliver::{self, Lane},
        purge_deliveries,
    },
};

/// How long the order writer lets reservations gather: most of a small batch's cost is the transaction, not
/// its orders. Buyers do not notice: panels first ask after 300 ms.
const GATHER: Duration = Duration::from_millis(50);

/// Every worker; the relay only if there is an outbox.
pub(super) fn workers(schedule: Schedule, has_outbox: bool) -> Vec<Worker> {
    let mut workers = vec![
        Worker {
            per_s: schedule.orders_per_s,
            gather: GATHER,
            ..Worker::woken(
                "write_orders",
                "Turns queued reservations into orders.",
                (Job::WriteOrders, schedule.work),
                |e, limit| Box::pin(async move { write_orders::run_once(&e.orders, limit).await }),
            )
        },
        Worker::woken(
            "release",
            "Puts units that came back on sale again.",
            (Job::Release, schedule.work),
            |e, _| Box::pin(async move { release::run_once(&e.stock).await }),
        ),
        Worker::woken(
            "send_notices",
            "Sends messages to people.",
            (Job::Notify, schedule.work),
            |e, _| Box::pin(async move { send_notices::run_once(&e.notices).await }),
        ),
        Worker::woken(
            "warm_up",
            "Loads items of approved rounds into the gate.",
            (Job::WarmUp, schedule.warm_up),
            |e, _| Box::pin(async move { warm_up::run_once(&e.stock).await }),
        ),
        Worker::periodic(
            "reconcile",
            "Compares the gate with the ledger and repairs the gate.",
            schedule.reconcile,
            |e, _| Box::pin(async move { reconcile::run_once(&e.stock).await }),
        ),
        Worker::periodic(
            "replay_parked",
            "Puts parked reservations back into the queue.",
            schedule.replay,
            |e, _| Box::pin(async move { e.orders.parked.replay_parked(None).await }),
        ),
    ];
    workers.extend(purge_workers(schedule));
    workers.extend(message_workers(schedule));
    workers.extend(payment_workers(schedule));
    workers.extend(webhook_workers(schedule));
    if has_outbox {
        workers.push(Worker::woken(
            "relay",
            "Carries reservations from the gate's outbox to the queue.",
            (Job::Relay, schedule.work),
            |e, _| Box::pin(async move { relay::run_once(&e.orders).await }),
        ));
    }
    workers
}

fn purge_workers(schedule: Schedule) -> [Worker; 2] {
    [
        Worker::periodic(
            "purge_log_ins",
            "Deletes log-ins that have expired.",
            schedule.purge,
            |e, _| {
                Box::pin(async move {
                    let now_ms = e.accounts.clock.now_ms();
                    e.accounts.tokens.purge(now_ms).await.map(|()| 0)
                })
            },
        ),
        Worker::periodic(
            "erase_addresses",
            "Deletes the addresses of orders that ended long ago.",
            schedule.purge,
            |e, _| Box::pin(async move { erase_addresses::run_once(&e.shipping).await }),
        ),
    ]
}

fn message_workers(schedule: Schedule) -> [Worker; 2] {
    [
        Worker::periodic(
            "warn_expiring",
            "Tells buyers that the time to pay ends soon.",
            schedule.warn,
            |e, _| Box::pin(async move { warn_expiring::run_once(&e.messages).await }),
        ),
        Worker::periodic(
            "purge_messages",
            "Deletes messages that are old or more than an account keeps.",
            schedule.purge,
            |e, _| Box::pin(async move { purge_messages::run_once(&e.messages).await }),
        ),
    ]
}

fn payment_workers(schedule: Schedule) -> [Worker; 5] {
    [
        Worker::woken(
            "apply_notices",
            "Turns payment notices into paid orders and refunds.",
            (Job::ApplyNotices, schedule.work),
            |e, _| Box::pin(async move { apply_notices::run_once(&e.payments).await }),
        ),
        Worker::woken(
            "confirm",
            "Tells the gate which units were paid for.",
            (Job::Confirm, schedule.work),
            |e, _| Box::pin(async move { confirm::run_once(&e.payments).await }),
        ),
        Worker::woken(
            "refund",
            "Sends money back: refunds, and payments that pay no order.",
            (Job::Refund, schedule.work),
            |e, _| Box::pin(async move { refund::run_once(&e.payments).await }),
        ),
        Worker::periodic(
            "check_payments",
            "Asks the provider about payments without a notice.",
            schedule.work,
            |e, _| Box::pin(async move { check::run_once(&e.payments).await }),
        ),
        Worker::periodic(
            "close_unpaid",
            "Closes orders that were not paid in time.",
            schedule.work,
            |e, _| Box::pin(async move { close_unpaid::run_once(&e.orders, &e.payments).await }),
        ),
    ]
}

fn webhook_workers(schedule: Schedule) -> [Worker; 4] {
    [
        Worker::periodic(
            "deliver_webhooks",
            "Sends messages to webhooks.",
            schedule.work,
            |e, _| Box::pin(async move { deliver::run_once(&e.webhooks, Lane::Quick).await }),
        ),
        Worker::periodic(
            "deliver_slow_webhooks",
            "Sends messages to webhooks that answer slowly.",
            schedule.work,
            |e, _| Box::pin(async move { deliver::run_once(&e.webhooks, Lane::Slow).await }),
        ),
        Worker::periodic(
            "announce_rounds",
            "Writes messages to webhooks when rounds start, sell out and end.",
            schedule.work,
            |e, _| Box::pin(async move { announce::run_once(&e.webhooks).await }),
        ),
        Worker::periodic(
            "purge_deliveries",
            "Deletes old messages to webhooks.",
            schedule.purge,
            |e, _| Box::pin(async move { purge_deliveries::run_once(&e.webhooks).await }),
        ),
    ]
}
