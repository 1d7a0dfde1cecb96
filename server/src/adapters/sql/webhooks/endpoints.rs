//! [`WebhookEndpoints`] on SQL.

use app::wire::Action;
use async_trait::async_trait;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use crate::{
    adapters::sql::{
        Answer, Duplicate, LedgerError, Sql,
        activity_log::{self, NewActivity},
        entity::{webhook_delivery, webhook_endpoint},
        inconsistent,
    },
    engine::{
        ports::{
            ChangedBy, EndpointChange, PortError, SwitchedOff, WebhookEndpoint, WebhookEndpoints,
            WebhookSecret,
        },
        webhooks::secret,
    },
};

fn secret(shown: &str) -> Result<WebhookSecret, PortError> {
    secret::parse(shown).ok_or_else(|| inconsistent("a malformed webhook secret"))
}

fn endpoint(row: webhook_endpoint::Model) -> Result<WebhookEndpoint, PortError> {
    let old = row.old_secret.as_deref().zip(row.old_secret_until_ms);
    let old_secret = match old {
        Some((shown, until_ms)) => Some((secret(shown)?, until_ms)),
        None => None,
    };
    Ok(WebhookEndpoint {
        endpoint_id: row.id,
        url: row.url,
        // An event that this version does not know is sent by instances of the version that does.
        events: row
            .events
            .split(',')
            .filter_map(|name| name.parse().ok())
            .collect(),
        secret: secret(&row.secret)?,
        old_secret,
        created_at_ms: row.created_at_ms,
        switched_off: row.switched_off_at_ms.map(|at_ms| SwitchedOff {
            at_ms,
            why: row.switched_off_because.unwrap_or_default(),
        }),
        rests_until_ms: row.rests_until_ms,
    })
}

fn row(endpoint: &WebhookEndpoint) -> webhook_endpoint::ActiveModel {
    let names: Vec<_> = endpoint.events.iter().map(|event| event.name()).collect();
    webhook_endpoint::ActiveModel {
        id: Set(endpoint.endpoint_id),
        url: Set(endpoint.url.clone()),
        events: Set(names.join(",")),
        secret: Set(secret::shown(&endpoint.secret)),
        created_at_ms: Set(endpoint.created_at_ms),
        rests_until_ms: Set(endpoint.rests_until_ms),
        ..Default::default()
    }
}

/// The activity log's value for an endpoint: no secret, and only scheme and host of its address, since the rest may
/// contain a key and the log is never shortened.
fn value(row: &webhook_endpoint::Model) -> Value {
    let origin = Url::parse(&row.url).map(|url| url.origin().ascii_serialization());
    json!({
        "origin": origin.unwrap_or_default(),
        "events": row.events,
        "switched_off_at_ms": row.switched_off_at_ms,
    })
}

async fn insert(
    transaction: &DatabaseTransaction,
    endpoint: &WebhookEndpoint,
    most: u32,
    by: &ChangedBy,
) -> Result<bool, LedgerError> {
    let there = webhook_endpoint::Entity::find().count(transaction).await?;
    if there >= u64::from(most) {
        return Ok(false);
    }
    let added = row(endpoint).insert(transaction).await?;
    let activity = NewActivity {
        action: Action::AddWebhook,
        subject_id: endpoint.endpoint_id,
        old_value: None,
        new_value: Some(value(&added)),
    };
    activity_log::add(transaction, by, activity, endpoint.created_at_ms).await?;
    Ok(true)
}

async fn lock(
    transaction: &DatabaseTransaction,
    endpoint_id: Uuid,
) -> Result<Option<webhook_endpoint::Model>, LedgerError> {
    let found = webhook_endpoint::Entity::find_by_id(endpoint_id).lock_exclusive();
    Ok(found.one(transaction).await?)
}

