//! [`SecondFactors`] on SQL. Codes are accepted once, by a conditional update.

use app::wire::{AccountId, Action};
use async_trait::async_trait;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, ExprTrait,
    ModelTrait, QueryFilter, QuerySelect, sea_query::Expr,
};

use super::{
    Answer, Duplicate, LedgerError, Sql,
    activity_log::{self, NewActivity},
    entity::second_factor::{ActiveModel, Column, Entity, Model},
    inconsistent,
};
use crate::{
    engine::ports::{ChangedBy, FactorSecret, PortError, SecondFactors, StoredFactor, TokenHash},
    hex,
};

fn stored(row: Model) -> Result<StoredFactor, PortError> {
    let secret = hex::bytes(&row.secret);
    Ok(StoredFactor {
        secret: FactorSecret(
            secret.ok_or_else(|| inconsistent("a malformed secret of a second factor"))?,
        ),
        begun_by: TokenHash(row.begun_by),
        begun_at_ms: row.begun_at_ms,
        set_at_ms: row.set_at_ms,
        last_step: row.last_step,
        used_codes: row.used_codes.cast_unsigned(),
    })
}

async fn begin(
    transaction: &DatabaseTransaction,
    account_id: AccountId,
    secret: &FactorSecret,
    begun_by: &TokenHash,
    now_ms: i64,
) -> Result<bool, LedgerError> {
    let found = Entity::find_by_id(account_id.0)
        .lock_exclusive()
        .one(transaction)
        .await?;
    let row = ActiveModel {
        account_id: Set(account_id.0),
        secret: Set(hex::digits(&secret.0)),
        begun_by: Set(begun_by.0.clone()),
        begun_at_ms: Set(now_ms),
        set_at_ms: Set(None),
        last_step: Set(0),
        used_codes: Set(0),
    };
    match found {
        Some(set) if set.set_at_ms.is_some() => return Ok(false),
        Some(_) => row.update(transaction).await.map(drop)?,
        None => row.insert(transaction).await.map(drop)?,
    }
    Ok(true)
}

async fn remove(
    transaction: &DatabaseTransaction,
    account_id: AccountId,
    by: Option<&ChangedBy>,
    now_ms: i64,
) -> Result<bool, LedgerError> {
    let found = Entity::find_by_id(account_id.0)
        .lock_exclusive()
        .one(transaction)
        .await?;
    let Some(found) = found else {
        return Ok(false);
    };
    found.delete(transaction).await?;
    if let Some(by) = by {
        let activity = NewActivity {
            action: Action::RemoveSecondFactor,
            subject_id: account_id.0,
            old_value: None,
            new_value: None,
        };
        activity_log::add(transaction, by, activity, now_ms).await?;
    }
    Ok(true)
}

#[async_trait]
impl SecondFactors for Sql {
    async fn second_factor(
        &self,
        account_id: AccountId,
    ) -> Result<Option<StoredFactor>, PortError> {
        let row = Entity::find_by_id(account_id.0)
            .one(&self.read)
            .answer(self)
            .await?;
        row.map(stored).transpose()
    }

    async fn begin(
        &self,
        account_id: AccountId,
        secret: &FactorSecret,
        begun_by: &TokenHash,
        now_ms: i64,
    ) -> Result<bool, PortError> {
        // Runs again if a factor of the same account is begun at the same moment.
        let begun = self.transact(
            Duplicate::Again,
            (account_id, secret, begun_by, now_ms),
            |transaction, &(account_id, secret, begun_by, now_ms)| {
                Box::pin(begin(transaction, account_id, secret, begun_by, now_ms))
            },
        );
        Ok(begun.await?)
    }

    async fn set(
        &self,
        account_id: AccountId,
        secret: &FactorSecret,
        step: i64,
        now_ms: i64,
    ) -> Result<bool, PortError> {
        let set = Entity::update_many()
            .col_expr(Column::SetAtMs, Expr::value(now_ms))
            .col_expr(Column::LastStep, Expr::value(step))
            .filter(Column::AccountId.eq(account_id.0))
            .filter(Column::Secret.eq(hex::digits(&secret.0)))
            .filter(Column::SetAtMs.is_null())
            .exec(&self.write)
            .answer(self)
            .await?;
        Ok(set.rows_affected == 1)
    }

    async fn take_step(&self, account_id: AccountId, step: i64) -> Result<bool, PortError> {
        let taken = Entity::update_many()
            .col_expr(Column::LastStep, Expr::value(step))
            .filter(Column::AccountId.eq(account_id.0))
            .filter(Column::SetAtMs.is_not_null())
            .filter(Column::LastStep.lt(step))
            .exec(&self.write)
            .answer(self)
            .await?;
        Ok(taken.rows_affected == 1)
    }

    async fn take_recovery_code(
        &self,
        account_id: AccountId,
        number: u32,
    ) -> Result<bool, PortError> {
        let Some(known) = self.second_factor(account_id).await? else {
            return Ok(false);
        };
        let bit = 1_u32.checked_shl(number).unwrap_or_default();
        if bit == 0 || known.used_codes & bit != 0 {
            return Ok(false);
        }
        // Of two codes used at the same moment, one is refused; its owner tries again.
        let taken = Entity::update_many()
            .col_expr(
                Column::UsedCodes,
                Expr::col(Column::UsedCodes).add(bit.cast_signed()),
            )
            .filter(Column::AccountId.eq(account_id.0))
            .filter(Column::SetAtMs.is_not_null())
            .filter(Column::UsedCodes.eq(known.used_codes.cast_signed()))
            .exec(&self.write)
            .answer(self)
            .await?;
        Ok(taken.rows_affected == 1)
    }

    async fn remove(
        &self,
        account_id: AccountId,
        by: Option<&ChangedBy>,
        now_ms: i64,
    ) -> Result<bool, PortError> {
        let removed = self.transact(
            Duplicate::Answer,
            (account_id, by, now_ms),
            |transaction, &(account_id, by, now_ms)| {
                Box::pin(remove(transaction, account_id, by, now_ms))
            },
        );
        Ok(removed.await?)
    }
}
