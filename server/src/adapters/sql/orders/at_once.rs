//! Writes reservations together with their orders, in one transaction.

use std::collections::BTreeMap;

use app::wire::OrderId;
use async_trait::async_trait;
use sea_orm::{ActiveValue::Set, DatabaseTransaction, EntityTrait};
use uuid::Uuid;

use super::write::{Entry, insert_orders, lock_units, terms};
use crate::{
    adapters::sql::{
        Duplicate, Sql,
        entity::reservation,
        errors::{LedgerError, Meaning, meaning},
        inconsistent,
        reservations::queued_row,
    },
    engine::ports::{HeldOrders, PortError, QueuedReservation},
};

/// Returns false, and writes nothing, if an item has too few units.
async fn write_held(
    sql: &Sql,
    transaction: &DatabaseTransaction,
    held: &[Entry],
    now_ms: i64,
) -> Result<bool, LedgerError> {
    let terms = terms(sql, transaction, held).await?;
    // By item id, the order in which every transaction locks them.
    let mut units: BTreeMap<Uuid, i64> = BTreeMap::new();
    for (entry, _) in held {
        *units.entry(entry.unit.item_id.0).or_default() += 1;
    }
    let has_units = |(item_id, units): (&Uuid, &i64)| {
        let terms = terms.get(item_id);
        terms.is_some_and(|terms| terms.sellable >= *units)
    };
    if !units.iter().all(has_units) {
        return Ok(false);
    }
    for (item_id, units) in units {
        if !lock_units(transaction, item_id, units).await? {
            let detail = format!("item {item_id} lost units while they were counted");
            return Err(inconsistent(detail).into());
        }
    }
    let rows = held.iter().map(|(entry, _)| reservation::ActiveModel {
        state: Set(reservation::State::Ordered),
        ..queued_row(entry)
    });
    reservation::Entity::insert_many(rows)
        .exec_without_returning(transaction)
        .await?;
    let held: Vec<&Entry> = held.iter().collect();
    insert_orders(transaction, &held, &terms, now_ms).await?;
    Ok(true)
}

#[async_trait]
impl HeldOrders for Sql {
    async fn write_held(
        &self,
        held: &[(QueuedReservation, OrderId)],
        now_ms: i64,
    ) -> Result<bool, PortError> {
        let written = self.transact(
            Duplicate::Answer,
            (self, held, now_ms),
            |transaction, &(sql, held, now_ms)| {
                Box::pin(write_held(sql, transaction, held, now_ms))
            },
        );
        match written.await {
            Ok(written) => {
                self.writes.confirm();
                Ok(written)
            }
            // A known reservation, or a buyer with a live order: rolled back.
            Err(LedgerError::Database(error)) if meaning(&error) == Meaning::Duplicate => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
