//! Sale windows (场次).

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "rounds")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub title_zh: String,
    pub title_en: String,
    pub starts_at_ms: i64,
    pub ends_at_ms: i64,
    pub status: Status,
    /// The operator's message; not null means stopped.
    pub stopped_zh: Option<String>,
    pub stopped_en: Option<String>,
    /// Null: the shop's default.
    pub pay_window_s: Option<i32>,
    /// Null: prepared by a command.
    pub prepared_by: Option<Uuid>,
    pub prepared_by_name: Option<String>,
    /// The reviewer's reason.
    pub sent_back_because: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum Status {
    Draft,
    Submitted,
    Approved,
    Rejected,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
