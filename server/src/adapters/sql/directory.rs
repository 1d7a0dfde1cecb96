//! [`Directory`] and [`BuyerBans`] on SQL. Ids grow with time, so pages follow the primary key.

use std::collections::HashMap;

use app::wire::{
    AccountId, Action, Buyer, ListedOrder, ListedPayment, Money, OrderChange, OrderId,
    PaymentGroup, PaymentId, Received, Shipment, UnmatchedMoney,
};
use async_trait::async_trait;
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, DbBackend, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, sea_query::Expr,
};
use serde_json::json;
use uuid::Uuid;

use super::{
    Answer, Duplicate, LedgerError, Sql,
    accounts::mobile,
    activity_log::{self, NewActivity},
    counter,
    entity::{account, item, order, order_address, payment, payment_notice, shipment},
    missing,
    orders::events,
    payments,
    words::{parsed, word},
};
use crate::engine::ports::{
    BuyerBans, BuyerSearch, ChangedBy, Directory, NoticeOutcome, OrderFilter, OrderSearch,
    OrderToShip, PortError,
};

#[async_trait]
impl Directory for Sql {
    async fn orders(
        &self,
        filter: &OrderFilter,
        limit: u32,
    ) -> Result<Vec<ListedOrder>, PortError> {
        let mut found = order::Entity::find();
        found = match &filter.search {
            OrderSearch::All => found,
            OrderSearch::Id(id) => found.filter(order::Column::Id.eq(id.0)),
            OrderSearch::Number(digits) => found.filter(self.id_ends_with(digits)),
            OrderSearch::Buyers(buyers) => {
                let ids = buyers.iter().map(|buyer| buyer.0);
                found.filter(order::Column::BuyerId.is_in(ids))
            }
        };
        if let Some(state) = filter.state {
            found = found.filter(order::Column::State.eq(order::State::from(state)));
        }
        if let Some(item_id) = filter.item_id {
            found = found.filter(order::Column::ItemId.eq(item_id.0));
        }
        if let Some(before) = filter.before {
            found = found.filter(order::Column::Id.lt(before.0));
        }
        let rows = found
            .order_by_desc(order::Column::Id)
            .limit(u64::from(limit))
            .find_also_related(item::Entity)
            .all(&self.read)
            .answer(self)
            .await?;
        let buyers = self
            .accounts(rows.iter().map(|(row, _)| row.buyer_id))
            .await?;
        let orders = self.with_products(&rows).await?;
        rows.iter()
            .zip(orders)
            .map(|((row, _), order)| {
                let buyer = buyers.get(&row.buyer_id).cloned();
                let buyer = buyer.ok_or_else(|| missing("buyer", row.buyer_id))?;
                Ok(ListedOrder { order, buyer })
            })
            .collect()
    }

    async fn to_ship(
        &self,
        ids: &[OrderId],
        numbers: &[String],
    ) -> Result<Vec<OrderToShip>, PortError> {
        let mut named = Condition::any().add(order::Column::Id.is_in(ids.iter().map(|id| id.0)));
        if !numbers.is_empty() {
            named = named.add(self.number_is_in(numbers));
        }
        let rows: Vec<(Uuid, order::State)> = order::Entity::find()
            .select_only()
            .column(order::Column::Id)
            .column(order::Column::State)
            .filter(named)
            .into_tuple()
            .all(&self.read)
            .answer(self)
            .await?;
        let found = || rows.iter().map(|(id, _)| *id);
        let addresses: Vec<Uuid> = order_address::Entity::find()
            .select_only()
            .column(order_address::Column::Id)
            .filter(order_address::Column::Id.is_in(found()))
            .into_tuple()
            .all(&self.read)
            .answer(self)
            .await?;
        let shipments = shipment::Entity::find()
            .filter(shipment::Column::Id.is_in(found()))
            .all(&self.read)
            .answer(self)
            .await?;
        let orders = rows.iter().map(|(id, state)| OrderToShip {
            order_id: OrderId(*id),
            state: (*state).into(),
            has_address: addresses.contains(id),
            shipment: shipments
                .iter()
                .find(|row| row.id == *id)
                .map(|row| Shipment {
                    carrier: row.carrier.clone(),
                    number: row.number.clone(),
                }),
        });
        Ok(orders.collect())
    }

