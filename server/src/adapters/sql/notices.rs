//! [`Notices`] on SQL.

use async_trait::async_trait;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use uuid::Uuid;

use super::{
    Answer, Sql, accounts,
    entity::{account, notice},
    missing,
};
use crate::engine::ports::{Notice, Notices, PortError};

#[async_trait]
impl Notices for Sql {
    async fn unsent(&self, limit: u32) -> Result<Vec<Notice>, PortError> {
        let rows = notice::Entity::find()
            .filter(notice::Column::SentAtMs.is_null())
            .order_by_asc(notice::Column::CreatedAtMs)
            .limit(u64::from(limit))
            .find_also_related(account::Entity)
            .all(&self.read)
            .answer(self)
            .await?;
        rows.into_iter()
            .map(|(notice, account)| {
                let account = account.ok_or_else(|| missing("account", notice.account_id))?;
                Ok(Notice {
                    notice_id: notice.id,
                    mobile: accounts::mobile(&account.mobile)?,
                    nickname: account.nickname,
                })
            })
            .collect()
    }

    async fn sent(&self, notice_id: Uuid, now_ms: i64) -> Result<(), PortError> {
        notice::Entity::update_many()
            .col_expr(notice::Column::SentAtMs, Expr::value(now_ms))
            .filter(notice::Column::Id.eq(notice_id))
            .exec(&self.write)
            .answer(self)
            .await?;
        Ok(())
    }
}
