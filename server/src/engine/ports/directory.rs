//! Orders, buyers and payments as those look them up who run the shop. Pages of a list follow ids, which
//! grow with time: a later page costs as much as the first.

use app::wire::{
    AccountId, Buyer, ItemId, ListedOrder, ListedPayment, OrderChange, OrderId, OrderState,
    PaymentGroup, PaymentId, Shipment, UnmatchedMoney,
};
use async_trait::async_trait;

use super::{ChangedBy, PortError};

/// Which orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OrderSearch {
    /// All.
    #[default]
    All,
    /// This one.
    Id(OrderId),
    /// Those whose id ends with these hexadecimal digits, in capitals. Looks at every order.
    Number(String),
    /// Those of these buyers, at most 100.
    Buyers(Vec<AccountId>),
}

/// Which orders, in which state, of which item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderFilter {
    pub search: OrderSearch,
    pub state: Option<OrderState>,
    pub item_id: Option<ItemId>,
    /// Made before this one.
    pub before: Option<OrderId>,
}

/// An order that somebody wants to ship.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderToShip {
    pub order_id: OrderId,
    pub state: OrderState,
    /// Somebody has said where to send it.
    pub has_address: bool,
    /// How it was sent, once it was.
    pub shipment: Option<Shipment>,
}

/// Which buyers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum BuyerSearch {
    /// All.
    #[default]
    All,
    /// With this mobile number.
    Mobile(String),
    /// With this nickname.
    Nickname(String),
}

/// What is looked up. Answers are never behind a write.
#[async_trait]
pub trait Directory: Send + Sync + 'static {
    /// Orders, newest first, at most `limit`.
    async fn orders(&self, filter: &OrderFilter, limit: u32)
    -> Result<Vec<ListedOrder>, PortError>;

    /// Orders with these ids or numbers, at most some hundred. A number is the last ten hexadecimal digits of an
    /// id, in capitals; where there are any, every order is looked at, once.
    async fn to_ship(
        &self,
        ids: &[OrderId],
        numbers: &[String],
    ) -> Result<Vec<OrderToShip>, PortError>;

    /// What happened to an order after it was made, oldest first, with who did it.
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

    /// One buyer. Nobody who runs the shop.
    async fn buyer(&self, account_id: AccountId) -> Result<Option<Buyer>, PortError>;

    /// Payments, newest first, made before `before`, at most `limit`.
    async fn payments(
        &self,
        group: Option<PaymentGroup>,
        before: Option<PaymentId>,
        limit: u32,
    ) -> Result<Vec<ListedPayment>, PortError>;

    /// Money that fits no payment, newest first, at most `limit`.
    async fn unmatched(&self, limit: u32) -> Result<Vec<UnmatchedMoney>, PortError>;
}

/// Who may not buy.
#[async_trait]
pub trait BuyerBans: Send + Sync + 'static {
    /// Keeps a buyer from buying, or lets them buy again; written into the activity log. Whether it
    /// changed anything; `None` where there is no such buyer.
    async fn set_banned(
        &self,
        account_id: AccountId,
        banned: bool,
        by: &ChangedBy,
        now_ms: i64,
    ) -> Result<Option<bool>, PortError>;
}
