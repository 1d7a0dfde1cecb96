//! Checks what must have ended before a shop moves, because the new place would not continue it.

use std::fmt;

use sea_orm::{ConnectionTrait as _, DatabaseTransaction, DbErr};

use super::statement;
use crate::engine::ports::Clock;

/// Unfinished work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unsettled {
    /// Rounds between their start and their end, including stopped ones.
    pub open_rounds: i64,
    /// Reservations without an order.
    pub queued: i64,
    /// Orders that may still be paid.
    pub unpaid: i64,
    /// Ended reservations of which the gate was not told.
    pub untold: i64,
    /// Providers' notices that were not applied.
    pub notices: i64,
}

impl Unsettled {
    /// Whether nothing is unfinished.
    pub fn is_none(&self) -> bool {
        *self == Unsettled::default()
    }
}

impl fmt::Display for Unsettled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [
            (self.open_rounds, "open rounds"),
            (self.queued, "reservations that wait for their orders"),
            (self.unpaid, "orders that wait for their payment"),
            (
                self.untold,
                "reservations of whose end the gate has not heard",
            ),
            (self.notices, "notices of payments that wait"),
        ];
        let found = all.iter().filter(|(count, _)| *count > 0);
        let found: Vec<_> = found
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        f.write_str(&found.join(", "))
    }
}

/// Counts unfinished work. Rounds open at any time since `since_ms` count: the gate may have held unwritten sales of
/// them when it was checked.
pub async fn unsettled(
    all: &DatabaseTransaction,
    since_ms: i64,
    clock: &dyn Clock,
) -> Result<Unsettled, DbErr> {
    let untold = count(
        all,
        "SELECT COUNT(*) FROM reservations WHERE release_due_at_ms IS NOT NULL \
         OR confirm_due_at_ms IS NOT NULL",
    );
    let untold = untold.await?;
    // The snapshot exists by now: PostgreSQL takes it with the first statement.
    let open = format!(
        "SELECT COUNT(*) FROM rounds WHERE status = 'approved' AND starts_at_ms <= {} \
         AND ends_at_ms > {since_ms}",
        clock.now_ms()
    );
    Ok(Unsettled {
        open_rounds: count(all, &open).await?,
        queued: count(
            all,
            "SELECT COUNT(*) FROM reservations WHERE state = 'queued'",
        )
        .await?,
        unpaid: count(
            all,
            "SELECT COUNT(*) FROM orders WHERE state = 'pending_payment'",
        )
        .await?,
        untold,
        notices: count(
            all,
            "SELECT COUNT(*) FROM payment_notices WHERE applied_at_ms IS NULL",
        )
        .await?,
    })
}

/// The result of a query for one number.
pub async fn count(all: &DatabaseTransaction, sql: &str) -> Result<i64, DbErr> {
    let row = all.query_one_raw(statement(all, sql)).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound(sql.to_owned()))?;
    row.try_get_by_index(0)
}
