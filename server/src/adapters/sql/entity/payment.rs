//! Attempts to pay for orders.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "payments")]
pub struct Model {
    /// The merchant's number at the provider, also the idempotency key of its calls.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub order_id: Uuid,
    pub provider: String,
    pub provider_number: Option<String>,
    pub amount: i64,
    pub currency: String,
    pub received_amount: Option<i64>,
    pub received_currency: Option<String>,
    pub state: State,
    /// The port's word.
    pub refund_reason: Option<String>,
    /// The order that this payment paid, if it did: a unique key over it lets an order be paid only
    /// once, on every database.
    pub settled_order_id: Option<Uuid>,
    pub pay_url: Option<String>,
    pub created_at_ms: i64,
    pub expires_at_ms: i64,
    /// When the provider was last asked, or the payment was made.
    pub checked_at_ms: i64,
    pub received_at_ms: Option<i64>,
    pub refund_try_at_ms: Option<i64>,
    pub refund_tries: i32,
    pub refunded_at_ms: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum State {
    Created,
    Processing,
    Succeeded,
    Closed,
    Abandoned,
    RefundDue,
    Refunding,
    Refunded,
}

impl State {
    /// States in which money may still arrive.
    pub const OPEN: [State; 2] = [State::Created, State::Processing];
    /// States in which the provider is asked.
    pub const ASKED_ABOUT: [State; 3] = [State::Created, State::Processing, State::Abandoned];
    /// States in which received money is being refunded.
    pub const OWED: [State; 2] = [State::RefundDue, State::Refunding];
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
