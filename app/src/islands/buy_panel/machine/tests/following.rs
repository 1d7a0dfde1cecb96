//! From the reservation to its end.

use super::*;
use crate::{islands::buy_panel::machine::Loss, wire::Rejection};

fn queued() -> Scenario {
    let mut scenario = Scenario::buying();
    scenario.tell(Event::Purchased(Ok(reserved())));
    scenario
}

fn ordered(state: OrderState, pay_deadline_ms: i64) -> Scenario {
    let mut scenario = queued();
    scenario.tell(Event::Followed(Ok(status(ReservationState::Ordered))));
    assert!(scenario.wants(&Effect::ReadOrder(order_id())));
    scenario.tell(Event::OrderRead(Ok(order(state, pay_deadline_ms))));
    scenario
}

#[test]
fn known_failure_22_looks_grow_apart_and_end_after_three_minutes() {
    let mut scenario = queued();
    let mut pauses = vec![scenario.timer_ms(Slot::Follow).unwrap()];
    while let Some(ms) = scenario.timer_ms(Slot::Follow) {
        scenario.now_ms += ms;
        scenario.tell(Event::Due(Slot::Follow));
        assert!(scenario.wants(&Effect::ReadReservation(reservation_id())));
        scenario.tell(Event::Followed(Ok(status(ReservationState::Queued))));
        pauses.extend(scenario.timer_ms(Slot::Follow));
    }
    assert_eq!(pauses[..6], [300, 450, 675, 1_012, 1_518, 2_000]);
    assert!((80..120).contains(&pauses.len()), "{}", pauses.len());
    assert_eq!(
        scenario.state(),
        State::Queued {
            position: Some(37),
            shaky: false,
            given_up: true
        }
    );
}

#[test]
fn a_reservation_that_the_shop_does_not_know_fails_and_can_be_made_again() {
    let mut scenario = queued();
    for (passed_ms, is_void) in [(0, false), (14_000, false), (1_000, true)] {
        scenario.now_ms += passed_ms;
        scenario.tell(Event::Followed(Err(ApiError::NotFound)));
        assert_eq!(
            matches!(
                scenario.state(),
                State::Lost {
                    loss: Loss::Failed(None),
                    again: true
                }
            ),
            is_void
        );
    }
    assert_eq!(scenario.timer_ms(Slot::Follow), None);
    assert_eq!(scenario.timer_ms(Slot::Resync), Some(60_000));
}

#[test]
fn a_reservation_that_was_not_found_for_a_moment_is_followed_on() {
    let mut scenario = queued();
    for answer in [
        Err(ApiError::NotFound),
        Ok(status(ReservationState::Queued)),
        Err(ApiError::NotFound),
        Err(ApiError::Offline),
        Err(ApiError::NotFound),
    ] {
        scenario.tell(Event::Followed(answer));
        assert!(matches!(scenario.state(), State::Queued { .. }));
        scenario.now_ms += 10_000;
    }
    assert!(scenario.timer_ms(Slot::Follow).is_some());
}

#[test]
fn an_unstable_connection_is_shown_and_asking_goes_on() {
    let mut scenario = queued();
    for _ in 0..2 {
        scenario.tell(Event::Followed(Err(ApiError::Offline)));
        assert!(scenario.timer_ms(Slot::Follow).is_some());
    }
    assert!(matches!(
        scenario.state(),
        State::Queued { shaky: true, .. }
    ));
    scenario.tell(Event::Followed(Ok(status(ReservationState::Queued))));
    assert!(matches!(
        scenario.state(),
        State::Queued { shaky: false, .. }
    ));
}

#[test]
fn the_panel_stays_queued_until_the_order_is_here() {
    let mut scenario = queued();
    scenario
        .tell(Event::Followed(Ok(status(ReservationState::Ordered))))
        .is("queued");
    scenario.tell(Event::OrderRead(Ok(order(
        OrderState::PendingPayment,
        START_MS + 600_000,
    ))));
    let State::Won {
        order_id: id,
        number,
        deadline_ms,
    } = scenario.state()
    else {
        panic!("{:?}", scenario.state())
    };
    assert_eq!((id, deadline_ms), (order_id(), Some(START_MS + 600_000)));
    assert_eq!(number.as_deref(), Some("0000000003"));
}

#[test]
fn an_order_that_cannot_be_read_is_still_won() {
    let mut scenario = queued();
    scenario.tell(Event::Followed(Ok(status(ReservationState::Ordered))));
    scenario.tell(Event::OrderRead(Err(busy()))).is("won");
    assert!(scenario.timer_ms(Slot::Follow).is_some());
}

#[test]
fn a_page_that_comes_back_finds_its_order() {
    let mut scenario = Scenario::asleep(START_MS + 5_000);
    scenario
        .tell(Event::ClockSet)
        .tell(Event::StockRead(Ok(stock(0))));
    scenario.tell(Event::MeRead(Ok(Some(me()))));
    scenario
        .tell(Event::MineRead(Ok(Some(status(ReservationState::Ordered)))))
        .is("loading");
    scenario
        .tell(Event::OrderRead(Ok(order(
            OrderState::Paid,
            START_MS + 600_000,
        ))))
        .is("paid");
}

