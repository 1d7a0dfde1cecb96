//! Switches that were set and not cleared.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "switches")]
pub struct Model {
    /// The switch's code.
    #[sea_orm(primary_key, auto_increment = false)]
    pub switch: String,
    /// The account that set it; null for a command.
    pub set_by: Option<Uuid>,
    pub set_by_name: String,
    pub reason: String,
    pub set_at_ms: i64,
    pub ends_at_ms: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
