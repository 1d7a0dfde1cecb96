//! [`LoginTokens`] on SQL: they survive a restart, and every instance of the server knows them.

use app::wire::AccountId;
use async_trait::async_trait;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use super::{
    Answer, Sql, accounts,
    entity::{account, login_token},
};
use crate::engine::ports::{Login, LoginTokens, PortError, TokenHash};

#[async_trait]
impl LoginTokens for Sql {
    async fn insert(
        &self,
        token: &TokenHash,
        account_id: AccountId,
        expires_at_ms: i64,
        max_expires_at_ms: i64,
    ) -> Result<(), PortError> {
        let row = login_token::ActiveModel {
            token_hash: Set(token.0.clone()),
            account_id: Set(account_id.0),
            expires_at_ms: Set(expires_at_ms),
            max_expires_at_ms: Set(max_expires_at_ms),
        };
        login_token::Entity::insert(row)
            .exec_without_returning(&self.write)
            .answer(self)
            .await?;
        Ok(())
    }

    async fn get(&self, token: &TokenHash) -> Result<Option<Login>, PortError> {
        let found = login_token::Entity::find_by_id(token.0.clone())
            .find_also_related(account::Entity)
            .one(&self.read)
            .answer(self)
            .await?;
        let Some((row, Some(account))) = found else {
            return Ok(None);
        };
        Ok(Some(Login {
            me: accounts::from_row(account)?.me(),
            expires_at_ms: row.expires_at_ms,
            max_expires_at_ms: row.max_expires_at_ms,
        }))
    }

    async fn touch(&self, token: &TokenHash, expires_at_ms: i64) -> Result<(), PortError> {
        login_token::Entity::update_many()
            .col_expr(login_token::Column::ExpiresAtMs, Expr::value(expires_at_ms))
            .filter(login_token::Column::TokenHash.eq(token.0.as_str()))
            .exec(&self.write)
            .answer(self)
            .await?;
        Ok(())
    }

    async fn remove(&self, token: &TokenHash) -> Result<(), PortError> {
        login_token::Entity::delete_by_id(token.0.clone())
            .exec(&self.write)
            .answer(self)
            .await?;
        Ok(())
    }

    async fn purge(&self, now_ms: i64) -> Result<(), PortError> {
        login_token::Entity::delete_many()
            .filter(login_token::Column::ExpiresAtMs.lt(now_ms))
            .exec(&self.write)
            .answer(self)
            .await?;
        Ok(())
    }
}