async fn change(
    transaction: &DatabaseTransaction,
    endpoint_id: Uuid,
    change: &EndpointChange,
    by: &ChangedBy,
    now_ms: i64,
) -> Result<bool, LedgerError> {
    let Some(before) = lock(transaction, endpoint_id).await? else {
        return Ok(false);
    };
    let (old_value, old_secret) = (value(&before), before.secret.clone());
    let mut changed = webhook_endpoint::ActiveModel::from(before);
    let action = match change {
        EndpointChange::SwitchOn => {
            changed.switched_off_at_ms = Set(None);
            changed.switched_off_because = Set(None);
            changed.rests_until_ms = Set(0);
            Action::ChangeWebhook
        }
        EndpointChange::SwitchOff(off) => {
            changed.switched_off_at_ms = Set(Some(off.at_ms));
            changed.switched_off_because = Set(Some(off.why.clone()));
            Action::ChangeWebhook
        }
        EndpointChange::Rotate(new, until_ms) => {
            changed.secret = Set(secret::shown(new));
            changed.old_secret = Set(Some(old_secret));
            changed.old_secret_until_ms = Set(Some(*until_ms));
            Action::RotateWebhookSecret
        }
    };
    let changed = changed.update(transaction).await?;
    let activity = NewActivity {
        action,
        subject_id: endpoint_id,
        old_value: Some(old_value),
        new_value: Some(value(&changed)),
    };
    activity_log::add(transaction, by, activity, now_ms).await?;
    Ok(true)
}

async fn remove(
    transaction: &DatabaseTransaction,
    endpoint_id: Uuid,
    by: &ChangedBy,
    now_ms: i64,
) -> Result<bool, LedgerError> {
    let Some(before) = lock(transaction, endpoint_id).await? else {
        return Ok(false);
    };
    webhook_delivery::Entity::delete_many()
        .filter(webhook_delivery::Column::EndpointId.eq(endpoint_id))
        .exec(transaction)
        .await?;
    webhook_endpoint::Entity::delete_by_id(endpoint_id)
        .exec(transaction)
        .await?;
    let activity = NewActivity {
        action: Action::RemoveWebhook,
        subject_id: endpoint_id,
        old_value: Some(value(&before)),
        new_value: None,
    };
    activity_log::add(transaction, by, activity, now_ms).await?;
    Ok(true)
}

#[async_trait]
impl WebhookEndpoints for Sql {
    async fn endpoints(&self) -> Result<Vec<WebhookEndpoint>, PortError> {
        let rows = webhook_endpoint::Entity::find()
            .order_by_asc(webhook_endpoint::Column::Id)
            .all(&self.read)
            .answer(self)
            .await?;
        rows.into_iter().map(endpoint).collect()
    }

    async fn add_endpoint(
        &self,
        endpoint: &WebhookEndpoint,
        most: u32,
        by: &ChangedBy,
    ) -> Result<bool, PortError> {
        let added = self.transact(
            Duplicate::Answer,
            (endpoint, most, by),
            |transaction, &(endpoint, most, by)| Box::pin(insert(transaction, endpoint, most, by)),
        );
        Ok(added.await?)
    }

    async fn change_endpoint(
        &self,
        endpoint_id: Uuid,
        change_to: &EndpointChange,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<bool, PortError> {
        let changed = self.transact(
            Duplicate::Answer,
            (endpoint_id, change_to, by, now_ms),
            |transaction, &(endpoint_id, change_to, by, now_ms)| {
                Box::pin(change(transaction, endpoint_id, change_to, by, now_ms))
            },
        );
        Ok(changed.await?)
    }

    async fn remove_endpoint(
        &self,
        endpoint_id: Uuid,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<bool, PortError> {
        let removed = self.transact(
            Duplicate::Answer,
            (endpoint_id, by, now_ms),
            |transaction, &(endpoint_id, by, now_ms)| {
                Box::pin(remove(transaction, endpoint_id, by, now_ms))
            },
        );
        Ok(removed.await?)
    }
}
