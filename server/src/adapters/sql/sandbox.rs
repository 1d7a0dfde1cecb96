//! The tables of the built-in payment provider. One statement performs or decides each call.

use app::wire::PaymentId;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};
use uuid::Uuid;

use super::{
    Answer, Sql,
    entity::{sandbox_charge, sandbox_notice, sandbox_payment},
};
use crate::engine::ports::{Amount, PortError, Receipt};

pub use super::entity::{
    sandbox_charge::Model as SandboxCharge, sandbox_notice::Model as SandboxNotice,
};

impl Sql {
    /// Adds a charge, unless there is one with this number.
    pub async fn add_sandbox_charge(&self, charge: SandboxCharge) -> Result<(), PortError> {
        let row = sandbox_charge::ActiveModel {
            id: Set(charge.id),
            amount: Set(charge.amount),
            currency: Set(charge.currency),
            return_path: Set(charge.return_path),
            expires_at_ms: Set(charge.expires_at_ms),
            closed: Set(charge.closed),
            pays_at_ms: Set(charge.pays_at_ms),
        };
        let added = sandbox_charge::Entity::insert(row)
            .on_conflict_do_nothing()
            .exec_without_returning(&self.write);
        added.answer(self).await?;
        Ok(())
    }

    /// A charge by the merchant's number.
    pub async fn sandbox_charge(&self, id: PaymentId) -> Result<Option<SandboxCharge>, PortError> {
        sandbox_charge::Entity::find_by_id(id.0)
            .one(&self.read)
            .answer(self)
            .await
    }

    /// Closes a charge: it can receive no more money.
    pub async fn close_sandbox_charge(&self, id: PaymentId) -> Result<(), PortError> {
        sandbox_charge::Entity::update_many()
            .col_expr(sandbox_charge::Column::Closed, Expr::value(true))
            .filter(sandbox_charge::Column::Id.eq(id.0))
            .exec(&self.write)
            .answer(self)
            .await?;
        Ok(())
    }

    /// Sets the instant at which money arrives (`None`: it has arrived).
    pub async fn delay_sandbox_charge(
        &self,
        id: PaymentId,
        pays_at_ms: Option<i64>,
    ) -> Result<(), PortError> {
        sandbox_charge::Entity::update_many()
            .col_expr(sandbox_charge::Column::PaysAtMs, Expr::value(pays_at_ms))
            .filter(sandbox_charge::Column::Id.eq(id.0))
            .exec(&self.write)
            .answer(self)
            .await?;
        Ok(())
    }

    /// Charges whose late money arrives now.
    pub async fn late_sandbox_charges(
        &self,
        now_ms: i64,
        limit: u32,
    ) -> Result<Vec<SandboxCharge>, PortError> {
        sandbox_charge::Entity::find()
            .filter(sandbox_charge::Column::PaysAtMs.lte(now_ms))
            .order_by_asc(sandbox_charge::Column::PaysAtMs)
            .limit(u64::from(limit))
            .all(&self.read)
            .answer(self)
            .await
    }

    /// Adds money, unless it was added under this number before.
    pub async fn add_sandbox_payment(
        &self,
        receipt: &Receipt,
        now_ms: i64,
    ) -> Result<(), PortError> {
        let row = sandbox_payment::ActiveModel {
            number: Set(receipt.provider_number.clone()),
            charge_id: Set(receipt.payment_id.0),
            amount: Set(receipt.amount.minor),
            currency: Set(receipt.amount.currency.clone()),
            paid_at_ms: Set(now_ms),
            refunded_at_ms: Set(None),
        };
        let added = sandbox_payment::Entity::insert(row)
            .on_conflict_do_nothing()
            .exec_without_returning(&self.write);
        added.answer(self).await?;
        Ok(())
    }

    /// The first money received for a charge.
    pub async fn sandbox_receipt(&self, id: PaymentId) -> Result<Option<Receipt>, PortError> {
        let first = sandbox_payment::Entity::find()
            .filter(sandbox_payment::Column::ChargeId.eq(id.0))
            .order_by_asc(sandbox_payment::Column::PaidAtMs)
            .order_by_asc(sandbox_payment::Column::Number)
            .one(&self.read)
            .answer(self)
            .await?;
        Ok(first.map(|row| Receipt {
            payment_id: id,
            provider_number: row.number,
            amount: Amount {
                minor: row.amount,
                currency: row.currency,
            },
        }))
    }

