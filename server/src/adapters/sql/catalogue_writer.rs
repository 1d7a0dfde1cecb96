//! [`CatalogueWriter`] on SQL.

use app::wire::RoundId;
use async_trait::async_trait;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, DatabaseTransaction, EntityTrait, PaginatorTrait,
};
use uuid::Uuid;

use super::{
    Answer, Duplicate, LedgerError, Sql,
    entity::{item, product, round},
};
use crate::engine::ports::{CatalogueWriter, NewItem, NewRound, PortError};

#[async_trait]
impl CatalogueWriter for Sql {
    async fn is_empty(&self) -> Result<bool, PortError> {
        let rounds = round::Entity::find().count(&self.read).answer(self).await?;
        Ok(rounds == 0)
    }

    async fn add_round(&self, new: &NewRound) -> Result<(), PortError> {
        let added = self.transact(Duplicate::Answer, new, |transaction, new| {
            Box::pin(insert_round(transaction, new))
        });
        Ok(added.await?)
    }
}

async fn insert_round(
    transaction: &DatabaseTransaction,
    new: &NewRound,
) -> Result<(), LedgerError> {
    round_row(new).insert(transaction).await?;
    for (sequence, new_item) in (0..).zip(&new.items) {
        let known = product::Entity::find_by_id(new_item.product_id.0)
            .one(transaction)
            .await?;
        if known.is_none() {
            product_row(new_item).insert(transaction).await?;
        }
        let row = item_row(new.round_id, sequence, new_item);
        row.insert(transaction).await?;
    }
    Ok(())
}

fn round_row(new: &NewRound) -> round::ActiveModel {
    round::ActiveModel {
        id: Set(new.round_id.0),
        title_zh: Set(new.title.zh.clone()),
        title_en: Set(new.title.en.clone()),
        starts_at_ms: Set(new.starts_at_ms),
        ends_at_ms: Set(new.ends_at_ms),
        status: Set(round::Status::Approved),
        stopped_zh: Set(new.stopped.as_ref().map(|words| words.zh.clone())),
        stopped_en: Set(new.stopped.as_ref().map(|words| words.en.clone())),
        pay_window_s: Set(new.pay_window_s.map(u32::cast_signed)),
    }
}

fn item_row(round_id: RoundId, sequence: i32, new: &NewItem) -> item::ActiveModel {
    item::ActiveModel {
        id: Set(new.item_id.0),
        round_id: Set(round_id.0),
        product_id: Set(new.product_id.0),
        sequence: Set(sequence),
        sale_price: Set(new.sale_price.0),
        limit_per_buyer: Set(1),
        total: Set(i64::from(new.stock)),
        sellable: Set(i64::from(new.stock)),
        locked: Set(0),
        sold: Set(0),
        segments: Set(new.segments.into()),
        gate_epoch: Set(None::<Uuid>),
    }
}

fn product_row(new: &NewItem) -> product::ActiveModel {
    product::ActiveModel {
        id: Set(new.product_id.0),
        title_zh: Set(new.title.zh.clone()),
        title_en: Set(new.title.en.clone()),
        description_zh: Set(new.description.zh.clone()),
        description_en: Set(new.description.en.clone()),
        picture_url: Set(new.picture_url.clone()),
        list_price: Set(new.list_price.0),
    }
}
