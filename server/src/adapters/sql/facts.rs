//! [`LedgerFacts`] on SQL: counted from rows by statements that work on every database, in one read
//! transaction.

use std::{collections::HashMap, time::Duration};

use app::wire::ItemId;
use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DatabaseTransaction, EntityTrait, QueryOrder, Statement};
use uuid::Uuid;

use super::{LedgerError, Sql, entity::item};
use crate::engine::ports::{AuditBounds, ItemFacts, LedgerFacts, PortError};

type Counts = HashMap<Uuid, i64>;

async fn count(read: &DatabaseTransaction, sql: &str) -> Result<Counts, LedgerError> {
    let statement = Statement::from_string(read.get_database_backend(), sql);
    let rows = read.query_all_raw(statement).await?;
    rows.iter()
        .map(|row| {
            let item_id = row.try_get("", "item_id")?;
            Ok((item_id, row.try_get("", "n")?))
        })
        .collect()
}

/// Counts rows of `table` (aliased `x`, with its joins) that meet `condition`, by item.
async fn rows(
    read: &DatabaseTransaction,
    table: &str,
    condition: &str,
) -> Result<Counts, LedgerError> {
    let sql = format!(
        "SELECT x.item_id AS item_id, COUNT(*) AS n FROM {table} WHERE {condition} GROUP BY x.item_id"
    );
    count(read, &sql).await
}

/// Counts a buyer's rows beyond the first.
async fn repeated(
    read: &DatabaseTransaction,
    table: &str,
    condition: &str,
) -> Result<Counts, LedgerError> {
    let sql = format!(
        "SELECT x.item_id AS item_id, COUNT(*) - COUNT(DISTINCT x.buyer_id) AS n FROM {table} \
         WHERE {condition} GROUP BY x.item_id"
    );
    count(read, &sql).await
}

/// Counts reservations of which the gate should have been told before this instant.
async fn due_before(
    read: &DatabaseTransaction,
    column: &str,
    before_ms: i64,
) -> Result<Counts, LedgerError> {
    rows(read, RESERVATIONS, &format!("x.{column} < {before_ms}")).await
}

const ORDERS: &str = "orders x";
/// The unit was paid for.
const SOLD: &str = "x.state IN ('paid', 'shipped', 'received', 'refunding', 'refunded')";
/// The shop has the order's money.
const HAS_ITS_MONEY: &str = "x.state IN ('paid', 'shipped', 'received')";
const PAID_ORDERS: &str = "orders x LEFT JOIN payments p ON p.settled_order_id = x.id";
const PAYMENTS_OF_ORDERS: &str = "orders x JOIN payments p ON p.order_id = x.id";
const RESERVATIONS: &str = "reservations x";
const FOUNDED_ORDERS: &str = "orders x JOIN items i ON i.id = x.item_id \
     JOIN rounds w ON w.id = i.round_id \
     LEFT JOIN reservations r ON r.id = x.reservation_id";
const ANSWERED_RESERVATIONS: &str = "reservations x LEFT JOIN orders o ON o.reservation_id = x.id";

/// Money under way may keep an order open for this much longer: the largest configurable grace and
/// time limit after it.
const MONEY_UNDER_WAY_MS: i64 = 2 * 3_600_000;
/// Time limit of an audit of a whole shop.
const AUDIT: Duration = Duration::from_mins(1);

#[async_trait]
impl LedgerFacts for Sql {
    async fn facts(&self, bounds: AuditBounds) -> Result<Vec<ItemFacts>, PortError> {
        let counted = self.read_consistently(AUDIT, bounds, |read, &bounds| {
            Box::pin(count_all(read, bounds))
        });
        Ok(counted.await?)
    }
}

/// Paid orders without their payment, and payments that neither pay an order nor are refunded.
async fn count_money(read: &DatabaseTransaction) -> Result<(Counts, Counts), LedgerError> {
    let unfunded = format!(
        "({SOLD}) AND (p.id IS NULL OR p.received_amount <> x.amount \
         OR p.state NOT IN ('succeeded', 'refund_due', 'refunding', 'refunded') \
         OR (({HAS_ITS_MONEY}) AND p.state <> 'succeeded') \
         OR (x.state = 'refunded' AND p.state <> 'refunded'))"
    );
    let unfunded = rows(read, PAID_ORDERS, &unfunded).await?;
    let unspent = format!(
        "(p.state = 'succeeded' AND (p.settled_order_id IS NULL OR NOT ({HAS_ITS_MONEY}))) \
         OR (p.received_at_ms IS NOT NULL \
             AND p.state NOT IN ('succeeded', 'refund_due', 'refunding', 'refunded'))"
    );
    let unspent = rows(read, PAYMENTS_OF_ORDERS, &unspent).await?;
    Ok((unfunded, unspent))
}

