//! [`Accounts`] on SQL.

use app::wire::{AccountId, Mobile, Role};
use async_trait::async_trait;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    sea_query::Expr,
};

use super::{
    Answer, Duplicate, LedgerError, Sql,
    entity::{account, login_token, notice},
    errors::{Meaning, meaning},
    inconsistent,
};
use crate::engine::ports::{Account, Accounts, InsertAccountError, PortError};

impl From<account::Role> for Role {
    fn from(role: account::Role) -> Self {
        match role {
            account::Role::Buyer => Role::Buyer,
            account::Role::Operator => Role::Operator,
            account::Role::Reviewer => Role::Reviewer,
            account::Role::Support => Role::Support,
            account::Role::Auditor => Role::Auditor,
            account::Role::Admin => Role::Admin,
        }
    }
}

impl From<Role> for account::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Buyer => account::Role::Buyer,
            Role::Operator => account::Role::Operator,
            Role::Reviewer => account::Role::Reviewer,
            Role::Support => account::Role::Support,
            Role::Auditor => account::Role::Auditor,
            Role::Admin => account::Role::Admin,
        }
    }
}

pub(super) fn to_row(account: &Account) -> account::ActiveModel {
    account::ActiveModel {
        id: Set(account.account_id.0),
        mobile: Set(account.mobile.as_str().to_owned()),
        nickname: Set(account.nickname.clone()),
        role: Set(account.role.into()),
        banned: Set(account.banned),
        password_hash: Set(account.password_hash.clone()),
        created_at_ms: Set(account.created_at_ms),
    }
}

pub(super) fn from_row(row: account::Model) -> Result<Account, PortError> {
    Ok(Account {
        account_id: AccountId(row.id),
        mobile: mobile(&row.mobile)?,
        nickname: row.nickname,
        role: row.role.into(),
        banned: row.banned,
        password_hash: row.password_hash,
        created_at_ms: row.created_at_ms,
    })
}

pub(super) fn mobile(text: &str) -> Result<Mobile, PortError> {
    Mobile::parse(text).map_err(|_| inconsistent("a stored mobile number is malformed"))
}

pub(super) fn insert_error(error: LedgerError) -> InsertAccountError {
    match error {
        LedgerError::Database(error) if meaning(&error) == Meaning::Duplicate => {
            InsertAccountError::MobileTaken
        }
        error => PortError::from(error).into(),
    }
}

/// Sets another password, if the hash is still `present` (when given), and removes the account's log-ins. Returns
/// whether it did.
pub(super) async fn replace_password(
    transaction: &DatabaseTransaction,
    account_id: AccountId,
    present: Option<&str>,
    new_hash: &str,
) -> Result<bool, LedgerError> {
    let mut update = account::Entity::update_many()
        .col_expr(account::Column::PasswordHash, Expr::value(new_hash))
        .filter(account::Column::Id.eq(account_id.0));
    if let Some(present) = present {
        update = update.filter(account::Column::PasswordHash.eq(present));
    }
    if update.exec(transaction).await?.rows_affected == 0 {
        return Ok(false);
    }
    login_token::Entity::delete_many()
        .filter(login_token::Column::AccountId.eq(account_id.0))
        .exec(transaction)
        .await?;
    Ok(true)
}

#[async_trait]
impl Accounts for Sql {
    async fn insert(&self, account: &Account) -> Result<(), InsertAccountError> {
        let inserted = self.transact(Duplicate::Answer, account, |transaction, account| {
            Box::pin(async move {
                to_row(account).insert(transaction).await?;
                let notice = notice::ActiveModel {
                    // One welcome notice per account.
                    id: Set(account.account_id.0),
                    account_id: Set(account.account_id.0),
                    created_at_ms: Set(account.created_at_ms),
                    sent_at_ms: Set(None::<i64>),
                };
                notice.insert(transaction).await?;
                Ok(())
            })
        });
        inserted.await.map_err(insert_error)
    }

    async fn by_mobile(&self, mobile: &Mobile) -> Result<Option<Account>, PortError> {
        let row = account::Entity::find()
            .filter(account::Column::Mobile.eq(mobile.as_str()))
            .one(&self.read)
            .answer(self)
            .await?;
        row.map(from_row).transpose()
    }

    async fn by_id(&self, account_id: AccountId) -> Result<Option<Account>, PortError> {
        let row = account::Entity::find_by_id(account_id.0)
            .one(&self.read)
            .answer(self)
            .await?;
        row.map(from_row).transpose()
    }

    async fn set_password(
        &self,
        account_id: AccountId,
        present_hash: &str,
        new_hash: &str,
    ) -> Result<bool, PortError> {
        let change = (account_id, present_hash, new_hash);
        let changed = self.transact(Duplicate::Answer, change, |transaction, change| {
            let (account_id, present_hash, new_hash) = *change;
            Box::pin(replace_password(
                transaction,
                account_id,
                Some(present_hash),
                new_hash,
            ))
        });
        Ok(changed.await?)
    }
}
