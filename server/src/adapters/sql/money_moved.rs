//! [`MoneyMoved`] on SQL.

use app::wire::OrderId;
use async_trait::async_trait;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

use super::{Answer, Sql, entity::payment};
use crate::engine::ports::{Amount, MoneyMoved, Movement, MovementKind, PortError};

/// A payment row's movement in one direction; `None` if its money did not move that way.
fn movement(row: &payment::Model, kind: MovementKind) -> Option<Movement> {
    let at_ms = match kind {
        MovementKind::Payment => row.received_at_ms?,
        MovementKind::Refund => row.refunded_at_ms?,
    };
    Some(Movement {
        kind,
        provider_number: row.provider_number.clone()?,
        amount: Amount {
            minor: row.received_amount?,
            currency: row.received_currency.clone()?,
        },
        begun_at_ms: match kind {
            MovementKind::Payment => row.created_at_ms,
            MovementKind::Refund => at_ms,
        },
        at_ms,
        order_id: OrderId(row.order_id),
    })
}

#[async_trait]
impl MoneyMoved for Sql {
    async fn between(
        &self,
        provider: &str,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<Movement>, PortError> {
        let within = |column: payment::Column| {
            Condition::all()
                .add(column.gte(from_ms))
                .add(column.lt(to_ms))
        };
        let rows = payment::Entity::find()
            .filter(payment::Column::Provider.eq(provider))
            .filter(
                Condition::any()
                    .add(within(payment::Column::ReceivedAtMs))
                    .add(within(payment::Column::RefundedAtMs)),
            )
            .all(&self.read)
            .answer(self)
            .await?;
        let both = [MovementKind::Payment, MovementKind::Refund];
        let mut moved: Vec<_> = rows
            .iter()
            .flat_map(|row| both.into_iter().filter_map(|kind| movement(row, kind)))
            .filter(|moved| (from_ms..to_ms).contains(&moved.at_ms))
            .collect();
        moved.sort_by(|a, b| (a.kind, &a.provider_number).cmp(&(b.kind, &b.provider_number)));
        Ok(moved)
    }

    async fn by_number(
        &self,
        provider: &str,
        kind: MovementKind,
        provider_number: &str,
    ) -> Result<Option<Movement>, PortError> {
        let found = payment::Entity::find()
            .filter(payment::Column::Provider.eq(provider))
            .filter(payment::Column::ProviderNumber.eq(provider_number))
            .one(&self.read)
            .answer(self)
            .await?;
        Ok(found.as_ref().and_then(|row| movement(row, kind)))
    }
}
