//! [`GateLedger`] on SQL.

use std::time::Duration;

use app::wire::{ItemId, ReservationId};
use async_trait::async_trait;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use uuid::Uuid;

use super::{
    Answer, Sql,
    entity::{item, round},
    held,
};
use crate::engine::ports::{
    GateLedger, Holder, ItemSnapshot, ItemSummary, LedgerStatus, LoadEpoch, PortError,
};

/// How long reading an item may take, all of its holders included.
const SNAPSHOT: Duration = Duration::from_secs(20);

#[async_trait]
impl GateLedger for Sql {
    async fn snapshot(&self, item_id: ItemId) -> Result<Option<ItemSnapshot>, PortError> {
        let read = self.read_consistently(SNAPSHOT, item_id, |read, &item_id| {
            Box::pin(async move {
                let Some(summary) = held::summary(read, item_id).await? else {
                    return Ok(None);
                };
                let holders = held::all_holders(read, item_id, summary.holding).await?;
                Ok(Some(ItemSnapshot { summary, holders }))
            })
        });
        Ok(read.await?)
    }

    async fn summary(&self, item_id: ItemId) -> Result<Option<ItemSummary>, PortError> {
        // One state of the ledger: the counters and the rows they are corrected by must agree.
        let read = self.read_consistently(SNAPSHOT, item_id, |read, &item_id| {
            Box::pin(held::summary(read, item_id))
        });
        Ok(read.await?)
    }

    async fn holders(
        &self,
        item_id: ItemId,
        after: Option<Holder>,
        limit: u32,
    ) -> Result<Vec<Holder>, PortError> {
        let read = self.read_consistently(SNAPSHOT, after, |read, &after| {
            Box::pin(held::holders(read, item_id, after, limit))
        });
        Ok(read.await?)
    }

    async fn status(&self, ids: &[ReservationId]) -> Result<Vec<LedgerStatus>, PortError> {
        let read =
            self.read_consistently(SNAPSHOT, ids, |read, ids| Box::pin(held::status(read, ids)));
        Ok(read.await?)
    }

    async fn load_epoch(&self, item_id: ItemId) -> Result<Option<LoadEpoch>, PortError> {
        let found = item::Entity::find_by_id(item_id.0)
            .find_also_related(round::Entity)
            .filter(round::Column::Status.eq(round::Status::Approved))
            .one(&self.read)
            .answer()
            .await?;
        let load_epoch = |(item, _): (item::Model, _)| {
            Ok(LoadEpoch {
                epoch: item.gate_epoch,
                segments: held::segments(&item)?,
            })
        };
        found.map(load_epoch).transpose()
    }

    async fn begin_epoch(
        &self,
        item_id: ItemId,
        epoch: Uuid,
        instead_of: Option<Uuid>,
    ) -> Result<bool, PortError> {
        let current = match instead_of {
            Some(earlier) => item::Column::GateEpoch.eq(earlier),
            None => item::Column::GateEpoch.is_null(),
        };
        let begun = item::Entity::update_many()
            .col_expr(item::Column::GateEpoch, Expr::value(Some(epoch)))
            .filter(item::Column::Id.eq(item_id.0))
            .filter(current)
            .exec(&self.write)
            .answer()
            .await?;
        Ok(begun.rows_affected == 1)
    }
}
