//! The content of messages.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::engine::ports::{DueDelivery, ToldOf, ToldOrder, ToldRound, WebhookEvent};

/// The body of a message: the same each time it is sent.
pub fn body(delivery: &DueDelivery) -> String {
    let body = Body {
        r#type: delivery.event.name(),
        timestamp: Timestamp::from_millisecond(delivery.at_ms)
            .unwrap_or_default()
            .to_string(),
        data: match &delivery.told_of {
            ToldOf::Order(order) => of_order(delivery.event, order),
            ToldOf::Round(round) => of_round(round),
        },
    };
    json!(body).to_string()
}

/// The id by which receivers recognise a message that they already have.
pub fn id(delivery: &DueDelivery) -> String {
    format!("msg_{}", delivery.delivery_id.simple())
}

#[derive(Serialize)]
struct Body {
    r#type: &'static str,
    timestamp: String,
    data: Value,
}

/// Leaves out the delivery address and the buyer's number. Only events of closing and shipping say how the order
/// was closed or shipped, so that a message is the same when sent again.
fn of_order(event: WebhookEvent, order: &ToldOrder) -> Value {
    let is_closed = event == WebhookEvent::OrderClosed;
    let is_sent = matches!(
        event,
        WebhookEvent::OrderShipped | WebhookEvent::OrderReceived
    );
    let shipment = order.shipment.as_ref().filter(|_| is_sent);
    let close_reason = order.close_reason.filter(|_| is_closed);
    json!({
        "order_id": order.order_id,
        "reservation_id": order.reservation_id,
        "round_id": order.round_id,
        "item_id": order.item_id,
        "buyer": order.buyer,
        "amount": order.amount.minor,
        "currency": order.amount.currency,
        "created_at_ms": order.created_at_ms,
        "pay_deadline_ms": order.pay_deadline_ms,
        "close_reason": close_reason,
        "carrier": shipment.map(|shipment| &shipment.carrier),
        "tracking_number": shipment.map(|shipment| &shipment.number),
    })
}

fn of_round(round: &ToldRound) -> Value {
    json!({
        "round_id": round.round_id,
        "title": round.title,
        "starts_at_ms": round.starts_at_ms,
        "ends_at_ms": round.ends_at_ms,
    })
}
