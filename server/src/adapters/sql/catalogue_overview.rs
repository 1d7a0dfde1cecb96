//! [`CatalogueOverview`] on SQL.

use std::collections::HashMap;

use app::wire::{AccountId, ItemId, ItemOverview, Money, RoundOverview, RoundState};
use async_trait::async_trait;
use uuid::Uuid;

use super::{
    Sql,
    catalogue::local,
    catalogue_writer::{state, written_round},
    counter,
    entity::{item, product, round},
};
use crate::engine::{
    back_office::{draft, review_round::content_hash},
    ports::{CatalogueOverview, PortError},
};

#[async_trait]
impl CatalogueOverview for Sql {
    async fn overview(&self, since_ms: i64) -> Result<Vec<RoundOverview>, PortError> {
        let on_sale = [round::Status::Approved];
        let mut rounds = self.rounds_of(&self.read, &on_sale, since_ms).await?;
        for other in [round::Status::Submitted, round::Status::Rejected] {
            rounds.extend(self.rounds_of(&self.read, &[other], since_ms).await?);
        }
        rounds.sort_by_key(|round| (round.starts_at_ms, round.id));
        let found = self
            .items_of(&self.read, rounds.iter().map(|round| round.id))
            .await?;
        let mut items: HashMap<Uuid, Vec<(item::Model, product::Model)>> = HashMap::new();
        for (row, product) in found {
            let of_round = items.entry(row.round_id).or_default();
            of_round.push((row, product));
        }
        let rounds = rounds.into_iter().map(|row| {
            let items = items.remove(&row.id).unwrap_or_default();
            round_overview(row, items)
        });
        rounds.collect()
    }
}

pub(super) fn round_overview(
    row: round::Model,
    items: Vec<(item::Model, product::Model)>,
) -> Result<RoundOverview, PortError> {
    let units = items
        .iter()
        .map(|(row, product)| overview(row, product.clone()))
        .collect::<Result<_, _>>()?;
    let state = state(row.status)?;
    let (prepared_by, name) = (row.prepared_by.map(AccountId), row.prepared_by_name.clone());
    let because = row.sent_back_because.clone();
    let written = written_round(row, items)?;
    let draft = draft::of_round(&written);
    Ok(RoundOverview {
        state,
        prepared_by,
        prepared_by_name: name,
        sent_back_because: because,
        content_hash: content_hash(&draft),
        to_approve: (state == RoundState::Submitted).then_some(draft),
        round_id: written.round_id,
        title: written.title,
        starts_at_ms: written.starts_at_ms,
        ends_at_ms: written.ends_at_ms,
        stopped: written.stopped,
        items: units,
    })
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