    async fn changes(&self, order_id: OrderId) -> Result<Vec<OrderChange>, PortError> {
        let rows = events::of_order(&self.read, order_id).answer(self).await?;
        rows.into_iter()
            .map(|row| {
                Ok(OrderChange {
                    event: parsed(&row.event)?,
                    at_ms: row.at_ms,
                    actor: Some(row.actor),
                })
            })
            .collect()
    }

    async fn payments_of(&self, order_id: OrderId) -> Result<Vec<ListedPayment>, PortError> {
        let rows = payments::of_order(&self.read, order_id)
            .answer(self)
            .await?;
        rows.into_iter().map(listed).collect()
    }

    async fn buyers(
        &self,
        search: &BuyerSearch,
        before: Option<AccountId>,
        limit: u32,
    ) -> Result<Vec<Buyer>, PortError> {
        let mut found = account::Entity::find();
        found = match search {
            BuyerSearch::All => found,
            BuyerSearch::Mobile(mobile) => found.filter(account::Column::Mobile.eq(mobile)),
            BuyerSearch::Nickname(name) => found.filter(account::Column::Nickname.eq(name)),
        };
        if let Some(AccountId(before)) = before {
            found = found.filter(account::Column::Id.lt(before));
        }
        let rows = found
            .filter(account::Column::Role.eq(account::Role::Buyer))
            .order_by_desc(account::Column::Id)
            .limit(u64::from(limit))
            .all(&self.read)
            .answer(self)
            .await?;
        rows.into_iter().map(buyer).collect()
    }

    async fn buyer(&self, account_id: AccountId) -> Result<Option<Buyer>, PortError> {
        let found = account::Entity::find_by_id(account_id.0)
            .filter(account::Column::Role.eq(account::Role::Buyer))
            .one(&self.read)
            .answer(self)
            .await?;
        found.map(buyer).transpose()
    }

    async fn payments(
        &self,
        group: Option<PaymentGroup>,
        before: Option<PaymentId>,
        limit: u32,
    ) -> Result<Vec<ListedPayment>, PortError> {
        let mut found = payment::Entity::find();
        if let Some(group) = group {
            found = found.filter(payment::Column::State.is_in(states(group)));
        }
        if let Some(PaymentId(before)) = before {
            found = found.filter(payment::Column::Id.lt(before));
        }
        let rows = found
            .order_by_desc(payment::Column::Id)
            .limit(u64::from(limit))
            .all(&self.read)
            .answer(self)
            .await?;
        rows.into_iter().map(listed).collect()
    }

    async fn unmatched(&self, limit: u32) -> Result<Vec<UnmatchedMoney>, PortError> {
        let rows = payment_notice::Entity::find()
            .filter(payment_notice::Column::Outcome.eq(word(&NoticeOutcome::Unknown)?))
            .order_by_desc(payment_notice::Column::ReceivedAtMs)
            .limit(u64::from(limit))
            .all(&self.read)
            .answer(self)
            .await?;
        let rows = rows.into_iter().map(|row| UnmatchedMoney {
            provider: row.provider,
            merchant_number: row.merchant_number,
            provider_number: row.provider_number,
            received: received(row.amount, row.currency),
            received_at_ms: row.received_at_ms,
        });
        Ok(rows.collect())
    }
}

impl Sql {
    /// Orders whose id ends with these digits, in capitals. Ignores all other characters.
    fn id_ends_with(&self, digits: &str) -> Expr {
        let digits: String = digits.chars().filter(char::is_ascii_hexdigit).collect();
        let written = match self.read.get_database_backend() {
            DbBackend::Postgres => "UPPER(REPLACE(CAST(orders.id AS text), '-', ''))",
            _ => "HEX(orders.id)",
        };
        Expr::cust(format!("{written} LIKE '%{digits}'"))
    }

