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

/// Time limit of reading an item with all its holders.
const SNAPSHOT: Duration = Duration::from_secs(20);

#[async_trait]
impl GateLedger for Sql {
    async fn snapshot(&self, item_id: ItemId) -> Result<Option<ItemSnapshot>, PortError> {
        self.wait_for_writes().await?;
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
            .answer(self)
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
            .answer(self)
            .await?;
        Ok(begun.rows_affected == 1)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use app::wire::{AccountId, LocalText, Money, ProductId, RoundId, RoundState};
    use sea_orm::ConnectionTrait;
    use tokio::sync::Notify;

    use super::*;
    use crate::{
        adapters::sql::{Duplicate, connect::FOR_A_TEST},
        engine::ports::{
            CatalogueWriter, ChangedBy, NewItem, NewRound, OrderQueue, QueuedReservation, Unit,
        },
    };

    const ITEM: ItemId = ItemId(Uuid::from_u128(1));

    async fn shop_with_an_item(folder: &std::path::Path) -> Sql {
        let sql = Sql::open(folder, &FOR_A_TEST).await.unwrap();
        let text = || LocalText {
            zh: "壶".into(),
            en: "Kettle".into(),
        };
        let item = NewItem {
            item_id: ITEM,
            product_id: ProductId(Uuid::from_u128(2)),
            title: text(),
            description: text(),
            picture_url: "/products/kettle.svg".into(),
            list_price: Money(2),
            sale_price: Money(1),
            stock: 5,
            segments: 1,
        };
        let round = NewRound {
            round_id: RoundId(Uuid::from_u128(3)),
            title: text(),
            starts_at_ms: 0,
            ends_at_ms: 1,
            stopped: None,
            pay_window_s: None,
            items: vec![item],
        };
        sql.add_round(&round, RoundState::Approved, &ChangedBy::command(), 0)
            .await
            .unwrap();
        sql
    }

    /// Readers still see the old state while a write is under way.
    #[tokio::test]
    async fn a_snapshot_is_never_older_than_a_concurrent_write() {
        let folder = tempfile::tempdir().unwrap();
        let sql = shop_with_an_item(folder.path()).await;
        let entry = QueuedReservation {
            unit: Unit {
                reservation_id: ReservationId(Uuid::from_u128(4)),
                item_id: ITEM,
                buyer: AccountId(Uuid::from_u128(5)),
            },
            path: "path".into(),
            position: 1,
            held_at_ms: 0,
            replayed: false,
        };
        sql.put(std::slice::from_ref(&entry)).await.unwrap();
        let (begun, end) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let writing = tokio::spawn({
            let (sql, with) = (sql.clone(), (begun.clone(), end.clone()));
            async move {
                let write = sql.transact(Duplicate::Answer, with, |transaction, (begun, end)| {
                    Box::pin(async move {
                        let write = "UPDATE reservations SET position = 7";
                        transaction.execute_unprepared(write).await?;
                        begun.notify_one();
                        end.notified().await;
                        Ok(())
                    })
                });
                write.await.unwrap();
            }
        });
        begun.notified().await;

        let early = sql.snapshot(ITEM).await;
        assert!(matches!(early, Err(PortError::Busy { .. })), "{early:?}");
        end.notify_one();
        writing.await.unwrap();
        let snapshot = sql.snapshot(ITEM).await.unwrap().unwrap();
        assert_eq!(snapshot.summary.last_position, 7);
    }
}