    /// Refunds money, once. False when none was received under this number.
    pub async fn refund_sandbox_payment(
        &self,
        number: &str,
        now_ms: i64,
    ) -> Result<bool, PortError> {
        sandbox_payment::Entity::update_many()
            .col_expr(sandbox_payment::Column::RefundedAtMs, Expr::value(now_ms))
            .filter(sandbox_payment::Column::Number.eq(number))
            .filter(sandbox_payment::Column::RefundedAtMs.is_null())
            .exec(&self.write)
            .answer(self)
            .await?;
        let found = sandbox_payment::Entity::find_by_id(number.to_owned())
            .filter(sandbox_payment::Column::RefundedAtMs.is_not_null())
            .one(&self.write)
            .answer(self)
            .await?;
        Ok(found.is_some())
    }

    /// The shop's money at the provider, by currency: received and not refunded.
    pub async fn sandbox_balance(&self) -> Result<Vec<Amount>, PortError> {
        let rows = sandbox_payment::Entity::find()
            .filter(sandbox_payment::Column::RefundedAtMs.is_null())
            .order_by_asc(sandbox_payment::Column::Currency)
            .all(&self.read)
            .answer(self)
            .await?;
        let mut balance: Vec<Amount> = Vec::new();
        for row in rows {
            match balance.last_mut() {
                Some(sum) if sum.currency == row.currency => sum.minor += row.amount,
                _ => balance.push(Amount {
                    minor: row.amount,
                    currency: row.currency,
                }),
            }
        }
        Ok(balance)
    }

    /// Adds notices to send.
    pub async fn add_sandbox_notices(&self, notices: Vec<SandboxNotice>) -> Result<(), PortError> {
        let rows = notices
            .into_iter()
            .map(|notice| sandbox_notice::ActiveModel {
                id: Set(notice.id),
                body: Set(notice.body),
                signature: Set(notice.signature),
                due_at_ms: Set(notice.due_at_ms),
                tries: Set(notice.tries),
            });
        let rows: Vec<_> = rows.collect();
        if rows.is_empty() {
            return Ok(());
        }
        sandbox_notice::Entity::insert_many(rows)
            .exec_without_returning(&self.write)
            .answer(self)
            .await?;
        Ok(())
    }

    pub async fn due_sandbox_notices(
        &self,
        now_ms: i64,
        limit: u32,
    ) -> Result<Vec<SandboxNotice>, PortError> {
        sandbox_notice::Entity::find()
            .filter(sandbox_notice::Column::DueAtMs.lte(now_ms))
            .order_by_asc(sandbox_notice::Column::DueAtMs)
            .order_by_asc(sandbox_notice::Column::Id)
            .limit(u64::from(limit))
            .all(&self.read)
            .answer(self)
            .await
    }

    /// Claims a notice: it is next due at `next_due_ms`. False if another instance sends it.
    pub async fn claim_sandbox_notice(
        &self,
        notice: &SandboxNotice,
        next_due_ms: Option<i64>,
    ) -> Result<bool, PortError> {
        let as_it_was = Condition::all()
            .add(sandbox_notice::Column::Id.eq(notice.id))
            .add(sandbox_notice::Column::Tries.eq(notice.tries));
        let claimed = sandbox_notice::Entity::update_many()
            .col_expr(sandbox_notice::Column::DueAtMs, Expr::value(next_due_ms))
            .col_expr(sandbox_notice::Column::Tries, Expr::value(notice.tries + 1))
            .filter(as_it_was)
            .exec(&self.write)
            .answer(self)
            .await?;
        Ok(claimed.rows_affected == 1)
    }

    /// Records that a notice was delivered.
    pub async fn sandbox_notice_arrived(&self, id: Uuid) -> Result<(), PortError> {
        sandbox_notice::Entity::update_many()
            .col_expr(sandbox_notice::Column::DueAtMs, Expr::value(None::<i64>))
            .filter(sandbox_notice::Column::Id.eq(id))
            .exec(&self.write)
            .answer(self)
            .await?;
        Ok(())
    }
}
