//! Holds on units (预占): the queue between gate and order, and their history.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "reservations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub item_id: Uuid,
    pub buyer_id: Uuid,
    pub path: String,
    pub position: i64,
    pub held_at_ms: i64,
    pub state: State,
    /// The code of the rejection, if it failed.
    pub reason: Option<String>,
    /// When the unit came back in the ledger, while the gate was not told yet.
    pub release_due_at_ms: Option<i64>,
    /// When its order was paid, while the gate was not told yet.
    pub confirm_due_at_ms: Option<i64>,
    /// How often the order writer failed to write it.
    pub tries: i32,
    /// It was parked after too many tries, and then put back into the queue.
    pub replayed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum State {
    Queued,
    Ordered,
    Failed,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(has_one = "super::order::Entity")]
    Order,
}

impl Related<super::order::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Order.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
