//! Providers' notices, as received.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_notices")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub provider: String,
    pub event_id: String,
    pub merchant_number: String,
    /// The port's word.
    pub fact: String,
    pub provider_number: Option<String>,
    pub amount: Option<i64>,
    pub currency: Option<String>,
    pub received_at_ms: i64,
    pub applied_at_ms: Option<i64>,
    /// The port's word.
    pub outcome: Option<String>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