    /// Orders with one of these numbers, in capitals. Ignores all other characters.
    fn number_is_in(&self, numbers: &[String]) -> Expr {
        let written = match self.read.get_database_backend() {
            DbBackend::Postgres => "RIGHT(UPPER(REPLACE(CAST(orders.id AS text), '-', '')), 10)",
            _ => "SUBSTR(HEX(orders.id), -10)",
        };
        let digits = numbers
            .iter()
            .map(|number| -> String { number.chars().filter(char::is_ascii_hexdigit).collect() });
        let list: Vec<String> = digits.map(|digits| format!("'{digits}'")).collect();
        Expr::cust(format!("{written} IN ({})", list.join(", ")))
    }

    async fn accounts(
        &self,
        ids: impl Iterator<Item = Uuid>,
    ) -> Result<HashMap<Uuid, Buyer>, PortError> {
        let rows = account::Entity::find()
            .filter(account::Column::Id.is_in(ids))
            .all(&self.read)
            .answer(self)
            .await?;
        rows.into_iter()
            .map(|row| Ok((row.id, buyer(row)?)))
            .collect()
    }
}

fn buyer(row: account::Model) -> Result<Buyer, PortError> {
    Ok(Buyer {
        account_id: AccountId(row.id),
        mobile: mobile(&row.mobile)?.masked(),
        nickname: row.nickname,
        banned: row.banned,
        created_at_ms: row.created_at_ms,
    })
}

fn received(minor: Option<i64>, currency: Option<String>) -> Option<Received> {
    let (minor, currency) = minor.zip(currency)?;
    Some(Received { minor, currency })
}

fn listed(row: payment::Model) -> Result<ListedPayment, PortError> {
    Ok(ListedPayment {
        payment_id: PaymentId(row.id),
        order_id: OrderId(row.order_id),
        provider: row.provider,
        provider_number: row.provider_number,
        amount: Money(row.amount),
        received: received(row.received_amount, row.received_currency),
        state: row.state.into(),
        refund_reason: row.refund_reason.as_deref().map(parsed).transpose()?,
        refund_tries: counter(i64::from(row.refund_tries))?,
        created_at_ms: row.created_at_ms,
    })
}

fn states(group: PaymentGroup) -> Vec<payment::State> {
    match group {
        PaymentGroup::Open => payment::State::ASKED_ABOUT.to_vec(),
        PaymentGroup::Paid => vec![payment::State::Succeeded],
        PaymentGroup::GoingBack => payment::State::OWED.to_vec(),
        PaymentGroup::WentBack => vec![payment::State::Refunded],
    }
}

#[async_trait]
impl BuyerBans for Sql {
    async fn set_banned(
        &self,
        account_id: AccountId,
        banned: bool,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<Option<bool>, PortError> {
        let set = self.transact(
            Duplicate::Answer,
            (account_id, banned, by, now_ms),
            |transaction, &(account_id, banned, by, now_ms)| {
                Box::pin(set_banned(transaction, account_id, banned, by, now_ms))
            },
        );
        Ok(set.await?)
    }
}

async fn set_banned(
    transaction: &DatabaseTransaction,
    account_id: AccountId,
    banned: bool,
    by: &ChangedBy,
    now_ms: i64,
) -> Result<Option<bool>, LedgerError> {
    let found = account::Entity::find_by_id(account_id.0)
        .filter(account::Column::Role.eq(account::Role::Buyer))
        .lock_exclusive()
        .one(transaction)
        .await?;
    let Some(before) = found else {
        return Ok(None);
    };
    if before.banned == banned {
        return Ok(Some(false));
    }
    account::Entity::update_many()
        .col_expr(account::Column::Banned, Expr::value(banned))
        .filter(account::Column::Id.eq(account_id.0))
        .exec(transaction)
        .await?;
    let activity = NewActivity {
        action: match banned {
            true => Action::BanBuyer,
            false => Action::UnbanBuyer,
        },
        subject_id: account_id.0,
        old_value: Some(json!({ "banned": before.banned })),
        new_value: Some(json!({ "banned": banned })),
    };
    activity_log::add(transaction, by, activity, now_ms).await?;
    Ok(Some(true))
}
