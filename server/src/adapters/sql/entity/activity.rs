//! The log of staff actions. Rows are only ever added; triggers refuse changes.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "activity_log")]
pub struct Model {
    /// Starts at 1, without gaps.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    pub at_ms: i64,
    pub account_id: Option<Uuid>,
    pub name: String,
    pub address: Option<String>,
    /// The wire's word.
    pub action: String,
    pub subject_id: Uuid,
    /// JSON.
    pub old_value: Option<String>,
    /// JSON.
    pub new_value: Option<String>,
    pub reason: Option<String>,
    pub hash: String,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
