//! Orders.

use serde::{Deserialize, Serialize};

use super::{ItemId, LocalText, Money, OrderId, ReservationId, Shipment};

/// The state of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// Waiting for money until its deadline.
    PendingPayment,
    /// Paid for: the unit is sold.
    Paid,
    /// On its way to the buyer.
    Shipped,
    /// The buyer has confirmed its arrival.
    Received,
    /// The shop refunds a paid order; the money is on its way.
    Refunding,
    /// A paid order was refunded.
    Refunded,
    /// Closed without payment: the unit went back on sale.
    Closed,
}

/// Why an order was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseReason {
    /// The pay window ran out.
    Unpaid,
    /// The buyer cancelled.
    Cancelled,
}

/// An order, as a row of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    pub order_id: OrderId,
    pub item_id: ItemId,
    pub title: LocalText,
    pub picture_url: String,
    /// Its price.
    pub amount: Money,
    pub state: OrderState,
    /// Why it was closed, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub close_reason: Option<CloseReason>,
    pub created_at_ms: i64,
    /// Its deadline for payment.
    pub pay_deadline_ms: i64,
}

impl OrderState {
    /// Whether the shop has the order's money, and can refund it.
    pub fn has_its_money(self) -> bool {
        matches!(
            self,
            OrderState::Paid | OrderState::Shipped | OrderState::Received
        )
    }
}

impl OrderId {
    /// A short number to quote on the telephone: the random tail of the id.
    pub fn number(self) -> String {
        let id = self.0.simple().to_string();
        id[id.len() - 10..].to_ascii_uppercase()
    }
}

impl Order {
    /// See [`OrderId::number`].
    pub fn number(&self) -> String {
        self.order_id.number()
    }
}

/// One order with its history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "FlatOrder")]
pub struct OrderDetail {
    #[serde(flatten)]
    pub order: Order,
    /// The reservation it came from.
    pub reservation_id: ReservationId,
    /// Its events, oldest first.
    pub history: Vec<OrderMoment>,
    /// The buyer was sent to a provider, and the result is not known yet.
    #[serde(default)]
    pub paying: bool,
    /// Money that is or was returned to the buyer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund: Option<Refund>,
    /// Its shipment, once it was shipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipment: Option<Shipment>,
}

/// Money that is returned to a buyer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    pub amount: Money,
    /// The provider has confirmed it.
    pub done: bool,
}

/// The page to pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentPage {
    /// The provider's page for this payment.
    pub url: String,
}

/// The detail for reading: one flat record. Reading a flattened struct itself would cost every
/// phone some kilobytes of generated code.
#[derive(Deserialize)]
struct FlatOrder {
    order_id: OrderId,
    item_id: ItemId,
    title: LocalText,
    picture_url: String,
    amount: Money,
    state: OrderState,
    close_reason: Option<CloseReason>,
    created_at_ms: i64,
    pay_deadline_ms: i64,
    reservation_id: ReservationId,
    history: Vec<OrderMoment>,
    #[serde(default)]
    paying: bool,
    refund: Option<Refund>,
    shipment: Option<Shipment>,
}

impl From<FlatOrder> for OrderDetail {
    fn from(flat: FlatOrder) -> Self {
        Self {
            order: Order {
                order_id: flat.order_id,
                item_id: flat.item_id,
                title: flat.title,
                picture_url: flat.picture_url,
                amount: flat.amount,
                state: flat.state,
                close_reason: flat.close_reason,
                created_at_ms: flat.created_at_ms,
                pay_deadline_ms: flat.pay_deadline_ms,
            },
            reservation_id: flat.reservation_id,
            history: flat.history,
            paying: flat.paying,
            refund: flat.refund,
            shipment: flat.shipment,
        }
    }
}

/// An event of an order, with its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderMoment {
    pub event: OrderEvent,
    pub at_ms: i64,
}

/// The events of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderEvent {
    /// The gate held a unit for the buyer.
    Reserved,
    /// The order was written.
    Ordered,
    /// It was paid.
    Paid,
    /// The pay window ran out.
    ClosedUnpaid,
    /// The buyer cancelled.
    Cancelled,
    /// Money came that does not pay this order; it is returned.
    RefundDue,
    /// The shop shipped it.
    Shipped,
    /// The buyer confirmed that it arrived.
    Received,
    /// The shop refunds the order.
    Refunding,
    /// The provider confirmed that the money was returned.
    Refunded,
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_detail_is_flat_on_the_wire_and_is_read_back_whole() {
        let detail = OrderDetail {
            order: Order {
                order_id: OrderId(Uuid::from_u128(1)),
                item_id: ItemId(Uuid::from_u128(2)),
                title: LocalText::default(),
                picture_url: "/products/mug.svg".to_owned(),
                amount: Money(9_900),
                state: OrderState::Closed,
                close_reason: Some(CloseReason::Unpaid),
                created_at_ms: 3,
                pay_deadline_ms: 4,
            },
            reservation_id: ReservationId(Uuid::from_u128(5)),
            history: vec![OrderMoment {
                event: OrderEvent::Ordered,
                at_ms: 3,
            }],
            paying: true,
            refund: Some(Refund {
                amount: Money(9_900),
                done: false,
            }),
            shipment: Some(Shipment {
                carrier: "顺丰".to_owned(),
                number: "SF1".to_owned(),
            }),
        };
        let json = serde_json::to_value(&detail).unwrap();
        assert_eq!(json["state"], "closed");
        assert_eq!(serde_json::from_value::<OrderDetail>(json).unwrap(), detail);
    }
}
