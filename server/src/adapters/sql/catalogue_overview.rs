//! [`CatalogueOverview`] on SQL.

use std::collections::HashMap;

use app::wire::{ItemId, ItemOverview, Money, RoundId, RoundOverview};
use async_trait::async_trait;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{
    Answer, Sql,
    catalogue::{local, stopped},
    counter,
    entity::{item, product, round},
    missing,
};
use crate::engine::ports::{CatalogueOverview, PortError};

const ROUNDS: u64 = 100;

#[async_trait]
impl CatalogueOverview for Sql {
    async fn overview(&self, since_ms: i64) -> Result<Vec<RoundOverview>, PortError> {
        let rounds = round::Entity::find()
            .filter(round::Column::Status.eq(round::Status::Approved))
            .filter(round::Column::EndsAtMs.gt(since_ms))
            .order_by_asc(round::Column::StartsAtMs)
            .order_by_asc(round::Column::Id)
            .limit(ROUNDS)
            .all(&self.read)
            .answer(self)
            .await?;
        let found = item::Entity::find()
            .filter(item::Column::RoundId.is_in(rounds.iter().map(|round| round.id)))
            .order_by_asc(item::Column::Sequence)
            .order_by_asc(item::Column::Id)
            .find_also_related(product::Entity)
            .all(&self.read)
            .answer(self)
            .await?;
        let mut items: HashMap<Uuid, Vec<ItemOverview>> = HashMap::new();
        for (row, product) in found {
            let product = product.ok_or_else(|| missing("product", row.product_id))?;
            let of_round = items.entry(row.round_id).or_default();
            of_round.push(overview(&row, product)?);
        }
        let rounds = rounds.into_iter().map(|row| RoundOverview {
            round_id: RoundId(row.id),
            stopped: stopped(&row),
            items: items.remove(&row.id).unwrap_or_default(),
            title: local(row.title_zh, row.title_en),
            starts_at_ms: row.starts_at_ms,
            ends_at_ms: row.ends_at_ms,
        });
        Ok(rounds.collect())
    }
}

fn overview(row: &item::Model, product: product::Model) -> Result<ItemOverview, PortError> {
    Ok(ItemOverview {
        item_id: ItemId(row.id),
        title: local(product.title_zh, product.title_en),
        sale_price: Money(row.sale_price),
        total: counter(row.total)?,
        sellable: counter(row.sellable)?,
        locked: counter(row.locked)?,
        sold: counter(row.sold)?,
    })
}
