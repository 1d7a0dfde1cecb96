//! Second factors of accounts.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "second_factors")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: Uuid,
    /// Hexadecimal digits.
    pub secret: String,
    /// Hash of a log-in's token.
    pub begun_by: String,
    pub begun_at_ms: i64,
    /// Null: begun, and not confirmed yet.
    pub set_at_ms: Option<i64>,
    /// The time step of the last accepted code.
    pub last_step: i64,
    /// One bit for each recovery code.
    pub used_codes: i32,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
