//! [`CatalogueWriter`] on SQL.

use std::collections::HashMap;

use app::wire::{AccountId, Action, ItemId, LocalText, Money, ProductId, RoundId, RoundState};
use async_trait::async_trait;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use serde_json::json;
use uuid::Uuid;

use super::{
    Answer, Duplicate, LedgerError, Sql,
    activity_log::{self, NewActivity},
    catalogue::{local, stopped},
    counter,
    entity::{item, product, round},
    inconsistent,
};
use crate::engine::ports::{
    AddedRow, CatalogueWriter, ChangedBy, NewItem, NewRound, PortError, Product, Review,
    ReviewState, Reviewed,
};

#[async_trait]
impl CatalogueWriter for Sql {
    async fn is_empty(&self) -> Result<bool, PortError> {
        let rounds = round::Entity::find().count(&self.read).answer(self).await?;
        Ok(rounds == 0)
    }

    async fn round(&self, round_id: RoundId) -> Result<Option<NewRound>, PortError> {
        let found = round::Entity::find_by_id(round_id.0).one(&self.read);
        let Some(round) = found.answer(self).await? else {
            return Ok(None);
        };
        let items = self.items_of(&self.read, [round_id.0]).await?;
        written_round(round, items).map(Some)
    }

    async fn add_round(
        &self,
        new: &NewRound,
        state: RoundState,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<AddedRow, PortError> {
        // Runs again if another transaction has written the round or one of its products.
        let added = self.transact(
            Duplicate::Again,
            (new, state, by, now_ms),
            |transaction, &(new, state, by, now_ms)| {
                Box::pin(async move {
                    let added = insert_round(transaction, new, state, by, now_ms).await?;
                    if added == AddedRow::Added {
                        let activity = round_activity(new, state);
                        activity_log::add(transaction, by, activity, now_ms).await?;
                    }
                    Ok(added)
                })
            },
        );
        Ok(added.await?)
    }

    async fn review_state(&self, round_id: RoundId) -> Result<Option<ReviewState>, PortError> {
        let found = round::Entity::find_by_id(round_id.0).one(&self.read);
        let review_state = |row: round::Model| {
            Ok(ReviewState {
                state: state(row.status)?,
                prepared_by: row.prepared_by.map(AccountId),
            })
        };
        found.answer(self).await?.map(review_state).transpose()
    }

    async fn review(
        &self,
        round_id: RoundId,
        review: Review,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<Reviewed, PortError> {
        let reviewed = self.transact(
            Duplicate::Answer,
            (round_id, review, by, now_ms),
            |transaction, &(round_id, review, by, now_ms)| {
                Box::pin(update_status(transaction, round_id, review, by, now_ms))
            },
        );
        Ok(reviewed.await?)
    }

    async fn set_stopped(
        &self,
        round_id: RoundId,
        words: Option<&LocalText>,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<Option<Vec<ItemId>>, PortError> {
        let set = self.transact(
            Duplicate::Answer,
            (round_id, words, by, now_ms),
            |transaction, &(round_id, words, by, now_ms)| {
                Box::pin(async move {
                    let Some(before) = lock_round(transaction, round_id).await? else {
                        return Ok(None);
                    };
                    let items = update_stopped(transaction, round_id, words).await?;
                    if stopped(&before).as_ref() != words {
                        let activity = stop_activity(&before, words);
                        activity_log::add(transaction, by, activity, now_ms).await?;
                    }
                    Ok(Some(items))
                })
            },
        );
        Ok(set.await?)
    }
}

/// The round in the engine's form.
pub(super) fn written_round(
    row: round::Model,
    items: Vec<(item::Model, product::Model)>,
) -> Result<NewRound, PortError> {
    let items = items
        .into_iter()
        .map(|(row, product)| written_item(&row, product));
    Ok(NewRound {
        round_id: RoundId(row.id),
        stopped: stopped(&row),
        title: local(row.title_zh, row.title_en),
        starts_at_ms: row.starts_at_ms,
        ends_at_ms: row.ends_at_ms,
        pay_window_s: row.pay_window_s.map(i64::from).map(counter).transpose()?,
        items: items.collect::<Result<_, PortError>>()?,
    })
}

pub(super) fn state(status: round::Status) -> Result<RoundState, PortError> {
    match status {
        round::Status::Submitted => Ok(RoundState::Submitted),
        round::Status::Approved => Ok(RoundState::Approved),
        round::Status::Rejected => Ok(RoundState::SentBack),
        round::Status::Draft => Err(inconsistent("a round is stored as a draft")),
    }
}

fn status(state: RoundState) -> round::Status {
    match state {
        RoundState::Submitted => round::Status::Submitted,
        RoundState::Approved => round::Status::Approved,
        RoundState::SentBack => round::Status::Rejected,
    }
}

async fn update_status(
    transaction: &DatabaseTransaction,
    round_id: RoundId,
    review: Review,
    by: &ChangedBy,
    now_ms: i64,
) -> Result<Reviewed, LedgerError> {
    let Some(before) = lock_round(transaction, round_id).await? else {
        return Ok(Reviewed::NotFound);
    };
    if before.status != round::Status::Submitted {
        return Ok(Reviewed::NotWaiting);
    }
    let (after, action, because) = match review {
        Review::Approve => (RoundState::Approved, Action::ApproveRound, None),
        Review::SendBack => (
            RoundState::SentBack,
            Action::SendBackRound,
            by.reason.clone(),
        ),
    };
    round::Entity::update_many()
        .col_expr(round::Column::Status, Expr::value(status(after)))
        .col_expr(round::Column::SentBackBecause, Expr::value(because))
        .filter(round::Column::Id.eq(round_id.0))
        .exec(transaction)
        .await?;
    let activity = NewActivity {
        action,
        subject_id: round_id.0,
        old_value: Some(json!({ "state": RoundState::Submitted })),
        new_value: Some(json!({ "state": after })),
    };
    activity_log::add(transaction, by, activity, now_ms).await?;
    Ok(Reviewed::Done)
}

/// The log entry of a new round: enough to recognise it.
fn round_activity(new: &NewRound, state: RoundState) -> NewActivity {
    let units: u64 = new.items.iter().map(|item| u64::from(item.stock)).sum();
    NewActivity {
        action: match state {
            RoundState::Approved => Action::AddRound,
            _ => Action::SubmitRound,
        },
        subject_id: new.round_id.0,
        old_value: None,
        new_value: Some(json!({
            "title": new.title,
            "starts_at_ms": new.starts_at_ms,
            "ends_at_ms": new.ends_at_ms,
            "items": new.items.len(),
            "units": units,
        })),
    }
}

fn stop_activity(before: &round::Model, words: Option<&LocalText>) -> NewActivity {
    NewActivity {
        action: match words {
            Some(_) => Action::StopRound,
            None => Action::ResumeRound,
        },
        subject_id: before.id,
        old_value: Some(json!({ "stopped": stopped(before) })),
        new_value: Some(json!({ "stopped": words })),
    }
}

/// Reads the round and locks it until the transaction ends.
async fn lock_round(
    transaction: &DatabaseTransaction,
    round_id: RoundId,
) -> Result<Option<round::Model>, LedgerError> {
    let found = round::Entity::find_by_id(round_id.0).lock_exclusive();
    Ok(found.one(transaction).await?)
}

async fn update_stopped(
    transaction: &DatabaseTransaction,
    round_id: RoundId,
    words: Option<&LocalText>,
) -> Result<Vec<ItemId>, LedgerError> {
    round::Entity::update_many()
        .col_expr(
            round::Column::StoppedZh,
            Expr::value(words.map(|words| words.zh.clone())),
        )
        .col_expr(
            round::Column::StoppedEn,
            Expr::value(words.map(|words| words.en.clone())),
        )
        .filter(round::Column::Id.eq(round_id.0))
        .exec(transaction)
        .await?;
    let items = item::Entity::find()
        .filter(item::Column::RoundId.eq(round_id.0))
        .order_by_asc(item::Column::Sequence)
        .all(transaction)
        .await?;
    Ok(items.into_iter().map(|row| ItemId(row.id)).collect())
}

fn written_item(row: &item::Model, product: product::Model) -> Result<NewItem, PortError> {
    let product = written_product(product);
    Ok(NewItem {
        item_id: ItemId(row.id),
        product_id: product.product_id,
        title: product.title,
        description: product.description,
        picture_url: product.picture_url,
        list_price: product.list_price,
        sale_price: Money(row.sale_price),
        stock: counter(row.total)?,
        segments: u8::try_from(row.segments)
            .map_err(|_| inconsistent("an invalid number of segments of an item"))?,
    })
}

fn written_product(row: product::Model) -> Product {
    Product {
        product_id: ProductId(row.id),
        title: local(row.title_zh, row.title_en),
        description: local(row.description_zh, row.description_en),
        picture_url: row.picture_url,
        list_price: Money(row.list_price),
    }
}

async fn insert_round(
    transaction: &DatabaseTransaction,
    new: &NewRound,
    state: RoundState,
    by: &ChangedBy,
    now_ms: i64,
) -> Result<AddedRow, LedgerError> {
    let known = round::Entity::find_by_id(new.round_id.0);
    if known.one(transaction).await?.is_some() {
        return Ok(AddedRow::Exists);
    }
    let ids = new.items.iter().map(|item| item.product_id.0);
    let known = product::Entity::find().filter(product::Column::Id.is_in(ids));
    let known = known.all(transaction).await?.into_iter();
    let mut products: HashMap<_, _> = known
        .map(written_product)
        .map(|product| (product.product_id, product))
        .collect();
    let is_other = |item: &&NewItem| {
        let known = products.get(&item.product_id);
        known.is_some_and(|known| *known != item.product())
    };
    if let Some(item) = new.items.iter().find(is_other) {
        return Ok(AddedRow::OtherProduct(item.product_id));
    }
    round_row(new, state, by).insert(transaction).await?;
    for (sequence, item) in (0..).zip(&new.items) {
        if products.insert(item.product_id, item.product()).is_none() {
            product_row(item, now_ms).insert(transaction).await?;
        }
        let row = item_row(new.round_id, sequence, item);
        row.insert(transaction).await?;
    }
    Ok(AddedRow::Added)
}

fn round_row(new: &NewRound, state: RoundState, by: &ChangedBy) -> round::ActiveModel {
    round::ActiveModel {
        id: Set(new.round_id.0),
        title_zh: Set(new.title.zh.clone()),
        title_en: Set(new.title.en.clone()),
        starts_at_ms: Set(new.starts_at_ms),
        ends_at_ms: Set(new.ends_at_ms),
        status: Set(status(state)),
        stopped_zh: Set(new.stopped.as_ref().map(|words| words.zh.clone())),
        stopped_en: Set(new.stopped.as_ref().map(|words| words.en.clone())),
        pay_window_s: Set(new.pay_window_s.map(u32::cast_signed)),
        prepared_by: Set(by.account_id.map(|id| id.0)),
        prepared_by_name: Set(by.account_id.map(|_| by.name.clone())),
        sent_back_because: Set(None),
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

fn product_row(new: &NewItem, now_ms: i64) -> product::ActiveModel {
    product::ActiveModel {
        id: Set(new.product_id.0),
        title_zh: Set(new.title.zh.clone()),
        title_en: Set(new.title.en.clone()),
        description_zh: Set(new.description.zh.clone()),
        description_en: Set(new.description.en.clone()),
        picture_url: Set(new.picture_url.clone()),
        list_price: Set(new.list_price.0),
        added_at_ms: Set(now_ms),
        archived_at_ms: Set(None),
    }
}
