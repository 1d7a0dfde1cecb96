//! The subjects of messages: orders and rounds as they are in the ledger.

use std::collections::HashMap;

use app::wire::{AccountId, ItemId, LocalText, OrderId, ReservationId, RoundId, Shipment};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use uuid::Uuid;

use crate::{
    adapters::sql::{
        Answer, Sql,
        entity::{item, order, round, shipment, webhook_delivery},
        missing,
    },
    engine::ports::{Amount, DueDelivery, PortError, ToldOf, ToldOrder, ToldRound, WebhookEvent},
};

impl Sql {
    /// The messages with their subjects, in the same order, and those whose order or round is missing.
    pub(super) async fn with_subjects(
        &self,
        rows: Vec<webhook_delivery::Model>,
    ) -> Result<(Vec<DueDelivery>, Vec<Uuid>), PortError> {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.subject_id).collect();
        let mut told = self.orders_told_of(&ids).await?;
        let rounds = round::Entity::find()
            .filter(round::Column::Id.is_in(ids.iter().copied()))
            .all(&self.read)
            .answer(self)
            .await?;
        told.extend(rounds.into_iter().map(|round| (round.id, of_round(round))));
        let (mut due, mut lost) = (Vec::new(), Vec::new());
        for row in rows {
            // A later version wrote an event that is unknown here, and will send it.
            let Ok(event) = row.event.parse::<WebhookEvent>() else {
                continue;
            };
            match told.get(&row.subject_id) {
                Some(told_of) => due.push(DueDelivery {
                    delivery_id: row.id,
                    event,
                    at_ms: row.at_ms,
                    waits_since_ms: row.waits_since_ms,
                    tries: row.tries.unsigned_abs(),
                    told_of: told_of.clone(),
                }),
                None => lost.push(row.id),
            }
        }
        Ok((due, lost))
    }

    /// Gives up messages without a subject, so that no other message waits for them.
    pub(super) async fn give_up(&self, delivery_ids: &[Uuid]) -> Result<(), PortError> {
        tracing::error!(
            ?delivery_ids,
            "webhook messages refer to missing orders or rounds; they are given up"
        );
        webhook_delivery::Entity::update_many()
            .col_expr(webhook_delivery::Column::NextAtMs, Expr::value(None::<i64>))
            .filter(webhook_delivery::Column::Id.is_in(delivery_ids.iter().copied()))
            .exec(&self.write)
            .answer(self)
            .await?;
        Ok(())
    }

    async fn orders_told_of(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, ToldOf>, PortError> {
        let orders = order::Entity::find()
            .filter(order::Column::Id.is_in(ids.iter().copied()))
            .find_also_related(item::Entity)
            .all(&self.read)
            .answer(self)
            .await?;
        let shipments = shipment::Entity::find()
            .filter(shipment::Column::Id.is_in(ids.iter().copied()))
            .all(&self.read)
            .answer(self)
            .await?;
        let mut shipments: HashMap<_, _> = shipments.into_iter().map(|row| (row.id, row)).collect();
        orders
            .into_iter()
            .map(|(order, item)| {
                let item = item.ok_or_else(|| missing("item", order.item_id))?;
                let shipment = shipments.remove(&order.id);
                Ok((order.id, of_order(order, item.round_id, shipment)))
            })
            .collect()
    }
}

fn of_order(order: order::Model, round_id: Uuid, shipment: Option<shipment::Model>) -> ToldOf {
    ToldOf::Order(ToldOrder {
        order_id: OrderId(order.id),
        reservation_id: ReservationId(order.reservation_id),
        item_id: ItemId(order.item_id),
        round_id: RoundId(round_id),
        buyer: AccountId(order.buyer_id),
        amount: Amount::of(order.amount),
        created_at_ms: order.created_at_ms,
        pay_deadline_ms: order.pay_deadline_ms,
        close_reason: order.close_reason.map(Into::into),
        shipment: shipment.map(|row| Shipment {
            carrier: row.carrier,
            number: row.number,
        }),
    })
}

fn of_round(round: round::Model) -> ToldOf {
    ToldOf::Round(ToldRound {
        round_id: RoundId(round.id),
        title: LocalText {
            zh: round.title_zh,
            en: round.title_en,
        },
        starts_at_ms: round.starts_at_ms,
        ends_at_ms: round.ends_at_ms,
    })
}