#[test]
fn at_the_deadline_the_order_is_read_until_it_is_closed() {
    let deadline_ms = START_MS + 20_000;
    let mut scenario = ordered(OrderState::PendingPayment, deadline_ms);
    assert_eq!(scenario.timer_ms(Slot::Follow), Some(19_000 + 1_500));
    scenario
        .at(deadline_ms + 1_500)
        .tell(Event::Due(Slot::Follow));
    assert!(scenario.wants(&Effect::ReadOrder(order_id())));
    let pending = order(OrderState::PendingPayment, deadline_ms);
    scenario
        .tell(Event::OrderRead(Ok(pending.clone())))
        .is("won");
    assert_eq!(scenario.timer_ms(Slot::Follow), Some(1_500));
    scenario
        .at(deadline_ms + 300_000)
        .tell(Event::OrderRead(Ok(pending)));
    assert_eq!(scenario.timer_ms(Slot::Follow), Some(60_000));
    scenario
        .tell(Event::OrderRead(Ok(order(OrderState::Closed, deadline_ms))))
        .is("expired");
    assert_eq!(scenario.timer_ms(Slot::Follow), None);
    assert!(
        scenario.timer_ms(Slot::Stock).is_some(),
        "it may be possible to try again"
    );
}

#[test]
fn after_an_expired_order_the_visitor_may_try_again() {
    let mut scenario = ordered(OrderState::Closed, START_MS + 20_000);
    assert!(matches!(
        scenario.state(),
        State::Expired { again: true, .. }
    ));
    scenario.tell(Event::Pressed).is("asking");
    assert!(scenario.wants(&Effect::AskQuestion));
    // The old reservation is still the latest one that the server knows.
    scenario
        .tell(Event::MineRead(Ok(Some(status(ReservationState::Ordered)))))
        .is("asking");
    scenario.answer();
    let second = ReservationId(Uuid::from_u128(22));
    scenario.tell(Event::Purchased(Ok(Reserved {
        reservation_id: second,
        position: 40,
    })));
    assert!(matches!(
        scenario.state(),
        State::Queued {
            position: Some(40),
            ..
        }
    ));
}

#[test]
fn trying_again_is_offered_only_while_something_is_left() {
    let mut scenario = ordered(OrderState::Closed, START_MS + 20_000);
    scenario.tell(Event::StockRead(Ok(stock(0))));
    assert!(matches!(
        scenario.state(),
        State::Expired { again: false, .. }
    ));
    scenario.tell(Event::Pressed).is("expired");
    scenario.tell(Event::StockRead(Ok(stock(1))));
    assert!(matches!(
        scenario.state(),
        State::Expired { again: true, .. }
    ));
}

#[test]
fn a_failed_reservation_says_why() {
    let mut scenario = queued();
    let failed = ReservationStatus {
        reason: Some(Rejection::Busy),
        ..status(ReservationState::Failed)
    };
    scenario.tell(Event::Followed(Ok(failed)));
    let loss = Loss::Failed(Some(Rejection::Busy));
    assert_eq!(scenario.state(), State::Lost { loss, again: true });
}

#[test]
fn a_reservation_that_the_shop_reports_lost_fails_at_once() {
    let mut scenario = queued();
    scenario.tell(Event::Followed(Err(ApiError::NotFound)));
    let lost = ReservationStatus {
        item_id: None,
        reason: Some(Rejection::Busy),
        ..status(ReservationState::Failed)
    };
    scenario.tell(Event::Followed(Ok(lost)));
    let loss = Loss::Failed(Some(Rejection::Busy));
    assert_eq!(scenario.state(), State::Lost { loss, again: true });
    assert_eq!(scenario.timer_ms(Slot::Follow), None);
}

#[test]
fn an_overtaken_answer_does_not_take_the_order_back() {
    let mut scenario = ordered(OrderState::PendingPayment, START_MS + 600_000);
    scenario
        .tell(Event::Followed(Ok(status(ReservationState::Queued))))
        .is("won");
    scenario.tell(Event::Purchased(Ok(reserved()))).is("won");
}

#[test]
fn a_buyer_with_a_unit_does_not_ask_for_the_stock() {
    let mut scenario = ordered(OrderState::PendingPayment, START_MS + 600_000);
    scenario.tell(Event::StockRead(Ok(stock(4)))).is("won");
    assert_eq!(scenario.timer_ms(Slot::Stock), None);
}

#[test]
fn signing_out_elsewhere_shows_nothing_of_the_order() {
    let mut scenario = ordered(OrderState::PendingPayment, START_MS + 600_000);
    scenario
        .tell(Event::Shown)
        .tell(Event::MeRead(Ok(None)))
        .is("open");
}
