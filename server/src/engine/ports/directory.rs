//! Orders, buyers and payments for staff. Lists are paged by ids, which grow with time, so that a later
//! page costs no more than the first.

use app::wire::{
    AccountId, Buyer, ItemId, ListedOrder, ListedPayment, OrderChange, OrderId, OrderState,
    PaymentGroup, PaymentId, Shipment, UnmatchedMoney,
};
use async_trait::async_trait;

use super::{ChangedBy, PortError};

/// Selects orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OrderSearch {
    /// All orders.
    #[default]
    All,
    /// The order with this id.
    Id(OrderId),
    /// Orders whose id ends with these hexadecimal digits, in capitals. Scans all orders.
    Number(String),
    /// Orders of these buyers, at most 100.
    Buyers(Vec<AccountId>),
}

/// Selects orders by search, state and item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderFilter {
    pub search: OrderSearch,
    pub state: Option<OrderState>,
    pub item_id: Option<ItemId>,
    /// Orders made before this one.
    pub before: Option<OrderId>,
}

/// An order that is to be shipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderToShip {
    pub order_id: OrderId,
    pub state: OrderState,
    /// It has a delivery address.
    pub has_address: bool,
    /// How it was shipped, once it was.
    pub shipment: Option<Shipment>,
}

/// Selects buyers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum BuyerSearch {
    /// All buyers.
    #[default]
    All,
    /// The buyer with this mobile number.
    Mobile(String),
    /// Buyers with this nickname.
    Nickname(String),
}

/// Reads for searches. Answers include all completed writes.
#[async_trait]
pub trait Directory: Send + Sync + 'static {
    /// Orders, newest first, at most `limit`.
    async fn orders(&self, filter: &OrderFilter, limit: u32)
    -> Result<Vec<ListedOrder>, PortError>;

    /// Orders with these ids or numbers, at most a few hundred. A number is the last ten hexadecimal digits of
    /// an id, in capitals; if there is any number, all orders are scanned once.
    async fn to_ship(
        &self,
        ids: &[OrderId],
        numbers: &[String],
    ) -> Result<Vec<OrderToShip>, PortError>;

    /// What happened to an order after it was made, oldest first, with the actors.
    async fn changes(&self, order_id: OrderId) -> Result<Vec<OrderChange>, PortError>;

    /// An order's payments, oldest first.
    async fn payments_of(&self, order_id: OrderId) -> Result<Vec<ListedPayment>, PortError>;

    /// Buyers, newest first, registered before `before`, at most `limit`.
    async fn buyers(
        &self,
        search: &BuyerSearch,
        before: Option<AccountId>,
        limit: u32,
    ) -> Result<Vec<Buyer>, PortError>;

    /// One buyer; `None` for staff.
    async fn buyer(&self, account_id: AccountId) -> Result<Option<Buyer>, PortError>;

    /// Payments, newest first, made before `before`, at most `limit`.
    async fn payments(
        &self,
        group: Option<PaymentGroup>,
        before: Option<PaymentId>,
        limit: u32,
    ) -> Result<Vec<ListedPayment>, PortError>;

    /// Money that matches no payment, newest first, at most `limit`.
    async fn unmatched(&self, limit: u32) -> Result<Vec<UnmatchedMoney>, PortError>;
}

/// Buyers who may not buy.
#[async_trait]
pub trait BuyerBans: Send + Sync + 'static {
    /// Bans a buyer or lifts the ban, and writes the activity log. Returns whether that changed
    /// anything; `None` if there is no such buyer.
    async fn set_banned(
        &self,
        account_id: AccountId,
        banned: bool,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<Option<bool>, PortError>;
}
