//! Messages to external programs.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_deliveries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub endpoint_id: Uuid,
    pub event: String,
    /// The id of an order or a round.
    pub subject_id: Uuid,
    pub at_ms: i64,
    /// Since when it is due: when the event happened, or was replayed.
    pub waits_since_ms: i64,
    /// Failed tries so far.
    pub tries: i32,
    /// Null: it arrived, or was given up.
    pub next_at_ms: Option<i64>,
    pub delivered_at_ms: Option<i64>,
    pub last_status: Option<i32>,
    pub last_error: Option<String>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
