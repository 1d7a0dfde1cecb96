//! Converts the ledger's records to the wire's types.

use app::wire::{
    CaptchaChallenge, CaptchaId, ItemDetail, Language, OrderDetail, OrderEvent, OrderMoment,
    Rejection, Reservation, ReservationId, ReservationState, ReservationStatus,
};

use crate::engine::ports::{OrderRecord, ReservationRecord};

pub fn reservation_status(record: ReservationRecord) -> ReservationStatus {
    let queued = record.state == ReservationState::Queued;
    ReservationStatus {
        reservation_id: record.unit.reservation_id,
        item_id: Some(record.unit.item_id),
        state: record.state,
        position: queued.then_some(record.position),
        order_id: record.order_id,
        reason: record.reason,
    }
}

/// The status of a lost reservation: it has failed.
pub fn lost(reservation_id: ReservationId) -> ReservationStatus {
    ReservationStatus {
        reservation_id,
        item_id: None,
        state: ReservationState::Failed,
        position: None,
        order_id: None,
        reason: Some(Rejection::Busy),
    }
}

/// An item whose round is no longer listed has neither title nor picture.
pub fn reservation(record: ReservationRecord, item: Option<&ItemDetail>) -> Reservation {
    let card = item.map(|detail| &detail.item);
    let queued = record.state == ReservationState::Queued;
    Reservation {
        reservation_id: record.unit.reservation_id,
        item_id: record.unit.item_id,
        title: card.map(|card| card.title.clone()).unwrap_or_default(),
        picture_url: card
            .map(|card| card.picture_url.clone())
            .unwrap_or_default(),
        state: record.state,
        position: queued.then_some(record.position),
        reason: record.reason,
        held_at_ms: record.held_at_ms,
    }
}

pub fn order_detail(record: OrderRecord) -> OrderDetail {
    let moment = |event, at_ms| OrderMoment { event, at_ms };
    let mut history = vec![
        moment(OrderEvent::Reserved, record.held_at_ms),
        moment(OrderEvent::Ordered, record.order.created_at_ms),
    ];
    history.extend(record.events);
    OrderDetail {
        order: record.order,
        reservation_id: record.reservation_id,
        history,
        paying: record.paying,
        refund: record.refund,
        shipment: record.shipment,
    }
}

/// An empty picture, which needs no store and no drawing.
const NO_PICTURE: &str =
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/%3E";

/// A placeholder while no question is asked: any answer is accepted. Panels show it like a question.
pub fn no_question(captcha_id: CaptchaId, language: Language) -> CaptchaChallenge {
    let prompt = match language {
        Language::Zh => "现在不需要验证，输入任意数字即可",
        Language::En => "No check at the moment: any number will do",
    };
    CaptchaChallenge {
        captcha_id,
        image_url: NO_PICTURE.to_owned(),
        prompt: prompt.to_owned(),
        numeric: true,
    }
}
