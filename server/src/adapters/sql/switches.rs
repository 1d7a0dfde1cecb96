//! [`Switches`] on SQL.

use app::wire::{AccountId, Action, SetSwitch, Switch};
use async_trait::async_trait;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, DatabaseTransaction, EntityTrait, ModelTrait, QuerySelect,
};
use serde_json::{Value, json};

use super::{
    Answer, Duplicate, LedgerError, Sql,
    activity_log::{self, NewActivity},
    entity::switch,
    words::parsed,
};
use crate::engine::ports::{ChangedBy, PortError, Switches};

fn set_switch(row: switch::Model) -> Result<SetSwitch, PortError> {
    Ok(SetSwitch {
        switch: parsed(&row.switch)?,
        set_by: row.set_by.map(AccountId),
        set_by_name: row.set_by_name,
        reason: row.reason,
        set_at_ms: row.set_at_ms,
        ends_at_ms: row.ends_at_ms,
    })
}

fn row(set: &SetSwitch) -> switch::ActiveModel {
    switch::ActiveModel {
        switch: Set(set.switch.code().to_owned()),
        set_by: Set(set.set_by.map(|id| id.0)),
        set_by_name: Set(set.set_by_name.clone()),
        reason: Set(set.reason.clone()),
        set_at_ms: Set(set.set_at_ms),
        ends_at_ms: Set(set.ends_at_ms),
    }
}

/// The activity log's value for a switch that ends then; null for one that is not set.
fn value(code: &str, ends_at_ms: Option<i64>) -> Value {
    json!({ "switch": code, "ends_at_ms": ends_at_ms })
}

async fn lock(
    transaction: &DatabaseTransaction,
    switch: Switch,
) -> Result<Option<switch::Model>, LedgerError> {
    let found = switch::Entity::find_by_id(switch.code()).lock_exclusive();
    Ok(found.one(transaction).await?)
}

async fn write(
    transaction: &DatabaseTransaction,
    set: &SetSwitch,
    by: &ChangedBy,
) -> Result<(), LedgerError> {
    let code = set.switch.code();
    let before = lock(transaction, set.switch).await?;
    match &before {
        Some(_) => row(set).update(transaction).await.map(drop)?,
        None => row(set).insert(transaction).await.map(drop)?,
    }
    let activity = NewActivity {
        action: Action::SetSwitch,
        subject_id: set.switch.subject_id(),
        old_value: before.map(|before| value(code, Some(before.ends_at_ms))),
        new_value: Some(value(code, Some(set.ends_at_ms))),
    };
    activity_log::add(transaction, by, activity, set.set_at_ms).await
}

/// Removes an expired switch without a log entry: no person did it.
async fn remove(
    transaction: &DatabaseTransaction,
    switch: Switch,
    by: &ChangedBy,
    now_ms: i64,
) -> Result<bool, LedgerError> {
    let Some(before) = lock(transaction, switch).await? else {
        return Ok(false);
    };
    let ends_at_ms = before.ends_at_ms;
    before.delete(transaction).await?;
    if ends_at_ms <= now_ms {
        return Ok(false);
    }
    let activity = NewActivity {
        action: Action::ClearSwitch,
        subject_id: switch.subject_id(),
        old_value: Some(value(switch.code(), Some(ends_at_ms))),
        new_value: Some(value(switch.code(), None)),
    };
    activity_log::add(transaction, by, activity, now_ms).await?;
    Ok(true)
}

#[async_trait]
impl Switches for Sql {
    async fn all(&self) -> Result<Vec<SetSwitch>, PortError> {
        let rows = switch::Entity::find().all(&self.read).answer(self).await?;
        // A switch that this version does not know is not in effect here.
        Ok(rows
            .into_iter()
            .filter_map(|row| set_switch(row).ok())
            .collect())
    }

    async fn set(&self, set: &SetSwitch, by: &ChangedBy) -> Result<(), PortError> {
        // Runs again if another transaction has set it for the first time.
        let written = self.transact(Duplicate::Again, (set, by), |transaction, &(set, by)| {
            Box::pin(write(transaction, set, by))
        });
        Ok(written.await?)
    }

    async fn clear(&self, switch: Switch, by: &ChangedBy, now_ms: i64) -> Result<bool, PortError> {
        let cleared = self.transact(
            Duplicate::Answer,
            (switch, by, now_ms),
            |transaction, &(switch, by, now_ms)| Box::pin(remove(transaction, switch, by, now_ms)),
        );
        Ok(cleared.await?)
    }
}
