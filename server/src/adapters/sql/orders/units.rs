//! Moves units between an item's counters, inside one transaction.

use std::collections::BTreeMap;

use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, sea_query::Expr,
};
use uuid::Uuid;

use crate::adapters::sql::{
    entity::{item, order},
    errors::LedgerError,
    inconsistent,
};

/// Moves `units` by one conditional update. False, and no change, when `from` has fewer.
pub async fn move_units(
    transaction: &DatabaseTransaction,
    item_id: Uuid,
    units: i64,
    from: item::Column,
    to: item::Column,
) -> Result<bool, LedgerError> {
    let moved = item::Entity::update_many()
        .col_expr(from, Expr::col(from).sub(units))
        .col_expr(to, Expr::col(to).add(units))
        .filter(item::Column::Id.eq(item_id))
        .filter(from.gte(units))
        .exec(transaction)
        .await?;
    Ok(moved.rows_affected == 1)
}

/// Moves the locked unit of each order, by item id, the common locking order.
pub async fn move_locked(
    transaction: &DatabaseTransaction,
    orders: &[order::Model],
    to: item::Column,
) -> Result<(), LedgerError> {
    let mut units: BTreeMap<Uuid, i64> = BTreeMap::new();
    for order in orders {
        *units.entry(order.item_id).or_default() += 1;
    }
    for (item_id, units) in units {
        if !move_units(transaction, item_id, units, item::Column::Locked, to).await? {
            let detail = format!("item {item_id} has fewer than {units} locked units");
            return Err(inconsistent(detail).into());
        }
    }
    Ok(())
}
