//! Money that the built-in provider received.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sandbox_payments")]
pub struct Model {
    /// The provider's number.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: String,
    pub charge_id: Uuid,
    pub amount: i64,
    pub currency: String,
    pub paid_at_ms: i64,
    pub refunded_at_ms: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
