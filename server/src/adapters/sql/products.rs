//! [`Products`] and [`Pictures`] on SQL.

use app::wire::{Action, ListedProduct, Money, PictureSize, ProductId, ProductQuery};
use async_trait::async_trait;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, ExprTrait, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, Func, LikeExpr},
};
use serde_json::json;
use uuid::Uuid;

use super::{
    Answer, Duplicate, LedgerError, Sql,
    activity_log::{self, NewActivity},
    catalogue::local,
    entity::{picture, product},
};
use crate::engine::ports::{AddedPicture, ChangedBy, NewPicture, Pictures, PortError, Products};

fn listed(row: product::Model) -> ListedProduct {
    ListedProduct {
        product_id: ProductId(row.id),
        title: local(row.title_zh, row.title_en),
        description: local(row.description_zh, row.description_en),
        picture_url: row.picture_url,
        list_price: Money(row.list_price),
        archived_at_ms: row.archived_at_ms,
    }
}

/// Whether a column contains these words, ignoring case; SQLite ignores case only in English, and compares other
/// words as typed.
fn holds(column: product::Column, words: &str) -> Condition {
    let column = Expr::col((product::Entity, column));
    let in_small = Expr::from(Func::lower(column.clone()));
    Condition::any()
        .add(in_small.like(pattern(&words.to_lowercase())))
        .add(column.like(pattern(words)))
}

fn pattern(words: &str) -> LikeExpr {
    let mut pattern = String::from("%");
    for c in words.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    LikeExpr::new(pattern).escape('!')
}

#[async_trait]
impl Products for Sql {
    async fn products(
        &self,
        query: &ProductQuery,
        limit: u32,
    ) -> Result<Vec<ListedProduct>, PortError> {
        let mut found = product::Entity::find();
        found = match query.archived {
            true => found.filter(product::Column::ArchivedAtMs.is_not_null()),
            false => found.filter(product::Column::ArchivedAtMs.is_null()),
        };
        let words = query.search.as_deref().map(str::trim);
        if let Some(words) = words.filter(|words| !words.is_empty()) {
            let either = Condition::any()
                .add(holds(product::Column::TitleZh, words))
                .add(holds(product::Column::TitleEn, words));
            found = found.filter(either);
        }
        if let Some(ProductId(before)) = query.before {
            let last = product::Entity::find_by_id(before)
                .one(&self.read)
                .answer(self)
                .await?;
            let Some(last) = last else {
                return Ok(Vec::new());
            };
            let earlier = Condition::any()
                .add(product::Column::AddedAtMs.lt(last.added_at_ms))
                .add(
                    product::Column::AddedAtMs
                        .eq(last.added_at_ms)
                        .and(product::Column::Id.lt(last.id)),
                );
            found = found.filter(earlier);
        }
        let rows = found
            .order_by_desc(product::Column::AddedAtMs)
            .order_by_desc(product::Column::Id)
            .limit(u64::from(limit))
            .all(&self.read)
            .answer(self)
            .await?;
        Ok(rows.into_iter().map(listed).collect())
    }

    async fn product(&self, product_id: ProductId) -> Result<Option<ListedProduct>, PortError> {
        let found = product::Entity::find_by_id(product_id.0).one(&self.read);
        Ok(found.answer(self).await?.map(listed))
    }

    async fn set_archived(
        &self,
        product_id: ProductId,
        archived: bool,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<bool, PortError> {
        let set = self.transact(
            Duplicate::Answer,
            (product_id, archived, by, now_ms),
            |transaction, &(product_id, archived, by, now_ms)| {
                Box::pin(set_archived(transaction, product_id, archived, by, now_ms))
            },
        );
        Ok(set.await?)
    }
}

async fn set_archived(
    transaction: &DatabaseTransaction,
    product_id: ProductId,
    archived: bool,
    by: &ChangedBy,
    now_ms: i64,
) -> Result<bool, LedgerError> {
    let found = product::Entity::find_by_id(product_id.0)
        .lock_exclusive()
        .one(transaction)
        .await?;
    let Some(before) = found else {
        return Ok(false);
    };
    if before.archived_at_ms.is_some() == archived {
        return Ok(true);
    }
    let at_ms = archived.then_some(now_ms);
    product::Entity::update_many()
        .col_expr(product::Column::ArchivedAtMs, Expr::value(at_ms))
        .filter(product::Column::Id.eq(product_id.0))
        .exec(transaction)
        .await?;
    let activity = NewActivity {
        action: match archived {
            true => Action::ArchiveProduct,
            false => Action::RestoreProduct,
        },
        subject_id: product_id.0,
        old_value: Some(json!({ "archived_at_ms": before.archived_at_ms })),
        new_value: Some(json!({ "archived_at_ms": at_ms })),
    };
    activity_log::add(transaction, by, activity, now_ms).await?;
    Ok(true)
}

#[async_trait]
impl Pictures for Sql {
    async fn add_picture(
        &self,
        picture: &NewPicture,
        most: u64,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<AddedPicture, PortError> {
        // Runs again if another transaction has added the same picture.
        let added = self.transact(
            Duplicate::Again,
            (picture, most, by, now_ms),
            |transaction, &(picture, most, by, now_ms)| {
                Box::pin(insert_picture(transaction, picture, most, by, now_ms))
            },
        );
        Ok(added.await?)
    }

    async fn picture(&self, hash: &str, size: PictureSize) -> Result<Option<Vec<u8>>, PortError> {
        let column = match size {
            PictureSize::Small => picture::Column::Small,
            PictureSize::Large => picture::Column::Large,
        };
        picture::Entity::find_by_id(hash)
            .select_only()
            .column(column)
            .into_tuple()
            .one(&self.read)
            .answer(self)
            .await
    }
}

async fn insert_picture(
    transaction: &DatabaseTransaction,
    new: &NewPicture,
    most: u64,
    by: &ChangedBy,
    now_ms: i64,
) -> Result<AddedPicture, LedgerError> {
    let same = picture::Entity::find_by_id(&new.hash).count(transaction);
    if same.await? > 0 {
        return Ok(AddedPicture::Exists);
    }
    if picture::Entity::find().count(transaction).await? >= most {
        return Ok(AddedPicture::TooMany);
    }
    let row = picture::ActiveModel {
        hash: Set(new.hash.clone()),
        small: Set(new.small.clone()),
        large: Set(new.large.clone()),
        added_at_ms: Set(now_ms),
        added_by: Set(by.account_id.map(|id| id.0)),
    };
    row.insert(transaction).await?;
    let activity = NewActivity {
        action: Action::AddPicture,
        subject_id: subject(&new.hash),
        old_value: None,
        new_value: Some(json!({ "hash": new.hash })),
    };
    activity_log::add(transaction, by, activity, now_ms).await?;
    Ok(AddedPicture::Added)
}

/// The picture's id in the activity log: the first half of its hash.
fn subject(hash: &str) -> Uuid {
    let half = hash.get(..32).and_then(|half| half.parse().ok());
    half.unwrap_or_default()
}
