//! What messages tell of: orders and rounds as they are in the ledger. Of each only what does not change after the
//! event, so that a message says the same each time it is sent.

use std::collections::HashMap;

use app::wire::{AccountId, ItemId, LocalText, OrderId, ReservationId, RoundId, Shipment};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
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
    /// The messages with what they tell of, in their order.
    pub(super) async fn with_subjects(
        &self,
        rows: Vec<webhook_delivery::Model>,
    ) -> Result<Vec<DueDelivery>, PortError> {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.subject_id).collect();
        let mut told = self.orders_told_of(&ids).await?;
        let rounds = round::Entity::find()
            .filter(round::Column::Id.is_in(ids.iter().copied()))
            .all(&self.read)
            .answer(self)
            .await?;
        told.extend(rounds.into_iter().map(|round| (round.id, of_round(round))));
        let due = rows.into_iter().filter_map(|row| {
            // A program of a later version has written it, and sends it.
            let event: WebhookEvent = row.event.parse().ok()?;
            let told_of = told.get(&row.subject_id).cloned();
            Some(
                told_of
                    .ok_or_else(|| missing("subject of a webhook message", row.subject_id))
                    .map(|told_of| DueDelivery {
                        delivery_id: row.id,
                        event,
                        at_ms: row.at_ms,
                        tries: row.tries.unsigned_abs(),
                        told_of,
                    }),
            )
        });
        due.collect()
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
