//! Stripe's numbers of payment sessions.

use app::wire::PaymentId;
use sea_orm::{ActiveValue::Set, EntityTrait, sea_query::OnConflict};

use super::{Answer, Sql, entity::stripe_session};
use crate::engine::ports::PortError;

impl Sql {
    /// Stores the session of a payment; a later one replaces it.
    pub async fn keep_stripe_session(
        &self,
        payment_id: PaymentId,
        session_id: &str,
    ) -> Result<(), PortError> {
        let row = stripe_session::ActiveModel {
            id: Set(payment_id.0),
            session_id: Set(session_id.to_owned()),
        };
        let latest = OnConflict::column(stripe_session::Column::Id)
            .update_column(stripe_session::Column::SessionId)
            .to_owned();
        let kept = stripe_session::Entity::insert(row)
            .on_conflict(latest)
            .exec_without_returning(&self.write);
        kept.answer(self).await?;
        Ok(())
    }

    /// The session of a payment.
    pub async fn stripe_session(&self, payment_id: PaymentId) -> Result<Option<String>, PortError> {
        let found = stripe_session::Entity::find_by_id(payment_id.0)
            .one(&self.read)
            .answer(self)
            .await?;
        Ok(found.map(|row| row.session_id))
    }
}
