//! [`AccountWriter`] on SQL.

use app::wire::{AccountId, Action};
use async_trait::async_trait;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use serde_json::json;

use super::{
    Answer, Duplicate, LedgerError, Sql,
    accounts::{self, replace_password},
    activity_log::{self, NewActivity},
    entity::{account, login_token},
};
use crate::engine::ports::{
    Account, AccountWriter, ChangedBy, InsertAccountError, PortError, TokenHash,
};

/// Rows per `INSERT`: below every database's limit of bind parameters.
const CHUNK: usize = 1000;
/// Most staff that are read: no shop has more.
const STAFF: u64 = 1_000;

fn staff_activity(account: &Account) -> NewActivity {
    NewActivity {
        action: Action::AddStaff,
        subject_id: account.account_id.0,
        old_value: None,
        new_value: Some(json!({ "role": account.role, "nickname": account.nickname })),
    }
}

async fn reset(
    transaction: &DatabaseTransaction,
    account_id: AccountId,
    new_hash: &str,
    by: &ChangedBy,
    now_ms: i64,
) -> Result<bool, LedgerError> {
    if !replace_password(transaction, account_id, None, new_hash).await? {
        return Ok(false);
    }
    let activity = NewActivity {
        action: Action::ResetPassword,
        subject_id: account_id.0,
        old_value: None,
        new_value: None,
    };
    activity_log::add(transaction, by, activity, now_ms).await?;
    Ok(true)
}

#[async_trait]
impl AccountWriter for Sql {
    async fn add_accounts(
        &self,
        accounts: &[Account],
        by: &ChangedBy,
    ) -> Result<(), InsertAccountError> {
        for chunk in accounts.chunks(CHUNK) {
            let added = self.transact(
                Duplicate::Answer,
                (chunk, by),
                |transaction, &(chunk, by)| {
                    Box::pin(async move {
                        account::Entity::insert_many(chunk.iter().map(accounts::to_row))
                            .exec_without_returning(transaction)
                            .await?;
                        for account in chunk.iter().filter(|account| account.role.is_staff()) {
                            let activity = staff_activity(account);
                            let at_ms = account.created_at_ms;
                            activity_log::add(transaction, by, activity, at_ms).await?;
                        }
                        Ok(())
                    })
                },
            );
            added.await.map_err(accounts::insert_error)?;
        }
        Ok(())
    }

    async fn add_log_ins(
        &self,
        log_ins: &[(TokenHash, AccountId)],
        expires_at_ms: i64,
    ) -> Result<(), PortError> {
        let row = |(token, account_id): &(TokenHash, AccountId)| login_token::ActiveModel {
            token_hash: Set(token.0.clone()),
            account_id: Set(account_id.0),
            signed_in_at_ms: Set(0),
            used_at_ms: Set(0),
            expires_at_ms: Set(expires_at_ms),
            max_expires_at_ms: Set(expires_at_ms),
            ip: Set(String::new()),
            device: Set(String::new()),
        };
        for chunk in log_ins.chunks(CHUNK) {
            let rows: Vec<_> = chunk.iter().map(row).collect();
            let added = self.transact(Duplicate::Answer, rows, |transaction, rows| {
                Box::pin(async move {
                    login_token::Entity::insert_many(rows.clone())
                        .exec_without_returning(transaction)
                        .await?;
                    Ok(())
                })
            });
            added.await?;
        }
        Ok(())
    }

    async fn staff(&self) -> Result<Vec<Account>, PortError> {
        let rows = account::Entity::find()
            .filter(account::Column::Role.ne(account::Role::Buyer))
            .order_by_asc(account::Column::Role)
            .order_by_asc(account::Column::Nickname)
            .limit(STAFF)
            .all(&self.read)
            .answer(self)
            .await?;
        rows.into_iter().map(accounts::from_row).collect()
    }

    async fn reset_password(
        &self,
        account_id: AccountId,
        new_hash: &str,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<bool, PortError> {
        let reset = self.transact(
            Duplicate::Answer,
            (account_id, new_hash, by, now_ms),
            |transaction, &(account_id, new_hash, by, now_ms)| {
                Box::pin(reset(transaction, account_id, new_hash, by, now_ms))
            },
        );
        Ok(reset.await?)
    }

    async fn count(&self) -> Result<u64, PortError> {
        account::Entity::find().count(&self.read).answer(self).await
    }
}