/// Unpaid orders that should have been closed.
async fn count_overdue(read: &DatabaseTransaction, before_ms: i64) -> Result<Counts, LedgerError> {
    let long_before_ms = before_ms - MONEY_UNDER_WAY_MS;
    let overdue = format!(
        "x.state = 'pending_payment' AND (x.pay_deadline_ms < {long_before_ms} \
         OR (x.pay_deadline_ms < {before_ms} AND NOT EXISTS (SELECT 1 FROM payments p \
             WHERE p.order_id = x.id AND p.state IN ('created', 'processing'))))"
    );
    rows(read, ORDERS, &overdue).await
}

async fn count_all(
    read: &DatabaseTransaction,
    bounds: AuditBounds,
) -> Result<Vec<ItemFacts>, LedgerError> {
    let AuditBounds {
        queued_before_ms,
        overdue_before_ms,
        due_before_ms,
    } = bounds;
    let items = item::Entity::find()
        .order_by_asc(item::Column::Id)
        .all(read)
        .await?;
    let pending = rows(read, ORDERS, "x.state = 'pending_payment'").await?;
    let paid = rows(read, ORDERS, SOLD).await?;
    let (unfunded, unspent) = count_money(read).await?;
    let closed = rows(read, ORDERS, "x.state = 'closed'").await?;
    let overdue = count_overdue(read, overdue_before_ms).await?;
    let orders_repeated = repeated(read, ORDERS, "x.state <> 'closed'").await?;
    let unfounded = rows(
        read,
        FOUNDED_ORDERS,
        "r.id IS NULL OR r.item_id <> x.item_id OR r.buyer_id <> x.buyer_id \
         OR r.path <> x.path OR x.path = '' OR x.amount <> i.sale_price",
    )
    .await?;
    let outside = "r.held_at_ms < w.starts_at_ms OR r.held_at_ms >= w.ends_at_ms";
    let outside = rows(read, FOUNDED_ORDERS, outside).await?;
    let queued = rows(read, RESERVATIONS, "x.state = 'queued'").await?;
    let late = format!("x.state = 'queued' AND x.held_at_ms < {queued_before_ms}");
    let late = rows(read, RESERVATIONS, &late).await?;
    let holding = "x.state = 'queued' OR o.live_key IS NOT NULL";
    let reservations_repeated = repeated(read, ANSWERED_RESERVATIONS, holding).await?;
    let unended = rows(
        read,
        ANSWERED_RESERVATIONS,
        "(x.state = 'ordered' AND o.id IS NULL) OR (x.state = 'failed' AND x.reason IS NULL) \
         OR (x.state <> 'ordered' AND o.id IS NOT NULL)",
    )
    .await?;
    let release_late = due_before(read, "release_due_at_ms", due_before_ms).await?;
    let confirm_late = due_before(read, "confirm_due_at_ms", due_before_ms).await?;

    let of = |counts: &Counts, id: &Uuid| counts.get(id).copied().unwrap_or(0);
    Ok(items
        .into_iter()
        .map(|row| ItemFacts {
            item_id: ItemId(row.id),
            total: row.total,
            sellable: row.sellable,
            locked: row.locked,
            sold: row.sold,
            orders_pending: of(&pending, &row.id),
            orders_paid: of(&paid, &row.id),
            orders_closed: of(&closed, &row.id),
            orders_unfunded: of(&unfunded, &row.id),
            payments_unspent: of(&unspent, &row.id),
            orders_overdue: of(&overdue, &row.id),
            orders_repeated: of(&orders_repeated, &row.id),
            orders_unfounded: of(&unfounded, &row.id),
            orders_outside_window: of(&outside, &row.id),
            reservations_queued: of(&queued, &row.id),
            reservations_late: of(&late, &row.id),
            reservations_repeated: of(&reservations_repeated, &row.id),
            reservations_unended: of(&unended, &row.id),
            releases_late: of(&release_late, &row.id),
            confirms_late: of(&confirm_late, &row.id),
        })
        .collect())
}
