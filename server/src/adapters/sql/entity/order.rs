//! Orders.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "orders")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub reservation_id: Uuid,
    pub item_id: Uuid,
    pub buyer_id: Uuid,
    pub path: String,
    pub amount: i64,
    pub state: State,
    pub close_reason: Option<CloseReason>,
    pub created_at_ms: i64,
    pub pay_deadline_ms: i64,
    pub paid_at_ms: Option<i64>,
    pub closed_at_ms: Option<i64>,
    /// `item:buyer` while the order is live, null afterwards: a unique key over it allows a buyer
    /// only one live order of an item, on every database.
    pub live_key: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum State {
    PendingPayment,
    Paid,
    Shipped,
    Received,
    Refunding,
    Refunded,
    Closed,
}

impl State {
    /// The unit is sold: it was paid for, and does not return to sale with a refund.
    pub fn is_sold(self) -> bool {
        self.has_its_money() || matches!(self, State::Refunding | State::Refunded)
    }

    /// The shop has its money, and can refund it.
    pub fn has_its_money(self) -> bool {
        matches!(self, State::Paid | State::Shipped | State::Received)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum CloseReason {
    Unpaid,
    Cancelled,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::reservation::Entity",
        from = "Column::ReservationId",
        to = "super::reservation::Column::Id"
    )]
    Reservation,
    #[sea_orm(
        belongs_to = "super::item::Entity",
        from = "Column::ItemId",
        to = "super::item::Column::Id"
    )]
    Item,
}

impl Related<super::reservation::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Reservation.def()
    }
}

impl Related<super::item::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Item.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
