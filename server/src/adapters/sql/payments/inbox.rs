//! [`NoticeInbox`] on SQL.

use async_trait::async_trait;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};
use uuid::Uuid;

use crate::{
    adapters::sql::{
        Answer, Duplicate, Sql,
        entity::payment_notice,
        errors::{Meaning, meaning},
        inconsistent,
        words::word,
    },
    engine::ports::{
        Amount, NoticeFact, NoticeInbox, NoticeOutcome, PortError, SignedNotice, StoredNotice,
    },
};

fn row(stored: &StoredNotice, now_ms: i64) -> payment_notice::ActiveModel {
    let SignedNotice {
        event_id,
        merchant_number,
        fact,
    } = &stored.notice;
    let (fact, number, amount) = match fact {
        NoticeFact::Paid {
            provider_number,
            amount,
        } => ("paid", Some(provider_number.clone()), Some(amount)),
        NoticeFact::Closed => ("closed", None, None),
        NoticeFact::RefundFailed => ("refund_failed", None, None),
        NoticeFact::Other => ("other", None, None),
    };
    payment_notice::ActiveModel {
        id: Set(stored.notice_id),
        provider: Set(stored.provider.clone()),
        event_id: Set(event_id.clone()),
        merchant_number: Set(merchant_number.clone()),
        fact: Set(fact.to_owned()),
        provider_number: Set(number),
        amount: Set(amount.map(|amount| amount.minor)),
        currency: Set(amount.map(|amount| amount.currency.clone())),
        received_at_ms: Set(now_ms),
        applied_at_ms: Set(None),
        outcome: Set(None),
    }
}

fn stored(row: payment_notice::Model) -> Result<StoredNotice, PortError> {
    let amount = row.amount.zip(row.currency);
    let fact = match (row.fact.as_str(), row.provider_number, amount) {
        ("paid", Some(provider_number), Some((minor, currency))) => NoticeFact::Paid {
            provider_number,
            amount: Amount { minor, currency },
        },
        ("closed", ..) => NoticeFact::Closed,
        ("refund_failed", ..) => NoticeFact::RefundFailed,
        ("other", ..) => NoticeFact::Other,
        (fact, ..) => return Err(inconsistent(format!("notice {} says {fact}", row.id))),
    };
    Ok(StoredNotice {
        notice_id: row.id,
        provider: row.provider,
        notice: SignedNotice {
            event_id: row.event_id,
            merchant_number: row.merchant_number,
            fact,
        },
    })
}

#[async_trait]
impl NoticeInbox for Sql {
    async fn keep(&self, notice: &StoredNotice, now_ms: i64) -> Result<bool, PortError> {
        let written = async {
            let insert = payment_notice::Entity::insert(row(notice, now_ms));
            match insert.exec_without_returning(&self.write).await {
                Ok(_) => Ok(true),
                Err(error) if meaning(&error) == Meaning::Duplicate => Ok(false),
                Err(error) => Err(error),
            }
        };
        written.answer(self).await
    }

    async fn unapplied(&self, skip: u32, limit: u32) -> Result<Vec<StoredNotice>, PortError> {
        let rows = payment_notice::Entity::find()
            .filter(payment_notice::Column::AppliedAtMs.is_null())
            .order_by_asc(payment_notice::Column::ReceivedAtMs)
            .order_by_asc(payment_notice::Column::Id)
            .offset(u64::from(skip))
            .limit(u64::from(limit))
            .all(&self.read)
            .answer(self)
            .await?;
        rows.into_iter().map(stored).collect()
    }

    async fn applied(&self, done: &[(Uuid, NoticeOutcome)], now_ms: i64) -> Result<(), PortError> {
        if done.is_empty() {
            return Ok(());
        }
        let marked = self.transact(
            Duplicate::Answer,
            (done, now_ms),
            |transaction, &(done, now_ms)| {
                Box::pin(async move {
                    let mut outcomes: Vec<NoticeOutcome> = Vec::new();
                    for (_, outcome) in done {
                        if !outcomes.contains(outcome) {
                            outcomes.push(*outcome);
                        }
                    }
                    for outcome in outcomes {
                        let ids = done.iter().filter(|(_, found)| *found == outcome);
                        payment_notice::Entity::update_many()
                            .col_expr(payment_notice::Column::AppliedAtMs, Expr::value(now_ms))
                            .col_expr(
                                payment_notice::Column::Outcome,
                                Expr::value(word(&outcome)?),
                            )
                            .filter(payment_notice::Column::AppliedAtMs.is_null())
                            .filter(payment_notice::Column::Id.is_in(ids.map(|(id, _)| *id)))
                            .exec(transaction)
                            .await?;
                    }
                    Ok(())
                })
            },
        );
        Ok(marked.await?)
    }
}
