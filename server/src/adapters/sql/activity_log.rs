//! [`ActivityLog`] on SQL, and adding to the log inside the transaction of a change.

use app::wire::{AccountId, Action, Activity, ActivityQuery};
use async_trait::async_trait;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use serde_json::Value;
use uuid::Uuid;

use super::{
    Answer, Duplicate, LedgerError, Sql,
    entity::{activity, activity_end},
    inconsistent,
    words::{parsed, word},
};
use crate::engine::{
    activity_log::chained,
    ports::{ActivityLog, ChainEnd, ChangedBy, PortError},
};

/// A new entry.
pub struct NewActivity {
    pub action: Action,
    /// The id of a round, an order or an account.
    pub subject_id: Uuid,
    pub old_value: Option<Value>,
    pub new_value: Option<Value>,
}

/// Adds to the log. Call it last in a transaction: it locks the log's end until the commit.
pub async fn add(
    transaction: &DatabaseTransaction,
    by: &ChangedBy,
    new: NewActivity,
    now_ms: i64,
) -> Result<(), LedgerError> {
    let end = activity_end::Entity::find_by_id(activity_end::ID)
        .lock_exclusive()
        .one(transaction)
        .await?
        .ok_or_else(|| inconsistent("the end of the activity log is missing"))?;
    let json = |value: Option<Value>| value.map(|value| value.to_string());
    let mut entry = Activity {
        number: number(end.number)? + 1,
        at_ms: now_ms,
        account_id: by.account_id,
        name: by.name.clone(),
        address: by.address.map(|address| address.to_string()),
        action: new.action,
        subject_id: new.subject_id,
        old_value: json(new.old_value),
        new_value: json(new.new_value),
        reason: by.reason.clone(),
        hash: String::new(),
    };
    entry.hash = chained(&end.hash, &entry);
    let moved = activity_end::ActiveModel {
        id: Set(activity_end::ID),
        number: Set(end.number + 1),
        hash: Set(entry.hash.clone()),
    };
    row(entry)?.insert(transaction).await?;
    moved.update(transaction).await?;
    Ok(())
}

fn number(stored: i64) -> Result<u64, PortError> {
    u64::try_from(stored).map_err(|_| inconsistent(format!("activity number {stored}")))
}

fn row(entry: Activity) -> Result<activity::ActiveModel, PortError> {
    Ok(activity::ActiveModel {
        number: Set(entry.number.cast_signed()),
        at_ms: Set(entry.at_ms),
        account_id: Set(entry.account_id.map(|id| id.0)),
        name: Set(entry.name),
        address: Set(entry.address),
        action: Set(word(&entry.action)?),
        subject_id: Set(entry.subject_id),
        old_value: Set(entry.old_value),
        new_value: Set(entry.new_value),
        reason: Set(entry.reason),
        hash: Set(entry.hash),
    })
}

fn entry(row: activity::Model) -> Result<Activity, PortError> {
    Ok(Activity {
        number: number(row.number)?,
        at_ms: row.at_ms,
        account_id: row.account_id.map(AccountId),
        name: row.name,
        address: row.address,
        action: parsed(&row.action)?,
        subject_id: row.subject_id,
        old_value: row.old_value,
        new_value: row.new_value,
        reason: row.reason,
        hash: row.hash,
    })
}

#[async_trait]
impl ActivityLog for Sql {
    async fn activities(
        &self,
        query: &ActivityQuery,
        limit: u32,
    ) -> Result<Vec<Activity>, PortError> {
        let mut found = activity::Entity::find();
        if let Some(AccountId(id)) = query.account_id {
            found = found.filter(activity::Column::AccountId.eq(id));
        }
        if let Some(id) = query.subject_id {
            found = found.filter(activity::Column::SubjectId.eq(id));
        }
        if let Some(before) = query.before {
            let before = i64::try_from(before).unwrap_or(i64::MAX);
            found = found.filter(activity::Column::Number.lt(before));
        }
        let rows = found
            .order_by_desc(activity::Column::Number)
            .limit(u64::from(limit))
            .all(&self.read)
            .answer(self)
            .await?;
        rows.into_iter().map(entry).collect()
    }

    async fn activities_after(&self, after: u64, limit: u32) -> Result<Vec<Activity>, PortError> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let rows = activity::Entity::find()
            .filter(activity::Column::Number.gt(after))
            .order_by_asc(activity::Column::Number)
            .limit(u64::from(limit))
            .all(&self.read)
            .answer(self)
            .await?;
        rows.into_iter().map(entry).collect()
    }

    async fn note(
        &self,
        action: Action,
        subject_id: Uuid,
        what: Value,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<(), PortError> {
        let noted = self.transact(
            Duplicate::Answer,
            (action, subject_id, what, by, now_ms),
            |transaction, (action, subject_id, what, by, now_ms)| {
                let new = NewActivity {
                    action: *action,
                    subject_id: *subject_id,
                    old_value: None,
                    new_value: Some(what.clone()),
                };
                Box::pin(add(transaction, by, new, *now_ms))
            },
        );
        Ok(noted.await?)
    }

    async fn chain_end(&self) -> Result<ChainEnd, PortError> {
        let end = activity_end::Entity::find_by_id(activity_end::ID)
            .one(&self.read)
            .answer(self)
            .await?
            .ok_or_else(|| inconsistent("the end of the activity log is missing"))?;
        Ok(ChainEnd {
            number: number(end.number)?,
            hash: end.hash,
        })
    }
}
