//! [`Catalogue`] on SQL.

use std::{collections::HashMap, sync::Arc};

use app::wire::{Item, ItemDetail, ItemId, LocalText, Money, Round, RoundId};
use async_trait::async_trait;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

use super::{
    Answer, Sql, counter,
    entity::{item, product, round},
    missing,
};
use crate::{
    chain::Chain,
    engine::ports::{Catalogue, PortError, Window},
};

/// Rounds stay in the list for this long after their end.
const SHOWN_AFTER_END_MS: i64 = 24 * 3_600_000;
const ROUNDS: u64 = 100;
const SELLABLE_ITEMS: u64 = 10_000;

pub(super) fn local(zh: String, en: String) -> LocalText {
    LocalText { zh, en }
}

pub(super) fn stopped(round: &round::Model) -> Option<LocalText> {
    let zh = round.stopped_zh.clone()?;
    Some(local(zh, round.stopped_en.clone().unwrap_or_default()))
}

pub(super) fn window(round: &round::Model) -> Window {
    Window {
        starts_at_ms: round.starts_at_ms,
        ends_at_ms: round.ends_at_ms,
        stopped: round.stopped_zh.is_some(),
    }
}

fn card(row: &item::Model, product: &product::Model) -> Result<Item, PortError> {
    Ok(Item {
        item_id: ItemId(row.id),
        title: local(product.title_zh.clone(), product.title_en.clone()),
        picture_url: product.picture_url.clone(),
        sale_price: Money(row.sale_price),
        list_price: Money(product.list_price),
        total: counter(row.total)?,
        sellable: counter(row.sellable)?,
    })
}

impl Sql {
    /// Rounds in these states that end after an instant, by start, at most 100.
    pub(super) async fn rounds_of(
        &self,
        from: &DatabaseConnection,
        states: &[round::Status],
        ended_after_ms: i64,
    ) -> Result<Vec<round::Model>, PortError> {
        round::Entity::find()
            .filter(round::Column::Status.is_in(states.iter().copied()))
            .filter(round::Column::EndsAtMs.gt(ended_after_ms))
            .order_by_asc(round::Column::StartsAtMs)
            .order_by_asc(round::Column::Id)
            .limit(ROUNDS)
            .all(from)
            .answer(self)
            .await
    }

    /// The items of rounds, in page order, each with its product.
    pub(super) async fn items_of(
        &self,
        from: &impl ConnectionTrait,
        rounds: impl IntoIterator<Item = Uuid>,
    ) -> Result<Vec<(item::Model, product::Model)>, PortError> {
        let found = item::Entity::find()
            .filter(item::Column::RoundId.is_in(rounds))
            .order_by_asc(item::Column::Sequence)
            .order_by_asc(item::Column::Id)
            .find_also_related(product::Entity)
            .all(from)
            .answer(self)
            .await?;
        let with_product = |(row, product): (item::Model, Option<product::Model>)| {
            let product = product.ok_or_else(|| missing("product", row.product_id))?;
            Ok((row, product))
        };
        found.into_iter().map(with_product).collect()
    }

    async fn rounds_in(
        &self,
        from: &DatabaseConnection,
        now_ms: i64,
    ) -> Result<Arc<Vec<Round>>, PortError> {
        let rounds = self
            .rounds_of(
                from,
                &[round::Status::Approved],
                now_ms - SHOWN_AFTER_END_MS,
            )
            .await?;
        let items = self
            .items_of(from, rounds.iter().map(|round| round.id))
            .await?;
        let mut cards: HashMap<Uuid, Vec<Item>> = HashMap::new();
        for (row, product) in items {
            cards
                .entry(row.round_id)
                .or_default()
                .push(card(&row, &product)?);
        }
        let rounds = rounds.into_iter().map(|row| Round {
            round_id: RoundId(row.id),
            stopped: stopped(&row),
            items: cards.remove(&row.id).unwrap_or_default(),
            title: local(row.title_zh, row.title_en),
            starts_at_ms: row.starts_at_ms,
            ends_at_ms: row.ends_at_ms,
        });
        Ok(Arc::new(rounds.collect()))
    }

    async fn item_in(
        &self,
        from: &DatabaseConnection,
        item_id: ItemId,
    ) -> Result<Option<Arc<ItemDetail>>, PortError> {
        let found = item::Entity::find_by_id(item_id.0)
            .find_also_related(round::Entity)
            .filter(round::Column::Status.eq(round::Status::Approved))
            .one(from)
            .answer(self)
            .await?;
        let Some((row, Some(round))) = found else {
            return Ok(None);
        };
        let product = product::Entity::find_by_id(row.product_id)
            .one(from)
            .answer(self)
            .await?
            .ok_or_else(|| missing("product", row.product_id))?;
        self.detail(&row, product, &round).map(Arc::new).map(Some)
    }

    /// All data for the page of an item.
    pub(super) fn detail(
        &self,
        row: &item::Model,
        product: product::Model,
        round: &round::Model,
    ) -> Result<ItemDetail, PortError> {
        Ok(ItemDetail {
            item: card(row, &product)?,
            description: local(product.description_zh, product.description_en),
            limit_per_buyer: counter(i64::from(row.limit_per_buyer))?,
            pay_window_s: self.pay_window_s(round)?,
            round_id: RoundId(round.id),
            stopped: stopped(round),
            round_title: local(round.title_zh.clone(), round.title_en.clone()),
            starts_at_ms: round.starts_at_ms,
            ends_at_ms: round.ends_at_ms,
        })
    }
}

/// Data for pages comes from the replica, or from the primary when the replica fails: the page
/// cache asks rarely, so the primary can bear it.
#[async_trait]
impl Catalogue for Sql {
    async fn rounds(&self, now_ms: i64) -> Result<Arc<Vec<Round>>, PortError> {
        match self.rounds_in(&self.pages, now_ms).await {
            Err(error) if self.has_replica => {
                tracing::warn!(error = %Chain(&error), "the replica does not answer; the primary is read instead");
                self.rounds_in(&self.read, now_ms).await
            }
            answered => answered,
        }
    }

    async fn item(&self, item_id: ItemId) -> Result<Option<Arc<ItemDetail>>, PortError> {
        match self.item_in(&self.pages, item_id).await {
            Err(error) if self.has_replica => {
                tracing::warn!(error = %Chain(&error), "the replica does not answer; the primary is read instead");
                self.item_in(&self.read, item_id).await
            }
            answered => answered,
        }
    }

    /// From the primary: the gate depends on it.
    async fn sellable_items(&self, now_ms: i64) -> Result<Vec<(ItemId, Window)>, PortError> {
        let items = item::Entity::find()
            .find_also_related(round::Entity)
            .filter(round::Column::Status.eq(round::Status::Approved))
            .filter(round::Column::EndsAtMs.gt(now_ms))
            .order_by_asc(round::Column::StartsAtMs)
            .limit(SELLABLE_ITEMS)
            .all(&self.read)
            .answer(self)
            .await?;
        let of_round = |(row, round): (item::Model, Option<round::Model>)| {
            Some((ItemId(row.id), window(&round?)))
        };
        Ok(items.into_iter().filter_map(of_round).collect())
    }
}
