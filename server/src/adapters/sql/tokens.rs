//! [`LoginTokens`] on SQL: they survive a restart, and every instance knows them.

use std::collections::HashMap;

use app::wire::AccountId;
use async_trait::async_trait;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};

use super::{
    Answer, Sql, accounts,
    entity::{account, login_token},
};
use crate::engine::ports::{
    LogInRecord, Login, LoginBatches, LoginTokens, NewLogIn, PortError, TokenHash,
};

/// Log-ins of an account that are read at once.
const MOST: u64 = 1_000;

fn login(row: &login_token::Model, account: account::Model) -> Result<Login, PortError> {
    Ok(Login {
        me: accounts::from_row(account)?.me(),
        expires_at_ms: row.expires_at_ms,
        max_expires_at_ms: row.max_expires_at_ms,
    })
}

#[async_trait]
impl LoginTokens for Sql {
    async fn insert(&self, log_in: &NewLogIn) -> Result<(), PortError> {
        let row = login_token::ActiveModel {
            token_hash: Set(log_in.token.0.clone()),
            account_id: Set(log_in.account_id.0),
            signed_in_at_ms: Set(log_in.signed_in_at_ms),
            used_at_ms: Set(log_in.signed_in_at_ms),
            expires_at_ms: Set(log_in.expires_at_ms),
            max_expires_at_ms: Set(log_in.max_expires_at_ms),
            ip: Set(log_in.ip.clone()),
            device: Set(log_in.device.clone()),
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
        login(&row, account).map(Some)
    }

    async fn of_account(&self, account_id: AccountId) -> Result<Vec<LogInRecord>, PortError> {
        let rows = login_token::Entity::find()
            .filter(login_token::Column::AccountId.eq(account_id.0))
            .order_by_desc(login_token::Column::SignedInAtMs)
            .order_by_asc(login_token::Column::TokenHash)
            .limit(MOST)
            .all(&self.read)
            .answer(self)
            .await?;
        Ok(rows.into_iter().map(record).collect())
    }

    async fn touch(
        &self,
        token: &TokenHash,
        used_at_ms: i64,
        expires_at_ms: i64,
    ) -> Result<(), PortError> {
        login_token::Entity::update_many()
            .col_expr(login_token::Column::UsedAtMs, Expr::value(used_at_ms))
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

fn record(row: login_token::Model) -> LogInRecord {
    LogInRecord {
        used_at_ms: row.used_at_ms,
        log_in: NewLogIn {
            token: TokenHash(row.token_hash),
            account_id: AccountId(row.account_id),
            signed_in_at_ms: row.signed_in_at_ms,
            expires_at_ms: row.expires_at_ms,
            max_expires_at_ms: row.max_expires_at_ms,
            ip: row.ip,
            device: row.device,
        },
    }
}

#[async_trait]
impl LoginBatches for Sql {
    async fn get_all(&self, tokens: &[TokenHash]) -> Result<Vec<Option<Login>>, PortError> {
        let asked = tokens.iter().map(|token| token.0.as_str());
        let found = login_token::Entity::find()
            .filter(login_token::Column::TokenHash.is_in(asked))
            .find_also_related(account::Entity)
            .all(&self.read)
            .answer(self)
            .await?;
        let mut logins = HashMap::with_capacity(found.len());
        for (row, account) in found {
            if let Some(account) = account {
                let login = login(&row, account)?;
                logins.insert(row.token_hash, login);
            }
        }
        // The same token may be requested twice.
        let login = |token: &TokenHash| logins.get(&token.0).cloned();
        Ok(tokens.iter().map(login).collect())
    }
}
