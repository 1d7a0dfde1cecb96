//! [`CatalogueOverview`] on SQL.

use std::collections::HashMap;

use app::wire::{ItemId, ItemOverview, Money, RoundId, RoundOverview};
use async_trait::async_trait;
use uuid::Uuid;

use super::{
    Sql,
    catalogue::{local, stopped},
    counter,
    entity::{item, product},
};
use crate::engine::ports::{CatalogueOverview, PortError};

#[async_trait]
impl CatalogueOverview for Sql {
    async fn overview(&self, since_ms: i64) -> Result<Vec<RoundOverview>, PortError> {
        let rounds = self.approved_rounds(&self.read, since_ms).await?;
        let found = self
            .items_of(&self.read, rounds.iter().map(|round| round.id))
            .await?;
        let mut items: HashMap<Uuid, Vec<ItemOverview>> = HashMap::new();
        for (row, product) in found {
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
