//! Sessions in which buyers pay at Stripe.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stripe_sessions")]
pub struct Model {
    /// Our number of the payment.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Stripe's number.
    pub session_id: String,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
